import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/common/job.ts';
import { makeClip, measure } from '../support/clips.ts';
import { temporaryFolder } from '../support/engine.ts';
import { openGpuEngine } from '../support/gpu-engine.ts';
import { startVirtualMachine, virtualGpuProblem } from '../support/virtual-gpu.ts';

const missing = virtualGpuProblem();
if (missing !== null) process.stderr.write(`SKIPPED: two virtual GPUs and 40 clips, because ${missing}.\n`);

const folder = temporaryFolder('two-gpus');
afterAll(() => folder.remove());
const SECONDS = [1, 2, 3, 4];
beforeAll(() => {
  for (const seconds of SECONDS) makeClip(join(folder.path, `${seconds}.mp4`), { seconds, size: '256x256' });
});

/** Shares of the time until the last clip was begun during which each device had at least one encode. */
function busyShares(jobs: readonly Job[]): Map<string, number> {
  const runs = jobs.flatMap((job) =>
    job.attempts.map(({ device, startedAt, endedAt }) => ({
      device,
      from: Date.parse(startedAt),
      to: Date.parse(endedAt ?? ''),
    })),
  );
  const lastBegin = Math.max(...runs.map(({ from }) => from));
  return new Map(
    [...new Set(runs.map(({ device }) => device))].map((device) => {
      const own = runs.filter((run) => run.device === device).sort((a, b) => a.from - b.from);
      const first = own[0]?.from ?? 0;
      let busyMs = 0;
      let reached = first;
      for (const { from, to } of own) {
        busyMs += Math.max(0, Math.min(to, lastBegin) - Math.max(from, reached));
        reached = Math.max(reached, to);
      }
      return [device, busyMs / (lastBegin - first)];
    }),
  );
}

describe.skipIf(missing !== null)(`two mixed GPUs${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  it('do 40 clips between them, all with NVENC, within a limit that another program shares', async () => {
    const machine = await startVirtualMachine('two-mixed', {
      system: { sessionsAllowed: 6 },
      everyGpu: { framesPerSecond: 120 },
    });
    const engine = await openGpuEngine(join(folder.path, 'home'), machine);
    try {
      engine.engine.start();
      await engine.engine.backend.devices.list({}, {});
      const ids = await engine.add(
        ...Array.from({ length: 40 }, (_, n) => ({
          source: join(folder.path, `${SECONDS[n % SECONDS.length]}.mp4`),
          preset: n % 2 === 0 ? 'h264' : 'hevc',
          output: { folder: join(folder.path, 'out'), template: `clip-${n}` },
        })),
      );
      const eighth = ids[7];
      if (eighth === undefined) throw new Error('no jobs');
      await engine.until(eighth, 'done');
      const other = await machine.holdSessions(machine.machine.gpus[1]?.uuid ?? '', 3);
      const twentieth = ids[19];
      if (twentieth !== undefined) await engine.until(twentieth, 'done');
      await other.release();
      const jobs: Job[] = [];
      for (const id of ids) jobs.push(await engine.until(id, 'done', 'failed', 'cancelled'));

      expect(jobs.map(({ status }) => status)).toEqual(jobs.map(() => 'done'));
      expect(jobs.filter(({ metadata }) => metadata?.gpuEnabled !== true)).toEqual([]);
      expect(jobs.filter(({ metadata }) => metadata?.gpuFallback)).toEqual([]);
      const { system, gpus } = await machine.state();
      expect(system.peakSessions).toBeLessThanOrEqual(6);
      expect(system.refused, 'opens were refused while another program held sessions').toBeGreaterThan(0);
      for (const gpu of gpus) expect(gpu.framesEncoded).toBeGreaterThan(0);
      for (const [device, share] of busyShares(jobs)) expect(share, device).toBeGreaterThan(0.8);
      for (const job of jobs.slice(0, 4)) {
        expect(measure(job.output?.path ?? '').frames).toBe(measure(job.source).frames);
      }
    } finally {
      await engine.engine.stop();
      engine.restoreEnvironment();
      await machine.dispose();
    }
  });
});
