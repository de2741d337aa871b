import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceId, HostId } from '../../src/common/ids.ts';
import type { DeviceChoice } from '../../src/common/job.ts';
import { plan } from '../../src/engine/scheduler/plan.ts';
import type {
  Ability,
  PlanDevice,
  PlanInput,
  PlanTask,
  PlanWork,
} from '../../src/engine/scheduler/plan-input.ts';
import type { WorkId } from '../../src/engine/scheduler/work.ts';
import {
  A,
  AV1,
  B,
  C,
  CPU,
  FAILED,
  gpu,
  HEVC,
  inputOf,
  LOST,
  NO_DRIVER,
  speed,
  task,
  unable,
} from './plan-fixture.ts';
import { abilityOf, LITTLE_MEMORY, mayRunOn, roomAfter, secondsAfter, secondsBeside } from './plan-rules.ts';

const NEAR = 'local' as HostId;
const FAR = 'far' as HostId;
const D = 'GPU-d' as DeviceId;
const IDS = [CPU, A, B, C, D];
/** So much that no free device is left for a faster one. */
const behindMany = {
  behind: [{ choice: 'auto' as DeviceChoice, work: HEVC, count: 1e6, amount: 1e9, unknownCount: 0 }],
};
const RUNS = { numRuns: 1000 };

const ability: fc.Arbitrary<Ability> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(unable) },
  { weight: 2, arbitrary: able(fc.constant(null)) },
  { weight: 6, arbitrary: able(fc.constantFrom(10, 20, 25, 100)) },
);
function able(speeds: fc.Arbitrary<number | null>): fc.Arbitrary<Ability> {
  return fc.tuple(speeds, fc.constantFrom(null, null, 8, 50)).map(([whole, alone]) => ({
    kind: 'able',
    megapixelsPerSecond: whole,
    aloneMegapixelsPerSecond: whole === null ? null : alone,
  }));
}

const device = (id: DeviceId): fc.Arbitrary<PlanDevice> =>
  fc
    .record({
      slots: fc.integer({ min: 1, max: 3 }),
      ours: fc.integer({ min: 0, max: 3 }),
      others: fc.constantFrom(0, 0, 0, 1, 4),
      busySeconds: fc.constantFrom(null, 1, 10, 40, 400),
      freeMemoryBytes: fc.constantFrom(null, null, LITTLE_MEMORY, 2 * 1024 ** 3, 9 * 1024 ** 3),
      utilizationPercent: fc.constantFrom(null, 0, 50, 100),
      outOfService: fc.constantFrom(null, null, null, LOST),
      host: fc.constantFrom(NEAR, FAR),
    })
    .map(({ ours, others, busySeconds, slots, ...rest }) =>
      gpu(id, {
        ...rest,
        kind: id === CPU ? 'cpu' : 'gpu',
        slots,
        freeSlots: slots - ours - others,
        encodes: ours + others,
        busySeconds: ours === 0 ? 0 : busySeconds,
      }),
    );

const drawnTask = fc
  .record({
    choice: fc.constantFrom('auto', 'auto', 'auto', 'gpu', 'cpu', A, B, 'GPU-gone'),
    work: fc.constantFrom(HEVC, HEVC, AV1),
    amount: fc.constantFrom(null, 100, 400, 1000, 5000),
    failed: fc.oneof({ weight: 4, arbitrary: fc.constant<DeviceId[]>([]) }, fc.subarray(IDS)),
  })
  .map(({ choice, work, amount, failed }) =>
    task(choice, { work, amount, failedOn: new Map(failed.map((id) => [id, FAILED])) }),
  );

const devicesAndWorks = fc.subarray(IDS).chain((ids) => {
  const abilities = fc
    .array(ability, { minLength: ids.length, maxLength: ids.length })
    .map((drawn) => new Map(ids.map((id, n) => [id, drawn[n] ?? unable])));
  return fc.record({
    devices: fc.tuple(...ids.map(device)),
    works: fc.tuple(abilities, abilities).map(
      ([hevc, av1]) =>
        new Map<WorkId, PlanWork>([
          [HEVC, { id: HEVC, on: hevc }],
          [AV1, { id: AV1, on: av1 }],
        ]),
    ),
    gpuNotice: fc.constant(ids.every((id) => id === CPU) ? NO_DRIVER : null),
  });
});

const input: fc.Arbitrary<PlanInput> = fc
  .record({
    tasks: fc.array(drawnTask, { maxLength: 12 }),
    hosts: fc.tuple(fc.constantFrom(0, 1, 3, Infinity), fc.constantFrom(1, Infinity)).map(([near, far]) => [
      { id: NEAR, freeGpuSessions: near },
      { id: FAR, freeGpuSessions: far },
    ]),
    behind: fc
      .constantFrom(0, 0, 1, 50)
      .map((count) =>
        count === 0
          ? []
          : [{ choice: 'auto' as DeviceChoice, work: HEVC, count, amount: count * 900, unknownCount: 0 }],
      ),
    policy: fc.record({
      onGpuFailure: fc.constantFrom('use-cpu' as const, 'hold' as const),
      cpuBesideGpus: fc.boolean(),
    }),
    devicesAreKnown: fc.constantFrom(true, true, true, false),
    rest: devicesAndWorks,
  })
  .map(({ rest, ...others }) => ({ ...others, ...rest }));

function holds(property: (drawn: PlanInput) => void): void {
  fc.assert(fc.property(input, property), RUNS);
}

/** Each assignment with its task and device. */
function assigned(drawn: PlanInput) {
  return plan(drawn).assignments.map(({ taskId, deviceId, fallback }) => {
    const found = drawn.tasks.find((one) => one.taskId === taskId);
    const on = drawn.devices.find((one) => one.id === deviceId);
    if (found === undefined || on === undefined) throw new Error('an assignment of nothing');
    return { task: found, device: on, fallback };
  });
}

type Assigned = ReturnType<typeof assigned>;

/** Whether there is a full device, faster where more waits behind, for which it is right to keep a task from a free one. */
function isRightlyKept(drawn: PlanInput, kept: PlanTask, from: PlanDevice, all: Assigned): boolean {
  const on = (device: PlanDevice) =>
    all.filter((found) => found.device === device).map((found) => found.task);
  const here = secondsBeside(drawn, kept, from, from.encodes + on(from).length);
  if (here === null) return false;
  const speedOf = (of: PlanDevice) => {
    const found = abilityOf(drawn, kept, of);
    return found?.kind === 'able' ? (found.megapixelsPerSecond ?? 0) : 0;
  };
  const place = drawn.tasks.indexOf(kept);
  // What counts is the free device that would have it done first, which need not be the one that is looked at.
  const atHand = mayRunOn(drawn, kept).filter(({ freeSlots }) => freeSlots > 0);
  const slowest = Math.min(...atHand.map(speedOf));
  return mayRunOn(drawn, kept).some((other) => {
    const before = on(other).filter((one) => drawn.tasks.indexOf(one) < place);
    const there = secondsAfter(drawn, kept, other, before);
    const isFaster = drawn.behind?.length === 0 || speedOf(other) > 1.2 * slowest;
    return other !== from && there !== null && there < here && isFaster;
  });
}

describe('for any tasks and devices', () => {
  it('every task has exactly one lot', () => {
    holds((drawn) => {
      const { assignments, waiting, impossible } = plan(drawn);
      const lots = [
        ...assignments.map(({ taskId }) => taskId),
        ...impossible.map(({ taskId }) => taskId),
        ...waiting.map(({ jobId }) => drawn.tasks.find((one) => one.jobId === jobId)?.taskId),
      ];
      expect(lots.toSorted()).toEqual(drawn.tasks.map(({ taskId }) => taskId).toSorted());
    });
  });

  it('no device gets more than its free slots, and the GPUs of a host no more than its free sessions', () => {
    holds((drawn) => {
      const all = assigned(drawn);
      for (const one of drawn.devices) {
        const count = all.filter((found) => found.device === one).length;
        expect(count).toBeLessThanOrEqual(Math.max(0, one.freeSlots));
      }
      for (const { id, freeGpuSessions } of drawn.hosts) {
        const count = all.filter((found) => found.device.kind === 'gpu' && found.device.host === id).length;
        expect(count).toBeLessThanOrEqual(freeGpuSessions);
      }
    });
  });

  it('a task starts only where it may: able, in service, as was chosen, and by the policy', () => {
    holds((drawn) => {
      for (const { task: started, device: on } of assigned(drawn)) {
        expect(abilityOf(drawn, started, on)?.kind).toBe('able');
        expect(on.outOfService).toBeNull();
        if (started.choice === 'gpu') expect(on.kind).toBe('gpu');
        else if (started.choice !== 'auto') expect(on.id).toBe(started.choice);
        const { cpuBesideGpus } = drawn.policy;
        const isBeside = started.choice === 'auto' && on.kind === 'cpu' && cpuBesideGpus;
        if (!isBeside) expect(mayRunOn(drawn, started)).toContain(on);
      }
    });
  });

  it('the CPU stands in for a GPU only where the rules say so, and never without a reason', () => {
    holds((drawn) => {
      for (const { task: started, device: on, fallback } of assigned(drawn)) {
        const standsIn = started.choice === 'auto' && on.kind === 'cpu';
        expect(fallback !== null).toBe(standsIn);
      }
    });
  });

  it('beside working GPUs the CPU starts nothing that they were not measured for', () => {
    holds((drawn) => {
      const all = assigned(drawn);
      const has = roomAfter(
        drawn,
        all.map((found) => found.device.id),
      );
      for (const { task: started, device: on } of all) {
        const gpus = mayRunOn(drawn, started).filter(({ kind }) => kind === 'gpu');
        if (started.choice !== 'auto' || on.kind !== 'cpu' || gpus.length === 0) continue;
        expect(drawn.policy.cpuBesideGpus && drawn.devicesAreKnown).toBe(true);
        for (const one of [on, ...gpus]) expect(secondsBeside(drawn, started, one, 0)).not.toBeNull();
        // Not one that is idle and faster is passed over.
        const onCpu = secondsBeside(drawn, started, on, 0) ?? 0;
        const isIdle = (each: PlanDevice) =>
          has(each) && each.encodes === 0 && all.every((found) => found.device !== each);
        for (const one of gpus.filter(isIdle)) {
          expect(onCpu).toBeLessThan(secondsBeside(drawn, started, one, 0) ?? 0);
        }
      }
    });
  });

  it('held jobs are not given to the CPU while a GPU could do them some day', () => {
    holds((drawn) => {
      if (drawn.policy.onGpuFailure !== 'hold' || drawn.policy.cpuBesideGpus) return;
      for (const { task: started, device: on } of assigned(drawn)) {
        if (started.choice !== 'auto' || on.kind !== 'cpu') continue;
        const couldEver = drawn.devices.some(
          (one) => one.kind === 'gpu' && abilityOf(drawn, started, one)?.kind === 'able',
        );
        expect(couldEver).toBe(false);
      }
    });
  });

  it('a device stays idle only while what it may do is done sooner elsewhere', () => {
    holds((drawn) => {
      const all = assigned(drawn);
      const has = roomAfter(
        drawn,
        all.map((found) => found.device.id),
      );
      for (const { jobId } of plan(drawn).waiting) {
        const waits = drawn.tasks.find((one) => one.jobId === jobId);
        if (waits === undefined) continue;
        for (const free of mayRunOn(drawn, waits).filter(has)) {
          expect(isRightlyKept(drawn, waits, free, all)).toBe(true);
        }
      }
    });
  });

  it('no task takes what one before it could have used, unless that one is done sooner elsewhere', () => {
    holds((drawn) => {
      const all = assigned(drawn);
      const waits = new Set(plan(drawn).waiting.map(({ jobId }) => jobId));
      for (const [place, earlier] of drawn.tasks.entries()) {
        if (!waits.has(earlier.jobId)) continue;
        for (const { task: later, device: taken } of all) {
          if (drawn.tasks.indexOf(later) < place || !mayRunOn(drawn, earlier).includes(taken)) continue;
          expect(isRightlyKept(drawn, earlier, taken, all)).toBe(true);
        }
      }
    });
  });

  it('what is impossible cannot be done by any device that it may have, all of which were looked at', () => {
    holds((drawn) => {
      for (const { taskId } of plan(drawn).impossible) {
        const never = drawn.tasks.find((one) => one.taskId === taskId);
        if (never === undefined) throw new Error('no such task');
        expect(drawn.devicesAreKnown).toBe(true);
        expect(never.choice).not.toBe('gpu');
        const asked = drawn.devices.filter((one) => never.choice === 'auto' || one.id === never.choice);
        for (const one of asked) expect(abilityOf(drawn, never, one)?.kind).toBe('unable');
        if (never.choice !== 'auto') expect(asked).toHaveLength(1);
      }
    });
  });

  it('each task starts on the free device that is expected to finish it first, among many', () => {
    const many = fc.array(
      fc.record({
        slots: fc.integer({ min: 1, max: 3 }),
        ours: fc.integer({ min: 0, max: 3 }),
        busySeconds: fc.constantFrom(null, 3, 20, 90),
        speed: fc.constantFrom(10, 40, 41, 45),
        alone: fc.constantFrom(null, 20),
      }),
      { minLength: 1, maxLength: 40 },
    );
    const amounts = fc.array(fc.constantFrom(null, 100, 400, 2000), { maxLength: 60 });
    fc.assert(
      fc.property(many, amounts, (drawn, lengths) => {
        const devices = drawn.map(({ slots, ours, busySeconds }, n) =>
          gpu(`GPU-${n}` as DeviceId, {
            slots,
            freeSlots: slots - ours,
            encodes: ours,
            busySeconds: ours === 0 ? 0 : busySeconds,
          }),
        );
        const abilities = Object.fromEntries(
          drawn.map((one, n) => [`GPU-${n}`, speed(one.speed, one.alone)]),
        );
        const tasks = lengths.map((amount) => task('auto', { amount }));
        const now = new Map(
          devices.map((one) => [
            one.id,
            { free: one.freeSlots, encodes: one.encodes, busy: one.busySeconds },
          ]),
        );
        const finish = (id: DeviceId, amount: number | null): number => {
          const state = now.get(id);
          const ability = abilities[id];
          if (state === undefined || ability?.kind !== 'able') throw new Error('no such device');
          const whole = ability.megapixelsPerSecond ?? 0;
          const alone = Math.min(whole, ability.aloneMegapixelsPerSecond ?? whole);
          const shared = ((amount ?? 1) / whole) * (state.encodes + 1);
          const isQueued = amount !== null && state.busy !== null && state.busy > 0;
          const queued = isQueued ? (state.busy ?? 0) + amount / whole : shared;
          return Math.max((amount ?? 1) / alone, Math.min(shared, queued));
        };
        for (const { taskId, deviceId } of plan(inputOf({ devices, tasks, abilities }, behindMany))
          .assignments) {
          const amount = tasks.find((one) => one.taskId === taskId)?.amount ?? null;
          const open = devices.filter(({ id }) => (now.get(id)?.free ?? 0) >= 1);
          const least = Math.min(...open.map(({ id }) => finish(id, amount)));
          expect(finish(deviceId, amount)).toBe(least);
          const state = now.get(deviceId);
          const ability = abilities[deviceId];
          if (state === undefined || ability?.kind !== 'able') throw new Error('no such device');
          state.free -= 1;
          state.encodes += 1;
          state.busy =
            amount === null || state.busy === null
              ? null
              : state.busy + amount / (ability.megapixelsPerSecond ?? 0);
        }
      }),
    );
  });

  it('the same is planned for equal input, and in whatever order the devices are listed', () => {
    fc.assert(
      fc.property(input, fc.integer(), (drawn, seed) => {
        const first = plan(drawn);
        expect(plan(structuredClone(drawn))).toEqual(first);
        const shuffle = <T>(items: readonly T[]): T[] => {
          const by = (n: number) => Math.sin(seed + n);
          return items
            .map((item, n) => ({ item, n }))
            .sort((a, b) => by(a.n) - by(b.n))
            .map(({ item }) => item);
        };
        const where = (of: PlanInput) =>
          plan(of).assignments.map(({ taskId, deviceId }) => [taskId, deviceId]);
        const shuffled = { ...drawn, devices: shuffle(drawn.devices), hosts: shuffle(drawn.hosts) };
        expect(where(shuffled)).toEqual(where(drawn));
      }),
      RUNS,
    );
  });

  it('what comes later changes nothing for the tasks before it', () => {
    holds((drawn) => {
      if (drawn.behind?.length !== 0) return;
      for (const count of [1, Math.floor(drawn.tasks.length / 2)]) {
        const first = drawn.tasks.slice(0, count);
        const ids = new Set(first.map(({ taskId }) => taskId));
        const alone = plan({ ...drawn, tasks: first }).assignments;
        expect(plan(drawn).assignments.filter(({ taskId }) => ids.has(taskId))).toEqual(alone);
      }
    });
  });
});
