import { mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BenchId, type BenchRequest, BenchRun } from '../../src/common/bench.ts';
import type { FfmpegBuild } from '../../src/common/device.ts';
import { CPU_DEVICE_ID, type DeviceId } from '../../src/common/ids.ts';
import type { Problem, ProblemCode } from '../../src/common/problem.ts';
import { BenchRunner, type BenchRunnerDeps } from '../../src/engine/bench/bench-runner.ts';
import type { BenchSourceSpec } from '../../src/engine/bench/bench-source.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { BenchStore } from '../../src/engine/queue/bench-store.ts';
import { openDatabase } from '../../src/engine/queue/database.ts';
import { temporaryFolder } from '../support/engine.ts';
import { processesMentioning, waitFor } from '../support/processes.ts';
import { aDevice, aResult, aRun, devicesOf, GPU_ID, proof, RunsInMemory } from './bench-fixture.ts';

const TINY: BenchSourceSpec = { id: 'tiny-v1', width: 320, height: 180, frameCount: 30 };
/** Long enough to be met while it is encoded. */
const LONG: BenchSourceSpec = { id: 'long-v1', width: 480, height: 270, frameCount: 300 };

const host = new LocalHost();
const folder = temporaryFolder('bench');
let builds: FfmpegBuild[] = [];
const runners: BenchRunner[] = [];
let homes = 0;

beforeAll(async () => {
  const config = { ffmpegPath: null, ffprobePath: null, env: process.env, appFolder: folder.path };
  builds = await discoverBuilds(host, config);
});
afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.dispose()));
});
afterAll(async () => {
  await host.dispose();
  folder.remove();
});

const anywhere: BenchRunnerDeps['reserve'] = async () => ({ release: () => {} });

function open(deps: Partial<BenchRunnerDeps> & { spec?: BenchSourceSpec } = {}) {
  const { spec = TINY, ...rest } = deps;
  const store = new RunsInMemory();
  const changes: BenchRun[] = [];
  const home = deps.home ?? join(folder.path, `home-${++homes}`);
  const runner = new BenchRunner({
    ...{ host, home, store, reserve: anywhere, sources: { full: spec, quick: spec } },
    registry: devicesOf(builds),
    onChange: (run) => changes.push(run),
    ...rest,
  });
  runners.push(runner);
  return { runner, home, store, changes };
}

const request = (fields: Partial<BenchRequest> = {}): BenchRequest => ({ quick: true, ...fields });

function runOf(runner: BenchRunner, id: BenchId): BenchRun {
  const run = runner.list().find((one) => one.id === id);
  if (!run) throw new Error(`no run ${id}`);
  return run;
}

function until(runner: BenchRunner, id: BenchId, what: (run: BenchRun) => boolean): Promise<BenchRun> {
  return waitFor(
    () => {
      const run = runOf(runner, id);
      return what(run) ? run : null;
    },
    90,
    `benchmark ${id}`,
  );
}

const hasEnded = (run: BenchRun) => run.endedAt !== null;

function filesIn(home: string): string[] {
  return readdirSync(join(home, 'bench'), { recursive: true }).map(String);
}

function withProblem(code: ProblemCode) {
  return expect.objectContaining({ problem: expect.objectContaining({ code }) });
}

describe('a benchmark of the CPU', () => {
  it('measures every planned encode: speed, bits and VMAF', async () => {
    const { runner, home, store, changes } = open();
    const started = runner.start(request());
    expect(started).toMatchObject({ status: 'running', done: 0, quick: true, endedAt: null });
    const run = await until(runner, started.id, hasEnded);
    expect(run).toMatchObject({ status: 'done', error: null, current: null, skipped: [] });
    expect(run.results).toHaveLength(started.total);
    expect(run.done).toBe(started.total);
    for (const result of run.results) {
      expect(result).toMatchObject({
        error: null,
        deviceId: CPU_DEVICE_ID,
        driverVersion: null,
        powerWatts: null,
      });
      expect(result.source).toEqual({ ...TINY, durationMs: 1000 });
      expect(result.fps).toBeGreaterThan(0);
      expect(result.speedX).toBeCloseTo((result.fps ?? 0) / 30, 6);
      expect(result.bitRateBps).toBeCloseTo((result.sizeBytes ?? 0) * 8, 6);
      expect(builds.map((build) => build.id)).toContain(result.buildId);
    }
    const rates = (encoder: string) =>
      run.results.filter((result) => result.encoder === encoder).map((result) => result.rate);
    expect(rates('libx264')).toEqual(expect.arrayContaining(['quality', 'bit-rate', 'two-pass']));
    expect(rates('libsvtav1')).not.toContain('two-pass');
    // As it is stored it can be read back whole.
    expect(BenchRun.parse(JSON.parse(JSON.stringify(store.saved.get(run.id))))).toEqual(run);
    expect(changes.at(-1)).toEqual(run);
    await runner.dispose();
    expect(filesIn(home)).toEqual(['tiny-v1.mp4']);
  });

  it('judges by VMAF where an ffmpeg has libvmaf, and a better encode better', async (context) => {
    if (!builds.some((build) => build.filters.includes('libvmaf'))) {
      context.skip('no ffmpeg here has libvmaf');
    }
    const { runner } = open();
    const { id } = runner.start(request({ codecs: ['h264'] }));
    const { results } = await until(runner, id, hasEnded);
    const of = (rate: string) => results.find((result) => result.rate === rate)?.vmaf ?? Number.NaN;
    for (const result of results) expect(result).toMatchObject({ vmaf: expect.any(Number), vmafNote: null });
    // The bit rate for so small a picture is meagre.
    expect(of('quality')).toBeGreaterThan(of('bit-rate'));
    expect(of('quality')).toBeLessThan(100);
  });

  it('says so where no ffmpeg has libvmaf, and measures the rest', async () => {
    const without = builds.map((build) => ({
      ...build,
      filters: build.filters.filter((filter) => filter !== 'libvmaf'),
    }));
    const { runner } = open({ registry: devicesOf(without) });
    const { id } = runner.start(request({ codecs: ['h264'] }));
    const { results } = await until(runner, id, hasEnded);
    for (const result of results) {
      expect(result).toMatchObject({ vmaf: null, vmafNote: expect.stringContaining('libvmaf'), error: null });
      expect(result.fps).toBeGreaterThan(0);
    }
  });

  it('is kept over a restart, with driver, build and source', async () => {
    const database = openDatabase(':memory:');
    const first = open({ store: new BenchStore(database) });
    const { id } = first.runner.start(request({ codecs: ['h264'] }));
    const run = await until(first.runner, id, hasEnded);
    const second = open({ store: new BenchStore(database) });
    expect(second.runner.list()).toEqual([run]);
    expect(second.runner.remove(id)).toBe(true);
    expect(second.runner.list()).toEqual([]);
    expect(new BenchStore(database).list()).toEqual([]);
    database.close();
  });
});

describe('the source', () => {
  it('is made once, and made anew when it is damaged', async () => {
    const { runner, home } = open();
    const measure = async () => {
      const { id } = runner.start(request({ codecs: ['h264'] }));
      const run = await until(runner, id, hasEnded);
      expect(run.status).toBe('done');
      return statSync(path);
    };
    const path = join(home, 'bench', `${TINY.id}.mp4`);
    const made = await measure();
    expect((await measure()).ino).toBe(made.ino);
    truncateSync(path, 1000);
    const again = await measure();
    expect(again.size).toBe(made.size);
  });

  it('that cannot be made fails the run with the reason', async () => {
    const none = builds.map((build) => ({ ...build, encoders: ['libx265'] }));
    const { runner } = open({ registry: { ...devicesOf(builds), builds: () => none } });
    const { id } = runner.start(request({ codecs: ['hevc'] }));
    const run = await until(runner, id, hasEnded);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'encoder-missing' }, results: [] });
  });
});

describe('a device that is in use', () => {
  it('is waited for, and given back whatever happens', async () => {
    const given = Promise.withResolvers<void>();
    const events: string[] = [];
    const { runner } = open({
      reserve: async (deviceId) => {
        events.push(`wants ${deviceId}`);
        await given.promise;
        return { release: () => events.push(`releases ${deviceId}`) };
      },
    });
    const { id } = runner.start(request({ codecs: ['h264'] }));
    const waiting = await until(runner, id, (run) => run.status === 'waiting');
    expect(waiting.current).toContain('A CPU');
    expect(waiting.results).toEqual([]);
    given.resolve();
    expect((await until(runner, id, hasEnded)).status).toBe('done');
    expect(events).toEqual([`wants ${CPU_DEVICE_ID}`, `releases ${CPU_DEVICE_ID}`]);
  });

  it('is no longer waited for once the run is cancelled', async () => {
    const aborted = Promise.withResolvers<void>();
    const { runner } = open({
      reserve: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted.resolve();
            reject(signal.reason);
          });
        }),
    });
    const { id } = runner.start(request());
    await until(runner, id, (run) => run.status === 'waiting');
    expect(runner.cancel(id)).toMatchObject({ status: 'cancelled', results: [], error: null });
    await aborted.promise;
    await runner.dispose();
    expect(runOf(runner, id).status).toBe('cancelled');
  });
});

describe('cancelling', () => {
  it('ends the encode at once, keeps what was measured and leaves nothing behind', async () => {
    const { runner, home } = open({ spec: LONG });
    const { id } = runner.start(request());
    const measured = await until(
      runner,
      id,
      (run) => run.results.length >= 1 && processesMentioning(join(home, 'bench', 'work')).length > 0,
    );
    const cancelled = runner.cancel(id);
    expect(cancelled).toMatchObject({ status: 'cancelled', current: null, error: null });
    expect(cancelled.results.length).toBeGreaterThanOrEqual(measured.results.length);
    await runner.dispose();
    expect(processesMentioning(home)).toEqual([]);
    expect(filesIn(home)).toEqual([`${LONG.id}.mp4`]);
    expect(runOf(runner, id)).toEqual(cancelled);
  });

  it('makes room for the next run at once', async () => {
    const { runner } = open({ spec: LONG });
    const first = runner.start(request());
    expect(() => runner.start(request())).toThrow(withProblem('invalid-transition'));
    expect(() => runner.remove(first.id)).toThrow(withProblem('invalid-transition'));
    runner.cancel(first.id);
    expect(() => runner.cancel(first.id)).toThrow(withProblem('invalid-transition'));
    const second = runner.start(request({ codecs: ['h264'] }));
    expect(second.id).not.toBe(first.id);
    await until(runner, second.id, (run) => run.results.length > 0);
    expect(runner.list().map(({ id }) => id)).toEqual([second.id, first.id]);
  });

  it('knows no run that there is not', () => {
    const { runner } = open();
    expect(() => runner.cancel('nosuch' as BenchId)).toThrow(withProblem('bench-not-found'));
    expect(runner.remove('nosuch' as BenchId)).toBe(false);
  });
});

describe('a run that was cut off', () => {
  it.each(['running', 'waiting'] as const)(
    'while %s is failed at the next start, with its results',
    async (status) => {
      const home = join(folder.path, `crashed-${status}`);
      mkdirSync(join(home, 'bench', 'work'), { recursive: true });
      writeFileSync(join(home, 'bench', 'work', 'encoded.mp4'), 'half');
      const open1 = aRun({ status, endedAt: null, total: 9, done: 1, current: 'x', results: [aResult()] });
      const store = new RunsInMemory([open1]);
      const { runner } = open({ home, store });
      const [run] = runner.list();
      expect(run).toMatchObject({ status: 'failed', current: null, done: 1, error: { code: 'interrupted' } });
      expect(run?.results).toEqual([aResult()]);
      expect(store.saved.get(open1.id)).toEqual(run);
      await runner.dispose();
      expect(filesIn(home)).toEqual([]);
    },
  );

  it('by the end of the engine is stored as interrupted, and nothing of it goes on', async () => {
    const { runner, home, store } = open({ spec: LONG });
    const { id } = runner.start(request());
    await until(runner, id, (run) => run.current?.includes('libx264') ?? false);
    await runner.dispose();
    expect(store.saved.get(id)).toMatchObject({ status: 'failed', error: { code: 'interrupted' } });
    expect(processesMentioning(home)).toEqual([]);
    expect(() => runner.start(request())).toThrow(withProblem('invalid-transition'));
  });

  it('does not touch runs that had ended', () => {
    const ended = [aRun({ id: 'a' as BenchId }), aRun({ id: 'b' as BenchId, status: 'cancelled' })];
    const { runner, changes } = open({ store: new RunsInMemory(ended) });
    expect(runner.list()).toEqual(ended.toReversed());
    expect(changes).toEqual([]);
  });
});

describe('a device that fails', () => {
  const gpu = aDevice({
    ...{ id: GPU_ID, kind: 'gpu', name: 'A GPU', uuid: GPU_ID, driverVersion: '550.54' },
    encoders: [proof('h264', 'h264_nvenc')],
  });

  it('gives results that say why, and the others are measured', async (context) => {
    const withNvenc = builds.filter(
      (build) => build.problem === null && build.encoders.includes('h264_nvenc'),
    );
    if (withNvenc.length === 0) context.skip('no ffmpeg here has h264_nvenc');
    const held = new Map<DeviceId, number>();
    const { runner } = open({
      // A GPU that is gone by the time it is to encode.
      registry: devicesOf([...withNvenc, ...builds], () => [
        { ...gpu, uuid: 'GPU-00000000-0000-0000-0000-000000000000' },
        aDevice({ encoders: [proof('h264', 'libx264')] }),
      ]),
      reserve: async (deviceId) => {
        held.set(deviceId, (held.get(deviceId) ?? 0) + 1);
        return { release: () => held.set(deviceId, (held.get(deviceId) ?? 0) - 1) };
      },
    });
    const { id } = runner.start(request());
    const run = await until(runner, id, hasEnded);
    const ofGpu = run.results.filter((result) => result.deviceKind === 'gpu');
    const ofCpu = run.results.filter((result) => result.deviceKind === 'cpu');
    expect(run.status).toBe('done');
    expect(ofGpu.length).toBeGreaterThan(0);
    for (const result of ofGpu) {
      expect(result).toMatchObject({ fps: null, vmaf: null, sizeBytes: null, driverVersion: '550.54' });
      expect(result.error).not.toBeNull();
      expect(result.error?.code).not.toBe('internal');
    }
    expect(ofCpu.length).toBeGreaterThan(0);
    expect(ofCpu.every((result) => result.error === null)).toBe(true);
    expect([...held]).toEqual([
      [GPU_ID, 0],
      [CPU_DEVICE_ID, 0],
    ]);
  });

  it('and goes out of service is left alone from then on, with the reason', async () => {
    const lost: Problem = { code: 'gpu-lost', message: 'It is gone.', nextStep: 'Restart.' };
    let isLost = false;
    const only = () => aDevice({ encoders: [proof('h264', 'libx264')] });
    const { runner } = open({
      registry: devicesOf(builds, () => [
        isLost ? { ...only(), status: 'unavailable', reason: lost } : only(),
      ]),
      onChange: (run) => {
        isLost = run.results.length > 0;
      },
    });
    const { id, total } = runner.start(request());
    const run = await until(runner, id, hasEnded);
    expect(run.status).toBe('done');
    expect(run.results).toHaveLength(1);
    expect(total).toBeGreaterThan(1);
    expect(run.skipped).toEqual([{ deviceId: CPU_DEVICE_ID, deviceName: 'A CPU', reason: lost }]);
  });
});
