import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceId, JobId, TaskId } from '../../src/common/ids.ts';
import type { DeviceChoice } from '../../src/common/job.ts';
import type { Problem } from '../../src/common/problem.ts';
import { type PlanDevice, type PlanTask, plan } from '../../src/engine/scheduler/plan.ts';

const CPU = 'cpu' as DeviceId;
const GPU = 'GPU-1' as DeviceId;
const GPU2 = 'GPU-2' as DeviceId;
const cannot: Problem = { code: 'no-nvenc', message: 'This GPU has no encoder.', nextStep: 'Use another.' };

const cpu = (freeSlots: number): PlanDevice => ({ id: CPU, kind: 'cpu', name: 'CPU', freeSlots });
const gpu = (freeSlots: number, id = GPU): PlanDevice => ({ id, kind: 'gpu', name: 'RTX', freeSlots });
let count = 0;
function task(choice: string, whyNot: DeviceId[] = [], failedOn: DeviceId[] = []): PlanTask {
  count += 1;
  return {
    taskId: String(count) as TaskId,
    jobId: String(count) as JobId,
    choice: choice as DeviceChoice,
    whyNot: new Map(whyNot.map((id) => [id, cannot])),
    failedOn,
  };
}
const now = (tasks: PlanTask[], devices: PlanDevice[]) => plan({ tasks, devices, devicesAreKnown: true });

describe('plan', () => {
  it('prefers a GPU that can do it', () => {
    expect(now([task('auto')], [cpu(2), gpu(1)]).assignments[0]?.deviceId).toBe(GPU);
  });

  it('waits for a full GPU instead of taking the CPU', () => {
    const result = now([task('auto')], [cpu(2), gpu(0)]);
    expect(result.assignments).toEqual([]);
    expect(result.waiting[0]?.waitingFor).toBe('a free GPU session');
  });

  it('takes the CPU when no GPU can do it, or the one that could has failed', () => {
    expect(now([task('auto', [GPU])], [cpu(1), gpu(1)]).assignments[0]?.deviceId).toBe(CPU);
    expect(now([task('auto', [], [GPU])], [cpu(1), gpu(1)]).assignments[0]?.deviceId).toBe(CPU);
  });

  it('spreads work over equal GPUs', () => {
    const result = now([task('auto'), task('auto')], [gpu(2), gpu(2, GPU2)]);
    expect(result.assignments.map((a) => a.deviceId)).toEqual([GPU, GPU2]);
  });

  it('lets a GPU-only job wait for a GPU, with a free CPU beside it', () => {
    const result = now([task('gpu')], [cpu(4)]);
    expect(result.assignments).toEqual([]);
    expect(result.waiting[0]?.waitingFor).toBe('a GPU that can encode this');
  });

  it('lets a job that names a device wait for that device', () => {
    const result = now([task('GPU-2')], [cpu(4), gpu(4), gpu(0, GPU2)]);
    expect(result.assignments).toEqual([]);
    expect(result.waiting).toHaveLength(1);
  });

  it('says why a named device can never do it', () => {
    expect(now([task('GPU-1', [GPU])], [cpu(4), gpu(4)]).impossible[0]?.problem.code).toBe('no-nvenc');
  });

  it('calls nothing impossible while devices are still being checked', () => {
    const result = plan({
      tasks: [task('auto', [CPU]), task('cpu', [CPU])],
      devices: [cpu(1)],
      devicesAreKnown: false,
    });
    expect(result.impossible).toEqual([]);
    expect(result.waiting).toHaveLength(2);
  });

  it('keeps its promises for any input', () => {
    const devices = fc.record({
      cpu: fc.integer({ min: -1, max: 3 }),
      a: fc.integer({ min: -1, max: 3 }),
      b: fc.integer({ min: -1, max: 3 }),
    });
    const ids = [CPU, GPU, GPU2];
    const tasks = fc.array(
      fc.record({
        choice: fc.constantFrom('auto', 'gpu', 'cpu', 'GPU-1', 'GPU-2', 'GPU-gone'),
        whyNot: fc.subarray(ids),
        failedOn: fc.subarray(ids),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(devices, tasks, (slots, drawn) => {
        const all = [cpu(slots.cpu), gpu(slots.a), gpu(slots.b, GPU2)];
        const input = drawn.map((t) => task(t.choice, t.whyNot, t.failedOn));
        const result = now(input, all);
        expect(now(input, all)).toEqual(result);
        // Every task gets exactly one outcome.
        expect(result.assignments.length + result.waiting.length + result.impossible.length).toBe(
          input.length,
        );
        for (const device of all) {
          const used = result.assignments.filter((a) => a.deviceId === device.id).length;
          expect(used).toBeLessThanOrEqual(Math.max(0, device.freeSlots));
        }
        for (const { taskId, deviceId } of result.assignments) {
          const t = input.find((i) => i.taskId === taskId);
          expect(t?.whyNot.has(deviceId)).toBe(false);
          if (t?.choice === 'gpu') expect(deviceId).not.toBe(CPU);
          else if (t?.choice !== 'auto') expect(deviceId).toBe(t?.choice);
        }
        // No free device stays idle while a task waits that asked for it by name and may have it.
        for (const { jobId } of result.waiting) {
          const t = input.find((i) => i.jobId === jobId);
          const named = all.find((d) => d.id === t?.choice);
          if (named === undefined) continue;
          const used = result.assignments.filter((a) => a.deviceId === named.id).length;
          expect(used).toBe(Math.max(0, named.freeSlots));
        }
      }),
    );
  });
});
