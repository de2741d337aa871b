import { describe, expect, it } from 'vitest';
import { CPU_DEVICE_ID, type DeviceId } from '../../src/common/ids.ts';
import type { DeviceChoice } from '../../src/common/job.ts';
import type { Problem, ProblemCode } from '../../src/common/problem.ts';
import { Settings } from '../../src/common/settings.ts';
import { afterFailure, gpusThatFailed } from '../../src/engine/tasks/after-failure.ts';
import type { TaskContext, TaskRun } from '../../src/engine/tasks/task-context.ts';

const GPU_A = 'GPU-a' as DeviceId;
const GPU_B = 'GPU-b' as DeviceId;

function why(code: ProblemCode): Problem {
  return { code, message: `It is ${code}.`, nextStep: 'Look.' };
}

interface Scene {
  readonly device?: DeviceId;
  readonly choice?: DeviceChoice;
  readonly onGpuFailure?: 'use-cpu' | 'hold';
  /** What the test of the GPU finds. */
  readonly fault?: Problem | null;
  readonly earlier?: readonly { device: DeviceId; error: Problem }[];
  readonly freeMemoryBytes?: number;
  /** Tries whose GPU went out of service. */
  readonly lost?: number;
}

async function judge(error: Problem, scene: Scene = {}) {
  const device = scene.device ?? GPU_A;
  const reported: DeviceId[] = [];
  const total = 8e9;
  const telemetry = { memoryTotalBytes: total, memoryUsedBytes: total - (scene.freeMemoryBytes ?? total) };
  const names = [
    { id: GPU_A, name: 'First GPU', telemetry },
    { id: GPU_B, name: 'Second GPU', telemetry },
    { id: CPU_DEVICE_ID, name: 'Some CPU', telemetry: null },
  ];
  const context = {
    registry: {
      list: () => ({ devices: names }),
      reportFault: async (id: DeviceId) => {
        reported.push(id);
        return scene.fault ?? null;
      },
    },
    store: { failures: () => scene.earlier ?? [] },
    settings: () => Settings.parse({ onGpuFailure: scene.onGpuFailure ?? 'use-cpu' }),
  } as unknown as TaskContext;
  const startedAt = '2026-01-01T00:00:00.000Z';
  const attempts = Array.from({ length: scene.lost ?? 0 }, () => ({ startedAt, error: why('gpu-lost') }));
  const run = {
    lease: { deviceId: device },
    job: { id: '1', device: scene.choice ?? 'auto', startedAt, createdAt: startedAt, attempts },
  } as unknown as TaskRun;
  return { outcome: await afterFailure(context, run, { error, exitCode: 1 }), reported };
}

describe('a refused session', () => {
  it('sends the job back unharmed, without a word against the GPU', async () => {
    const { outcome, reported } = await judge(why('session-limit'));
    expect(outcome).toMatchObject({
      kind: 'requeue',
      countsAsAttempt: false,
      error: { code: 'session-limit' },
    });
    expect(reported).toEqual([]);
  });

  it('is a want of memory where the GPU has none left', async () => {
    const { outcome } = await judge(why('session-limit'), { freeMemoryBytes: 100e6 });
    expect(outcome).toMatchObject({ kind: 'requeue', error: { code: 'gpu-out-of-memory' } });
  });
});

it('sends the job back unharmed where a device is being checked just now', async () => {
  const { outcome, reported } = await judge(why('device-unavailable'), { device: CPU_DEVICE_ID });
  expect(outcome).toMatchObject({ kind: 'requeue', countsAsAttempt: false });
  expect(reported).toEqual([]);
});

describe('a failure on a GPU', () => {
  it('sends the job back unharmed when the GPU turns out to be gone', async () => {
    const { outcome, reported } = await judge(why('gpu-failed'), { fault: why('gpu-lost') });
    expect(outcome).toMatchObject({ kind: 'requeue', countsAsAttempt: false });
    expect(reported).toEqual([GPU_A]);
  });

  it('counts against the job when the GPU passes its test, up to three times', async () => {
    const once = await judge(why('encode-stalled'), { choice: 'gpu' });
    expect(once.outcome).toMatchObject({ kind: 'requeue', countsAsAttempt: true });
    const earlier = [
      { device: GPU_A, error: why('encode-stalled') },
      { device: GPU_B, error: why('gpu-failed') },
    ];
    const thrice = await judge(why('encode-stalled'), { choice: 'gpu', earlier });
    expect(thrice.outcome).toMatchObject({ kind: 'failed', error: { code: 'encode-stalled' } });
  });

  it('fails in the end with the story of all three tries', async () => {
    const earlier = [
      { device: GPU_A, error: why('encode-stalled') },
      { device: GPU_B, error: why('gpu-failed') },
    ];
    const { outcome } = await judge(why('encode-stalled'), { choice: 'gpu', earlier });
    expect(outcome.kind === 'failed' && outcome.error.message).toBe(
      'All 3 tries failed. 1. On First GPU: It is encode-stalled. 2. On Second GPU: It is gpu-failed. 3. On First GPU: It is encode-stalled.',
    );
  });

  it('leaves an `auto` job one try on the CPU after three on GPUs, and no fifth', async () => {
    const earlier = [GPU_A, GPU_B].map((device) => ({ device, error: why('gpu-failed') }));
    expect((await judge(why('gpu-failed'), { earlier })).outcome.kind).toBe('requeue');
    const held = await judge(why('gpu-failed'), { earlier, onGpuFailure: 'hold' });
    expect(held.outcome.kind).toBe('failed');
    const four = [...earlier, ...earlier].slice(0, 3);
    expect((await judge(why('gpu-failed'), { earlier: four })).outcome.kind).toBe('failed');
  });

  it('fails at once where the named GPU lacks what the job needs, and asks no test of it', async () => {
    const { outcome, reported } = await judge(why('capability-missing'), { choice: GPU_A });
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'capability-missing' } });
    expect(reported).toEqual([]);
  });

  it('is the job’s own after the fifth GPU that failed under it', async () => {
    const scene = { choice: 'gpu', fault: why('gpu-lost'), earlier: [], lost: 4 } as const;
    expect((await judge(why('gpu-lost'), scene)).outcome).toMatchObject({ countsAsAttempt: true });
    expect((await judge(why('gpu-lost'), { ...scene, lost: 3 })).outcome).toMatchObject({
      countsAsAttempt: false,
    });
  });

  it('of the source or the output is final and says nothing about the GPU', async () => {
    for (const code of ['source-corrupt', 'no-space', 'output-not-writable'] as const) {
      const { outcome, reported } = await judge(why(code));
      expect(outcome).toMatchObject({ kind: 'failed', error: { code } });
      expect(reported).toEqual([]);
    }
  });
});

describe('a failure on the CPU', () => {
  it('is tried again only when it stalled', async () => {
    const stalled = await judge(why('encode-stalled'), { device: CPU_DEVICE_ID });
    expect(stalled.outcome).toMatchObject({ kind: 'requeue', countsAsAttempt: true });
    const failed = await judge(why('encode-failed'), { device: CPU_DEVICE_ID });
    expect(failed.outcome.kind).toBe('failed');
    expect(stalled.reported).toEqual([]);
  });
});

describe('GPUs that a job failed on', () => {
  it('are those of its tries, and all of them after three', () => {
    const one = [
      { device: GPU_A, error: why('gpu-failed') },
      { device: CPU_DEVICE_ID, error: why('encode-stalled') },
    ];
    expect([...gpusThatFailed(one, [GPU_A, GPU_B]).keys()]).toEqual([GPU_A]);
    const three = Array.from({ length: 3 }, () => ({ device: GPU_A, error: why('gpu-failed') }));
    expect([...gpusThatFailed(three, [GPU_A, GPU_B]).keys()]).toEqual([GPU_A, GPU_B]);
    expect(gpusThatFailed([], [GPU_A]).size).toBe(0);
  });

  it('do not include the only one there is after a single failure that it may not repeat', () => {
    const failed = (code: ProblemCode, count: number) =>
      gpusThatFailed(
        Array.from({ length: count }, () => ({ device: GPU_A, error: why(code) })),
        [GPU_A],
      ).size;
    expect(failed('gpu-failed', 1)).toBe(0);
    expect(failed('gpu-failed', 2)).toBe(1);
    expect(failed('capability-missing', 1)).toBe(1);
  });
});
