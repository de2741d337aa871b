import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { JobId } from '../../src/common/ids.ts';
import { NewJob } from '../../src/common/job.ts';
import { fuzzServer } from './fuzz.ts';
import { startTestServer } from './test-server.ts';

/** Requests per operation; a nightly run sets more. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 30);

it(
  'whatever is sent, the server answers within its contract',
  async () => {
    await using test = await startTestServer();
    const output = join(test.folder, 'done.mp4');
    await writeFile(output, 'x'.repeat(1000));
    await test.backend.jobs.add(
      { jobs: [NewJob.parse({ source: '/a.mp4' }), NewJob.parse({ source: '/b.mp4' })] },
      {},
    );
    await test.backend.finish('1' as JobId, output);

    const report = await fuzzServer({
      url: test.server.url,
      token: test.server.token,
      runs: RUNS,
      ...(process.env['FUZZ_SEED'] === undefined ? {} : { seed: Number(process.env['FUZZ_SEED']) }),
    });

    expect(test.faults).toEqual([]);
    expect(report.requests).toBeGreaterThanOrEqual(report.operations * RUNS);
    // It reached what it is for: requests that work, and requests that are refused in several ways.
    expect(Object.keys(report.statuses)).toEqual(
      expect.arrayContaining(['200', '201', '400', '404', '405', '415']),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  },
  60_000 + RUNS * 10_000,
);
