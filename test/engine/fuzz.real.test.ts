import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createEngine } from '../../src/engine/engine.ts';
import { fuzzServer } from '../api/fuzz.ts';
import { makeClip } from '../support/clips.ts';
import { temporaryFolder } from '../support/engine.ts';

/** Requests per operation; a longer run sets more. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 15);

const folder = temporaryFolder('fuzz');
afterAll(() => folder.remove());

it('the real engine answers whatever is sent within its contract, while it encodes', {
  timeout: 600_000,
}, async () => {
  const faults: unknown[] = [];
  const engine = await createEngine({
    home: join(folder.path, 'home'),
    env: process.env,
    version: '0.0.0-test',
    command: 'test',
    staticFolder: null,
    appFolder: folder.path,
    onFault: (error) => faults.push(error),
  });
  if ('heldBy' in engine) throw new Error('the home is taken');
  try {
    const server = await engine.serve({
      host: '127.0.0.1',
      port: 0,
      token: randomBytes(24).toString('base64url'),
    });
    engine.start();
    const source = makeClip(join(folder.path, 'clip.mp4'), { seconds: 2 });
    const add = await fetch(`${server.url}/api/v1/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        jobs: [{ source, preset: 'preview-480p', output: { folder: join(folder.path, 'out') } }],
      }),
    });
    expect(add.status).toBe(201);
    const report = await fuzzServer({ url: server.url, token: server.token, runs: RUNS });
    expect(faults).toEqual([]);
    expect(report.requests).toBeGreaterThanOrEqual(report.operations * RUNS);
    expect(Object.keys(report.statuses)).toEqual(expect.arrayContaining(['200', '400', '404']));
  } finally {
    await engine.stop();
  }
});
