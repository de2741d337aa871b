import { join } from 'node:path';
import { makeClip, measure } from '../test/support/clips.ts';
import { openGpuEngine } from '../test/support/gpu-engine.ts';
import { startVirtualMachine, virtualGpuProblem } from '../test/support/virtual-gpu.ts';
import { type Finding, seconds } from './measure.ts';

const JOBS = 200;
const GPUS = 8;
/** Of each GPU. Low enough that the machine's own cores, which do the virtual GPUs' work, are not what is waited for. */
const FRAMES_PER_SECOND = 60;
const CLIP_SECONDS = [3, 5, 8, 12, 16, 20, 26, 34];

/** The same order of lengths in every run: a linear congruential generator (constants of Numerical Recipes). */
function lengths(count: number): number[] {
  let state = 20_261_121;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return CLIP_SECONDS[Math.floor((state / 2 ** 32) * CLIP_SECONDS.length)] ?? 3;
  });
}

/** Eight virtual GPUs of one speed, 200 jobs of mixed length: how far the whole is from all GPUs busy to the last frame. */
export async function benchGpus(folder: string): Promise<Finding[]> {
  const missing = virtualGpuProblem();
  if (missing !== null) {
    process.stdout.write(`SKIPPED: eight virtual GPUs, because ${missing}.\n`);
    return [];
  }
  const clips = new Map(
    CLIP_SECONDS.map((length) => [
      length,
      makeClip(join(folder, `${length}s.mp4`), { seconds: length, size: '256x256' }),
    ]),
  );
  const frames = new Map([...clips].map(([length, path]) => [length, measure(path).frames]));
  const machine = await startVirtualMachine('eight-l40s', {
    everyGpu: { framesPerSecond: FRAMES_PER_SECOND },
  });
  const engine = await openGpuEngine(join(folder, 'gpu-home'), machine);
  try {
    engine.engine.start();
    await engine.engine.backend.devices.list({}, {});
    const wanted = lengths(JOBS);
    const startedAtMs = performance.now();
    const ids = await engine.add(
      ...wanted.map((length, n) => ({
        source: clips.get(length) ?? '',
        preset: 'h264',
        device: 'gpu' as const,
        output: { folder: join(folder, 'gpu-out'), template: `job-${n}` },
      })),
    );
    const jobs = [];
    for (const id of ids) jobs.push(await engine.until(id, 'done', 'failed'));
    const took = (performance.now() - startedAtMs) / 1000;
    const failed = jobs.filter((job) => job.status !== 'done' || job.metadata?.gpuEnabled !== true);
    if (failed.length > 0) throw new Error(`${failed.length} jobs were not encoded by a GPU`);
    const total = wanted.reduce((sum, length) => sum + (frames.get(length) ?? 0), 0);
    const ideal = total / (GPUS * FRAMES_PER_SECOND);
    const ratio = took / ideal;
    return [
      {
        what: `${JOBS} jobs of 3 to 34 s on ${GPUS} virtual GPUs of ${FRAMES_PER_SECOND} fps each, from adding them to the last output verified, against ${total} frames without a gap`,
        figure: `${ratio.toFixed(3)} × (${seconds(took)} / ${seconds(ideal)})`,
        aim: '≤ 1.05',
        met: ratio <= 1.05,
      },
    ];
  } finally {
    await engine.engine.stop();
    engine.restoreEnvironment();
    await machine.dispose();
  }
}
