import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { BenchRun } from '../../src/common/bench.ts';
import { QUICK_SOURCE } from '../../src/engine/bench/bench-source.ts';
import { ffmpeg, makeClip } from '../support/clips.ts';
import { openEngine, type TestEngine, temporaryFolder } from '../support/engine.ts';
import { processesMentioning, waitFor } from '../support/processes.ts';

const folder = temporaryFolder('bench-engine');
const home = join(folder.path, 'home');
const opened: TestEngine[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ engine }) => engine.stop()));
});
afterAll(() => folder.remove());

/** A stand-in for the source of quick runs: what is measured is not the subject here, and it is made in a second. */
beforeAll(() => {
  const { id, width, height, frameCount } = QUICK_SOURCE;
  mkdirSync(join(home, 'bench'), { recursive: true });
  ffmpeg(
    ...['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=30`, '-frames:v', String(frameCount)],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', join(home, 'bench', `${id}.mp4`)],
  );
});

async function open(): Promise<TestEngine> {
  const test = await openEngine(home, { GANTRY_NVIDIA_SMI: 'no-such-nvidia-smi' });
  opened.push(test);
  test.engine.start();
  return test;
}

async function runsOf({ engine }: TestEngine): Promise<BenchRun[]> {
  return (await engine.backend.bench.list(undefined, {})).runs;
}

function untilRun(test: TestEngine, what: (run: BenchRun) => boolean): Promise<BenchRun> {
  return waitFor(async () => (await runsOf(test)).find(what) ?? null, 100, 'the benchmark');
}

it('a benchmark waits for the job that runs, holds back the one behind it, and lets it go when cancelled', async () => {
  const test = await open();
  const { bench } = test.engine.backend;
  const source = makeClip(join(folder.path, 'long.mp4'), { seconds: 60, size: '640x480' });
  const overrides = { 'video.effort': 'slowest' };
  const out = { folder: join(folder.path, 'out') };
  const [first] = await test.add({ source, preset: 'hevc', overrides, output: out, device: 'cpu' });
  if (first === undefined) throw new Error('no job');
  await test.untilMoving(first);
  const { id } = await bench.start({ quick: true, codecs: ['h264'] }, {});
  await untilRun(test, (run) => run.id === id && run.status === 'waiting');
  const short = makeClip(join(folder.path, 'short.mp4'));
  const [second] = await test.add({ source: short, preset: 'h264', output: out, device: 'cpu' });
  if (second === undefined) throw new Error('no job');
  expect(test.job(first).status).toBe('running');
  await test.engine.backend.jobs.cancel({ ids: [first] }, {});
  await untilRun(test, (run) => run.id === id && run.current?.includes('libx264') === true);
  expect(test.job(second)).toMatchObject({ status: 'queued', waitingFor: expect.any(String) });
  await bench.cancel({ id }, {});
  expect((await test.until(second, 'done')).status).toBe('done');
});

it('a benchmark that the end of the engine cut off is there afterwards, as interrupted', async () => {
  const before = await open();
  const { id } = await before.engine.backend.bench.start({ quick: true, codecs: ['h264'] }, {});
  const measured = await untilRun(before, (run) => run.id === id && run.results.length > 0);
  await before.engine.stop();
  opened.length = 0;
  expect(processesMentioning(home)).toEqual([]);
  const after = await open();
  const run = (await runsOf(after)).find((one) => one.id === id);
  expect(run).toMatchObject({ status: 'failed', error: { code: 'interrupted' } });
  expect(run?.results.slice(0, measured.results.length)).toEqual(measured.results);
});
