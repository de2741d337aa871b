import { beforeEach, describe, expect, it } from 'vitest';
import type { BenchId, BenchRequest, BenchResult, BenchRun } from '../../../src/common/bench.ts';
import type { DeviceId } from '../../../src/common/ids.ts';
import { VideoCodec } from '../../../src/common/preset.ts';
import { deviceBars } from '../../../src/renderer/bench/bench-bars.ts';
import { benchRequest } from '../../../src/renderer/bench/bench-request.ts';
import {
  caseName,
  changeWords,
  exportName,
  gainWords,
  measuredName,
  underWay,
} from '../../../src/renderer/bench/bench-words.ts';
import type { EngineApi } from '../../../src/renderer/connection/engine-client.ts';
import {
  cancelBench,
  loadBench,
  removeBench,
  startBench,
  takeBenchRun,
  useBench,
} from '../../../src/renderer/stores/bench-store.ts';
import { useConnection } from '../../../src/renderer/stores/connection-store.ts';
import { aDevice, aFailedGpu, aProof } from '../a-device.ts';

function aResult(more: Partial<BenchResult> = {}): BenchResult {
  return {
    runId: 'r1' as BenchId,
    at: '2026-01-01T00:00:00.000Z',
    deviceId: 'GPU-1' as DeviceId,
    deviceName: 'NVIDIA L40S',
    deviceKind: 'gpu',
    driverVersion: '550.1',
    buildId: 'b1',
    ffmpegVersion: '7.0',
    codec: 'h264',
    encoder: 'h264_nvenc',
    encoderPreset: 'p5',
    rate: 'quality',
    source: { id: 's1', width: 640, height: 360, frameCount: 60, durationMs: 2_000 },
    fps: 400,
    speedX: 13,
    sizeBytes: 1_000,
    bitRateBps: 4_000,
    vmaf: 95,
    vmafNote: null,
    powerWatts: 200,
    error: null,
    ...more,
  };
}

function aRun(id: string, more: Partial<BenchRun> = {}): BenchRun {
  return {
    id: id as BenchId,
    status: 'done',
    startedAt: '2026-01-02T03:04:05.000Z',
    endedAt: null,
    quick: true,
    done: 0,
    total: 4,
    current: null,
    results: [],
    skipped: [],
    error: null,
    ...more,
  };
}

describe('the bars of a benchmark', () => {
  it('share one scale, that of the fastest encode of either run', () => {
    const fast = aResult({ fps: 400 });
    const slow = aResult({ deviceId: 'cpu' as DeviceId, deviceKind: 'cpu', fps: 100 });
    const pairs = [
      {
        before: aResult({ fps: 800 }),
        after: fast,
        fpsRatio: 0.5,
        bitRateRatio: null,
        powerRatio: null,
        vmafGain: null,
      },
    ];
    expect(deviceBars([fast, slow], []).map(({ bars }) => bars[0]?.share)).toEqual([1, 0.25]);
    expect(deviceBars([fast, slow], pairs).map(({ bars }) => bars[0])).toMatchObject([
      { share: 0.5, beforeShare: 1 },
      { share: 0.125, beforeShare: null },
    ]);
  });

  it('leave out what was not measured, and devices of which nothing was', () => {
    const failed = aResult({ fps: null });
    expect(deviceBars([failed], [])).toEqual([]);
    expect(deviceBars([failed, aResult({ encoderPreset: 'p1' })], [])[0]?.bars).toHaveLength(1);
  });

  it('stand in the order in which the devices were measured', () => {
    const results = ['GPU-2', 'GPU-1', 'GPU-2'].map((id, place) =>
      aResult({ deviceId: id as DeviceId, encoderPreset: `p${place}` }),
    );
    expect(deviceBars(results, []).map(({ deviceId, bars }) => [deviceId, bars.length])).toEqual([
      ['GPU-2', 2],
      ['GPU-1', 1],
    ]);
  });
});

describe('what a new benchmark asks for', () => {
  const gpu = aDevice('GPU-1', 'gpu', 'NVIDIA L40S', { encoders: [aProof()] });
  const cpu = aDevice('cpu', 'cpu', 'CPU', { encoders: [aProof({ encoder: 'libx264' })] });
  const failed = { ...aFailedGpu('GPU-2'), encoders: [aProof()] };
  const all = new Set(VideoCodec.options);
  const ask = (leftOut: string[], codecs = all) =>
    benchRequest([gpu, failed, cpu], {
      leftOut: new Set(leftOut as DeviceId[]),
      codecs,
      quick: true,
    });

  it('names nothing where nothing was narrowed, so that the engine says what it leaves out', () => {
    expect(ask([])).toEqual({ quick: true });
  });

  it('names the devices and codecs that were kept', () => {
    expect(ask(['cpu'])).toEqual({ quick: true, devices: ['GPU-1'] });
    expect(ask([], new Set(['hevc' as const]))).toEqual({ quick: true, codecs: ['hevc'] });
  });

  it('is not asked without a device or a codec', () => {
    expect(ask(['cpu', 'GPU-1'])).toBeNull();
    expect(ask([], new Set())).toBeNull();
  });
});

describe('the words of a benchmark', () => {
  it('tell a change from none', () => {
    expect([1.04, 0.88, 1.003, 2].map(changeWords)).toEqual(['+4 %', '−12 %', '0 %', '+100 %']);
    expect([0.44, -1.16, 0.04, -0.04].map(gainWords)).toEqual(['+0.4', '−1.2', '0.0', '0.0']);
  });

  it('name a device as the rest of the window does, and one that is gone by itself', () => {
    const twins = ['GPU-1', 'GPU-2'].map((id) => aDevice(id, 'gpu', 'NVIDIA L40S'));
    const second = aResult({ deviceId: 'GPU-2' as DeviceId });
    expect(measuredName(twins, second)).toBe('L40S #2');
    expect(measuredName([], second)).toBe('L40S');
    expect(measuredName([], aResult({ deviceKind: 'cpu', deviceName: 'AMD EPYC' }))).toBe('CPU');
  });

  it('name an encode by its preset, and by its rate control where that is not the usual one', () => {
    expect(caseName(aResult())).toBe('p5');
    expect(caseName(aResult({ rate: 'two-pass', encoderPreset: 'medium' }))).toBe('medium · 2 passes');
  });

  it('say what is waited for, what is measured, and nothing once it has ended', () => {
    expect(underWay({ status: 'waiting', current: 'L40S to be free' })).toBe('Waiting for L40S to be free');
    expect(underWay({ status: 'running', current: 'L40S h264 p5' })).toBe('L40S h264 p5');
    expect(underWay({ status: 'done', current: null })).toBeNull();
  });

  it('name a file by the moment of the run', () => {
    expect(exportName(aRun('r1'), 'csv')).toBe('gantry-bench-2026-01-02T0304.csv');
  });
});

describe('the benchmarks that the window holds', () => {
  let runs: BenchRun[] = [];
  let asked: BenchRequest[] = [];
  let failing = false;
  const api = {
    bench: {
      list: async () => {
        if (failing) throw new Error('gone');
        return { runs };
      },
      start: async (request: BenchRequest) => {
        asked.push(request);
        const run = aRun('r9', { status: 'running' });
        // The engine tells of the run before the call that started it has been answered.
        takeBenchRun({ ...run, done: 1 });
        return run;
      },
      cancel: async ({ id }: { id: BenchId }) => aRun(id, { status: 'cancelled' }),
      remove: async () => ({ removed: true }),
    },
  } as unknown as EngineApi;
  const held = () => useBench.getState().runs;

  beforeEach(async () => {
    runs = [aRun('r2'), aRun('r1')];
    asked = [];
    failing = false;
    useBench.setState({ runs: null, failure: null });
    useConnection.setState({
      phase: {
        kind: 'open',
        connection: { api, transfer: null, closed: new Promise(() => undefined), close: () => undefined },
      },
    });
    await loadBench();
  });

  it('follow a run live: in its place, or first when it is new', () => {
    takeBenchRun(aRun('r1', { done: 3 }));
    takeBenchRun(aRun('r3', { status: 'running' }));
    expect(held()?.map(({ id, done }) => [id, done])).toEqual([
      ['r3', 0],
      ['r2', 0],
      ['r1', 3],
    ]);
  });

  it('keep what was told last of a run that was just started', async () => {
    await startBench({ quick: true });
    expect(asked).toEqual([{ quick: true }]);
    expect(held()?.[0]).toMatchObject({ id: 'r9', done: 1 });
  });

  it('show a run as cancelled, and forget one that was deleted', async () => {
    await cancelBench('r2' as BenchId);
    await removeBench('r1' as BenchId);
    expect(held()?.map(({ id, status }) => [id, status])).toEqual([['r2', 'cancelled']]);
  });

  it('say why they could not be read, and keep what was known', async () => {
    failing = true;
    await loadBench();
    expect(useBench.getState().failure?.nextStep).toMatch(/./);
    expect(held()).toHaveLength(2);
  });
});
