import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { BenchId, BenchResult, BenchRun } from '../../src/common/bench.ts';
import { benchCsv } from '../../src/common/bench-table.ts';
import type { Problem } from '../../src/common/problem.ts';
import { aResult, aRun, GPU_ID, gpuResult } from '../bench/bench-fixture.ts';
import { temporaryFolder } from '../support/engine.ts';
import { BenchDouble } from './bench-double.ts';
import { gantry, SignalsDouble } from './command-line.ts';

const folder = temporaryFolder('bench-cli');
afterAll(() => folder.remove());

const FAILED: Problem = {
  code: 'gpu-failed',
  message: 'The GPU reported an error.',
  nextStep: 'Update the driver.',
};

/** The states of a run from its start to its end, one result more in each. */
function storyOf(results: readonly BenchResult[], end: Partial<BenchRun> = {}): BenchRun[] {
  const open = { endedAt: null, total: results.length };
  const states = results.map((_, count) =>
    aRun({
      ...{ ...open, status: 'running', results: results.slice(0, count), done: count },
      current: `encode ${count + 1}`,
    }),
  );
  return [...states, aRun({ results: [...results], ...end })];
}

function lineWith(text: string, ...parts: string[]): string {
  const line = text.split('\n').find((one) => parts.every((part) => one.includes(part)));
  if (line === undefined) throw new Error(`no line with ${parts.join(', ')} in:\n${text}`);
  return line;
}

describe('gantry bench', () => {
  const results = [gpuResult({ fps: 400 }), aResult({ fps: 50 })];

  it('stays until the run has ended and prints a table, the GPU against the CPU', async () => {
    const double = new BenchDouble([], storyOf(results));
    const ran = await gantry(['bench'], { sessions: [double.ownSession()] });
    expect(ran.exitCode).toBe(0);
    const gpu = lineWith(ran.out, 'A GPU', 'h264_nvenc p5');
    for (const cell of ['400 fps', '8.0×', '4 Mb/s', '90.0', '120 W']) expect(gpu).toContain(cell);
    expect(lineWith(ran.out, 'A CPU')).toContain('libx264 medium');
    expect(lineWith(ran.out, '× CPU:')).toContain('libx264 medium');
    expect([double.isStarted, double.isClosed]).toEqual([true, true]);
  });

  it('tells each result once as it comes in', async () => {
    const ran = await gantry(['bench'], { sessions: [new BenchDouble([], storyOf(results)).ownSession()] });
    const told = ran.err.split('\n').filter((line) => line.includes('fps'));
    expect(told.map((line) => /h264_nvenc|libx264/.exec(line)?.[0])).toEqual(['h264_nvenc', 'libx264']);
  });

  it('with --json prints a line for each result and the run at last', async () => {
    const story = storyOf(results);
    const double = new BenchDouble([], story);
    const ran = await gantry(['bench', '--json'], { sessions: [double.ownSession()] });
    expect(ran.events).toEqual([
      ...results.map((result) => ({ type: 'result', result })),
      { type: 'run', run: story.at(-1) },
    ]);
  });

  it('asks for what the options say, and for nothing else without them', async () => {
    const double = new BenchDouble([], storyOf(results));
    const argv = ['bench', '--device', GPU_ID, '-d', 'cpu', '--codec', 'h264,av1', '-c', 'hevc', '--quick'];
    await gantry(argv, { sessions: [double.ownSession()] });
    await gantry(['bench'], { sessions: [double.ownSession()] });
    expect(double.requests).toEqual([
      { devices: [GPU_ID, 'cpu'], codecs: ['h264', 'av1', 'hevc'], quick: true },
      { quick: false },
    ]);
  });

  it('leaves the measuring to the engine that runs', async () => {
    const double = new BenchDouble([], storyOf(results));
    const ran = await gantry(['bench'], { sessions: [double.otherSession()] });
    expect(ran.exitCode).toBe(0);
    expect([double.isStarted, double.isClosed]).toEqual([false, true]);
  });

  it('says what is waited for', async () => {
    const waiting = aRun({ status: 'waiting', endedAt: null, total: 2, current: 'A GPU to be free' });
    const story = [waiting, waiting, ...storyOf(results)];
    const ran = await gantry(['bench'], { sessions: [new BenchDouble([], story).ownSession()] });
    expect(ran.err.match(/Waiting for A GPU to be free\./g)).toHaveLength(1);
  });

  it('fails when an encode failed, and says why', async () => {
    const failed = gpuResult({ fps: null, vmaf: null, bitRateBps: null, error: FAILED });
    const story = storyOf([failed, aResult()]);
    const ran = await gantry(['bench'], { sessions: [new BenchDouble([], story).ownSession()] });
    expect(ran.exitCode).toBe(1);
    expect(lineWith(ran.out, 'h264_nvenc p5', 'failed')).not.toContain('fps');
    expect(ran.out).toContain(FAILED.message);
    expect(ran.out).toContain(FAILED.nextStep);
  });

  it('fails when the run fails, and shows what was measured all the same', async () => {
    const story = storyOf([aResult()], { status: 'failed', error: FAILED });
    const ran = await gantry(['bench'], { sessions: [new BenchDouble([], story).ownSession()] });
    expect(ran.exitCode).toBe(1);
    expect(ran.out).toContain('libx264 medium');
    expect(ran.out).toContain(FAILED.message);
  });

  it('says which device was left out, and why there is no VMAF, once each', async () => {
    const bare = { vmaf: null, vmafNote: 'No ffmpeg here has libvmaf.' };
    const skipped = [{ deviceId: GPU_ID, deviceName: 'A GPU', reason: FAILED }];
    const story = storyOf([aResult(bare), aResult({ ...bare, encoderPreset: 'fast' })], { skipped });
    const ran = await gantry(['bench'], { sessions: [new BenchDouble([], story).ownSession()] });
    expect(ran.out.match(/No ffmpeg here has libvmaf/g)).toHaveLength(1);
    expect(lineWith(ran.out, 'Left out')).toContain(FAILED.message);
    expect(lineWith(ran.out, 'libx264 fast')).toContain('–');
    expect(ran.exitCode).toBe(0);
  });

  it('tells a refusal as it is', async () => {
    const ran = await gantry(['bench', '--json'], { sessions: [new BenchDouble([]).ownSession()] });
    expect(ran.exitCode).toBe(1);
    expect(ran.events).toEqual([{ error: expect.objectContaining({ code: 'device-not-found' }) }]);
  });

  it.each(['ownSession', 'otherSession'] as const)(
    'is cancelled by Ctrl-C and shows what was measured (%s)',
    async (kind) => {
      const story = storyOf([aResult(), aResult({ encoderPreset: 'slow' })]).slice(0, -1);
      const double = new BenchDouble([], story);
      const signals = new SignalsDouble();
      const running = gantry(['bench', '--json'], {
        ...{ sessions: [double[kind]()], signals },
        onOut: () => signals.send('SIGINT'),
      });
      const ran = await running;
      expect(ran.exitCode).toBe(130);
      expect(double.cancelled).toEqual([story[0]?.id]);
      expect(ran.events.at(-1)).toEqual({
        type: 'run',
        run: expect.objectContaining({ status: 'cancelled', results: [aResult()] }),
      });
      expect(double.isClosed).toBe(true);
    },
  );

  it.each([
    ['a codec that there is not', ['bench', '--codec', 'vp9'], 'h264, hevc, av1'],
    ['an empty device', ['bench', '--device', ''], 'empty'],
    ['something that bench does not do', ['bench', 'everything'], 'Too many arguments'],
    ['a comparison with nothing', ['bench', 'compare', 'a'], 'other'],
    ['two forms at once', ['bench', 'list', '--csv', '--json'], '--csv'],
  ])('is not begun for %s', async (_, argv, named) => {
    const ran = await gantry(argv);
    expect(ran.exitCode).toBe(2);
    expect(ran.err).toContain(named);
  });
});

describe('runs that were made', () => {
  const first = aRun({ id: 'first' as BenchId, results: [gpuResult({ fps: 400, powerWatts: 100 })] });
  const second = aRun({
    id: 'second' as BenchId,
    results: [
      gpuResult({ fps: 500, vmaf: 89, powerWatts: 150, driverVersion: '570.10' }),
      gpuResult({ encoderPreset: 'p7' }),
    ],
  });
  const run = (...argv: string[]) =>
    gantry(['bench', ...argv], { sessions: [new BenchDouble([second, first]).ownSession()] });

  it('are listed, newest first', async () => {
    const { out, exitCode } = await run('list');
    expect(exitCode).toBe(0);
    expect(out.indexOf('second')).toBeGreaterThan(0);
    expect(out.indexOf('second')).toBeLessThan(out.indexOf('first'));
    expect((await run('list', '--json')).events).toEqual([{ runs: [second, first] }]);
    expect((await run('list', '--csv')).out).toBe(benchCsv([second, first]));
  });

  it('are taken as JSON wherever --json stands', async () => {
    expect((await run('--json', 'list')).events).toEqual([{ runs: [second, first] }]);
  });

  it('are shown in full', async () => {
    expect((await run('show', 'second')).out).toContain('h264_nvenc p7');
    expect((await run('show', 'second', '--json')).events).toEqual([second]);
  });

  it('are compared: ratios of equal encodes, and what else is not the same', async () => {
    const { out, exitCode } = await run('compare', 'first', 'second');
    expect(exitCode).toBe(0);
    const pair = lineWith(out, 'h264_nvenc p5');
    for (const cell of ['400 fps', '500 fps', '1.25×', '1.00×', '−1.0', '1.50×'])
      expect(pair).toContain(cell);
    expect(lineWith(out, 'driver')).toContain('550.54 → 570.10');
    expect(out).not.toMatch(/ffmpeg .* → /);
    expect(out).toContain('1 encode is in the second run only.');
    const [compared] = (await run('compare', 'first', 'second', '--json')).events;
    expect(compared).toMatchObject({ pairs: [{ fpsRatio: 1.25 }], onlyBefore: [] });
  });

  it('are exported to a new file only, or to the screen', async () => {
    const file = join(folder.path, 'results.csv');
    expect((await run('export', 'first', file)).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(benchCsv([first]));
    const again = await run('export', 'second', file, '--json');
    expect(again.events).toEqual([{ error: expect.objectContaining({ code: 'output-exists' }) }]);
    expect(readFileSync(file, 'utf8')).toBe(benchCsv([first]));
    expect((await run('export', 'first')).out).toBe(benchCsv([first]));
  });

  it('are removed', async () => {
    const double = new BenchDouble([second, first]);
    const ran = await gantry(['bench', 'remove', 'first'], { sessions: [double.ownSession()] });
    expect(ran.exitCode).toBe(0);
    expect(double.runs).toEqual([second]);
  });

  it.each([['show'], ['export'], ['remove'], ['compare', 'first']])(
    'that are not there are told: %s',
    async (...argv) => {
      const ran = await run(...argv, 'nosuch');
      expect(ran.exitCode).toBe(1);
      expect(ran.err).toContain('nosuch');
    },
  );

  it('hold nothing that a terminal would obey', async () => {
    const wild = gpuResult({
      deviceName: 'GPU\u001b[31m',
      error: { ...FAILED, message: 'a\u001b]0;x\u0007b' },
    });
    const runs = [aRun({ id: 'wild' as BenchId, results: [wild] })];
    for (const argv of [['list'], ['show', 'wild'], ['compare', 'wild', 'wild']]) {
      const { out } = await gantry(['bench', ...argv], { sessions: [new BenchDouble(runs).ownSession()] });
      expect(out).toContain('GPU');
      expect(out).not.toContain('\u001b');
    }
  });
});
