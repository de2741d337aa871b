import { describe, expect, it } from 'vitest';
import type { HostId } from '../../src/common/ids.ts';
import { plan } from '../../src/engine/scheduler/plan.ts';
import type { PlanDevice, PlanInput } from '../../src/engine/scheduler/plan-input.ts';
import { A, B, C, CPU, cpu, fallbackOf, gpu, HEVC, inputOf, lots, speed, task } from './plan-fixture.ts';

const GIB = 1024 ** 3;
const beside: Partial<PlanInput> = { policy: { onGpuFailure: 'use-cpu', cpuBesideGpus: true } };
const behind = (count: number, amount = count * 1000): Partial<PlanInput> => ({
  behind: [{ choice: 'auto', work: HEVC, count, amount, unknownCount: 0 }],
});
/** All its slots taken by encodes that together take so long. */
const busy = (busySeconds: number | null, slots = 1): Partial<PlanDevice> => ({
  slots,
  freeSlots: 0,
  busySeconds,
});
const keptFor = (name: string) =>
  `waits for a free session on ${name}, which will have it done sooner than a device that is free now`;

describe('among free devices a task goes to', () => {
  it('the one that is expected to finish it first', () => {
    const abilities = { [A]: speed(50), [B]: speed(200), [C]: speed(100) };
    expect(lots({ devices: [gpu(A), gpu(B), gpu(C)], tasks: [task()], abilities })).toEqual([B]);
  });

  it('a slower one that is idle, rather than share a faster one with others', () => {
    const devices = [gpu(A, { slots: 4, freeSlots: 1, busySeconds: 900 }), gpu(B)];
    const abilities = { [A]: speed(100), [B]: speed(60) };
    expect(lots({ devices, tasks: [task()], abilities })).toEqual([B]);
  });

  it('a faster one that will soon be rid of what it runs', () => {
    const devices = [gpu(A, { slots: 4, freeSlots: 1, busySeconds: 1 }), gpu(B)];
    const abilities = { [A]: speed(100), [B]: speed(60) };
    expect(lots({ devices, tasks: [task()], abilities })).toEqual([A]);
  });

  it('the one whose encoders are faster one by one, where each encode can use but one of them', () => {
    const abilities = { [A]: speed(300, 100), [B]: speed(150) };
    expect(lots({ devices: [gpu(A), gpu(B)], tasks: [task()], abilities })).toEqual([B]);
  });

  it('the one with more idle memory, where nothing was measured', () => {
    const devices = [
      gpu(A, { freeMemoryBytes: 20 * GIB, utilizationPercent: 90 }),
      gpu(B, { freeMemoryBytes: 6 * GIB, utilizationPercent: 10 }),
    ];
    expect(lots({ devices, tasks: [task()] })).toEqual([B]);
  });

  it('then the one with more free slots, then the first by id', () => {
    expect(lots({ devices: [gpu(A, { slots: 1 }), gpu(B, { slots: 3 })], tasks: [task()] })).toEqual([B]);
    expect(lots({ devices: [gpu(B), gpu(A)], tasks: [task()] })).toEqual([A]);
  });

  it('one that was not measured, as it may be as fast as the fastest', () => {
    const devices = [gpu(A), gpu(B, { freeMemoryBytes: GIB, utilizationPercent: 0 }), gpu(C)];
    const abilities = { [A]: speed(100), [B]: speed(null), [C]: speed(40) };
    expect(lots({ devices, tasks: [task()], abilities })).toEqual([B]);
  });
});

describe('many tasks', () => {
  it('spread over equal GPUs before they share one', () => {
    const devices = [gpu(A, { freeMemoryBytes: 40 * GIB, utilizationPercent: 0 }), gpu(B), gpu(C)];
    const tasks = Array.from({ length: 6 }, () => task());
    for (const abilities of [{}, { [A]: speed(100), [B]: speed(100), [C]: speed(100) }]) {
      const result = lots({ devices, tasks, abilities });
      expect(new Set(result.slice(0, 3))).toEqual(new Set([A, B, C]));
      expect(new Set(result.slice(3))).toEqual(new Set([A, B, C]));
    }
  });

  it('do not pass the sessions that a host grants on all its GPUs together', () => {
    const far = 'far' as HostId;
    const devices = [gpu(A), gpu(B), gpu(C, { host: far })];
    const hosts = [
      { id: gpu(A).host, freeGpuSessions: 1 },
      { id: far, freeGpuSessions: Number.POSITIVE_INFINITY },
    ];
    const result = lots({ devices, tasks: Array.from({ length: 6 }, () => task()) }, { hosts });
    expect(result.filter((lot) => lot === A || lot === B)).toHaveLength(1);
    expect(result.filter((lot) => lot === C)).toHaveLength(2);
    expect(result.at(-1)).toBe('waits for a free GPU session');
  });

  it('leave a CPU slot to a CPU job though the GPUs of the host are used up', () => {
    const hosts = [{ id: gpu(A).host, freeGpuSessions: 0 }];
    expect(lots({ devices: [gpu(A), cpu()], tasks: [task(), task('cpu')] }, { hosts })).toEqual([
      'waits for a free GPU session',
      CPU,
    ]);
  });
});

describe('a task is kept for a full device', () => {
  const abilities = { [A]: speed(100), [B]: speed(10) };
  const devices = [gpu(A, busy(30)), gpu(B, { slots: 1 })];

  it('that is faster and will have it done sooner than the free one', () => {
    expect(lots({ devices, tasks: [task()], abilities }, behind(1))).toEqual([keptFor('Card A')]);
  });

  it('and no more tasks than that one will really have done sooner', () => {
    // Alone the slow one takes 100 s; after 30 s the fast one takes 10 s for each: six are done before, the seventh is not.
    const tasks = Array.from({ length: 9 }, () => task());
    const result = lots({ devices, tasks, abilities }, behind(1));
    expect(result.slice(0, 6)).toEqual(tasks.slice(0, 6).map(() => keptFor('Card A')));
    expect(result[6]).toBe(B);
  });

  it('counting those that wait for that one before it', () => {
    const tasks = [...Array.from({ length: 7 }, () => task(A)), task()];
    expect(lots({ devices, tasks, abilities }, behind(1)).at(-1)).toBe(B);
    expect(lots({ devices, tasks: tasks.slice(2), abilities }, behind(1)).at(-1)).toBe(keptFor('Card A'));
  });

  it('never where it is not known when that one will be free', () => {
    const unknown = [gpu(A, busy(null)), gpu(B, { slots: 1 })];
    expect(lots({ devices: unknown, tasks: [task()], abilities })).toEqual([B]);
    // Other programs hold its sessions.
    const taken = [gpu(A, { ...busy(0), encodes: 1 }), gpu(B, { slots: 1 })];
    expect(lots({ devices: taken, tasks: [task()], abilities })).toEqual([B]);
  });

  it('never where a speed or the length of the source is not known', () => {
    expect(lots({ devices, tasks: [task()], abilities: { ...abilities, [A]: speed(null) } })).toEqual([B]);
    expect(lots({ devices, tasks: [task()], abilities: { ...abilities, [B]: speed(null) } })).toEqual([B]);
    expect(lots({ devices, tasks: [task('auto', { amount: null })], abilities })).toEqual([B]);
  });

  it('not where a task before it will keep that one busy for who knows how long', () => {
    const tasks = [task(A, { amount: null }), task()];
    expect(lots({ devices, tasks, abilities })).toEqual(['waits for a free session on Card A', B]);
  });

  it('of no use where it named the slow one', () => {
    expect(lots({ devices, tasks: [task(B)], abilities })).toEqual([B]);
  });

  it('but not when so much waits behind that the slow one would stand idle: then the last that was looked at starts', () => {
    const tasks = [task(), task(), task()];
    const kept = tasks.map(() => keptFor('Card A'));
    expect(lots({ devices, tasks, abilities }, behind(2))).toEqual(kept);
    expect(lots({ devices, tasks, abilities }, behind(20))).toEqual([...kept.slice(0, 2), B]);
  });

  it('that is no faster but has less to do, only when nothing waits behind', () => {
    const equal = { [A]: speed(100), [B]: speed(100) };
    const shared = [gpu(A, busy(10, 3)), gpu(B, { slots: 3, freeSlots: 1, busySeconds: 90 })];
    expect(lots({ devices: shared, tasks: [task()], abilities: equal })).toEqual([keptFor('Card A')]);
    expect(lots({ devices: shared, tasks: [task()], abilities: equal }, behind(1))).toEqual([B]);
  });

  it('of nearly the same speed, just as little', () => {
    const nearly = { [A]: speed(110), [B]: speed(100) };
    const shared = [gpu(A, busy(10, 3)), gpu(B, { slots: 3, freeSlots: 1, busySeconds: 90 })];
    expect(lots({ devices: shared, tasks: [task()], abilities: nearly }, behind(1))).toEqual([B]);
  });

  it('never instead of an idle one that is as fast', () => {
    const equal = { [A]: speed(100), [B]: speed(100) };
    expect(lots({ devices: [gpu(A, busy(1)), gpu(B)], tasks: [task()], abilities: equal })).toEqual([B]);
  });
});

describe('the CPU beside working GPUs', () => {
  const abilities = { [A]: speed(100), [CPU]: speed(20) };
  const full = (seconds: number | null) => [cpu({ slots: 1 }), gpu(A, busy(seconds))];

  it('takes a job that it will have done before any GPU, and says why', () => {
    // 50 s on the CPU; on the GPU 10 s, after what it has to do.
    const one = { devices: full(45), tasks: [task()], abilities };
    expect(lots(one, beside)).toEqual([CPU]);
    expect(fallbackOf(one, beside)?.message).toContain('CPU beside them');
    expect(lots({ ...one, devices: full(35) }, beside)).toEqual(['waits for a free GPU session']);
  });

  it('does nothing unless that was asked for', () => {
    expect(lots({ devices: full(1000), tasks: [task()], abilities })).toEqual([
      'waits for a free GPU session',
    ]);
  });

  it('counts the jobs that the GPU has to do first', () => {
    const tasks = Array.from({ length: 6 }, () => task());
    // The fourth waits 10 s and three times 10 s: the CPU would have it done at the same time. The fifth is done sooner there.
    expect(lots({ devices: full(10), tasks, abilities }, beside).indexOf(CPU)).toBe(4);
  });

  it('does not take what a free GPU does sooner', () => {
    expect(lots({ devices: [cpu(), gpu(A)], tasks: [task()], abilities }, beside)).toEqual([A]);
  });

  it('takes nothing while any of the speeds, lengths or ends is not known', () => {
    const waits = ['waits for a free GPU session'];
    const one = { devices: full(1000), tasks: [task()], abilities };
    const withOther = [...full(1000), gpu(B, busy(1000))];
    for (const over of [beside, { ...beside, ...behind(1000) }]) {
      expect(lots({ ...one, abilities: { ...abilities, [A]: speed(null) } }, over)).toEqual(waits);
      expect(lots({ ...one, abilities: { ...abilities, [CPU]: speed(null) } }, over)).toEqual(waits);
      expect(lots({ ...one, devices: withOther }, over)).toEqual(waits);
      expect(lots({ ...one, devices: full(null) }, over)).toEqual(waits);
      expect(lots({ ...one, tasks: [task('auto', { amount: null })] }, over)).toEqual(waits);
      expect(lots(one, { ...over, devicesAreKnown: false })).toEqual(waits);
    }
  });

  it('takes no job for GPUs only', () => {
    expect(lots({ devices: full(1000), tasks: [task('gpu')], abilities }, beside)).toEqual([
      'waits for a free GPU session',
    ]);
  });

  it('takes one where so much waits that the GPUs will be busy for longer', () => {
    const one = { devices: full(10), tasks: [task(), task()], abilities };
    expect(lots(one, { ...beside, ...behind(1) })).not.toContain(CPU);
    expect(lots(one, { ...beside, ...behind(10) })[1]).toBe(CPU);
  });
});

describe('the order of the queue', () => {
  it('holds: the first task that may have a free session gets it', () => {
    const devices = [cpu({ slots: 1 }), gpu(A, { slots: 1 }), gpu(B, { slots: 1, freeSlots: 0 })];
    const tasks = [task(B), task('gpu'), task(A), task('cpu'), task('auto')];
    expect(lots({ devices, tasks })).toEqual([
      'waits for a free session on Card B',
      A,
      'waits for a free session on Card A',
      CPU,
      'waits for a free GPU session',
    ]);
  });

  it('of the devices means nothing', () => {
    const devices = [gpu(A), gpu(B), gpu(C), cpu()];
    const tasks = Array.from({ length: 5 }, () => task());
    const { assignments } = plan(inputOf({ devices, tasks }));
    expect(plan(inputOf({ devices: devices.toReversed(), tasks })).assignments).toEqual(assignments);
  });
});
