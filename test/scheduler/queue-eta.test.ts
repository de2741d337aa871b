import { describe, expect, it } from 'vitest';
import type { DeviceId, JobId } from '../../src/common/ids.ts';
import { pour } from '../../src/engine/scheduler/fluid-rest.ts';
import type { PlanDevice, PlanInput, PlanTask, WaitingGroup } from '../../src/engine/scheduler/plan-input.ts';
import { estimateQueue, type RunningEncode } from '../../src/engine/scheduler/queue-eta.ts';
import { SpeedBook } from '../../src/engine/scheduler/speeds.ts';
import type { WorkId } from '../../src/engine/scheduler/work.ts';
import { A, AV1, B, type Case, CPU, cpu, gpu, HEVC, inputOf, LOST, speed, task } from './plan-fixture.ts';
import type { DeviceTruth } from './simulated-device.ts';
import { type SimulatedJob, Simulation, type SimulationOptions } from './simulation.ts';
import { randomFrom } from './virtual-time.ts';

function running(jobId: string, deviceId: DeviceId, over: Partial<RunningEncode> = {}): RunningEncode {
  return { jobId: jobId as JobId, deviceId, work: HEVC, etaMs: null, amountLeft: null, ...over };
}

function estimate(theCase: Case, runs: readonly RunningEncode[] = [], over: Partial<PlanInput> = {}) {
  const { queueMs, jobs } = estimateQueue({ ...inputOf(theCase, over), running: runs });
  return { queueSeconds: queueMs === null ? null : queueMs / 1000, jobs };
}

const seconds = (jobs: ReadonlyMap<JobId, number>, tasks: readonly PlanTask[]) =>
  tasks.map(({ jobId }) => (jobs.get(jobId) ?? Number.NaN) / 1000);
const one = (over: Partial<PlanDevice> = {}) => gpu(A, { slots: 1, ...over });
const at100 = { [A]: speed(100) };
const group = (count: number, over: Partial<WaitingGroup> = {}): WaitingGroup => ({
  choice: 'auto',
  work: HEVC,
  count,
  amount: count * 1000,
  unknownCount: 0,
  ...over,
});

describe('the end of a queue', () => {
  it('is now where nothing waits or runs', () => {
    expect(estimate({ devices: [one()], tasks: [] }).queueSeconds).toBe(0);
  });

  it('comes after what runs, as fast as it runs', () => {
    const runs = [running('900', A, { etaMs: 30_000 }), running('901', A, { etaMs: 60_000 })];
    const busy = gpu(A, { freeSlots: 0, busySeconds: 45 });
    const { queueSeconds, jobs } = estimate({ devices: [busy], tasks: [], abilities: at100 }, runs);
    // The second has the device to itself when the first has ended, half way through its 60 s at half the speed.
    expect(jobs.get('900' as JobId)).toBe(30_000);
    expect(jobs.get('901' as JobId)).toBe(45_000);
    expect(queueSeconds).toBe(45);
  });

  it('counts one after the other what a device does one at a time', () => {
    const tasks = [task(), task('auto', { amount: 500 }), task()];
    const { queueSeconds, jobs } = estimate({ devices: [one()], tasks, abilities: at100 });
    expect(seconds(jobs, tasks)).toEqual([10, 15, 25]);
    expect(queueSeconds).toBe(25);
  });

  it('counts each encode no faster than one can be alone', () => {
    const tasks = [task()];
    expect(estimate({ devices: [one()], tasks, abilities: { [A]: speed(100, 40) } }).queueSeconds).toBe(25);
  });

  it('spreads over devices by their speed, and waits for the one that was named', () => {
    const devices = [one(), gpu(B, { slots: 1 })];
    const tasks = [task(), task(), task(B)];
    const { jobs } = estimate({ devices, tasks, abilities: { [A]: speed(100), [B]: speed(40) } });
    // Both jobs for any device are done sooner on the fast one, one after the other.
    expect(seconds(jobs, tasks)).toEqual([10, 20, 25]);
  });

  it('counts what waits far behind, though not one by one', () => {
    const { queueSeconds } = estimate(
      {
        devices: [one(), gpu(B, { slots: 1 })],
        tasks: [task()],
        abilities: { [A]: speed(100), [B]: speed(50) },
      },
      [],
      { behind: [group(14_999)] },
    );
    expect(queueSeconds).toBeGreaterThan(99_900);
    expect(queueSeconds).toBeLessThan(100_200);
  });

  it('counts jobs that are not read yet as it does the others, where these are as many', () => {
    const over = { behind: [group(5000, { work: null, amount: 0, unknownCount: 5000 }), group(5000)] };
    const { queueSeconds } = estimate({ devices: [one()], tasks: [], abilities: at100 }, [], over);
    expect(queueSeconds).toBeGreaterThan(99_000);
    expect(queueSeconds).toBeLessThan(101_000);
  });

  it('counts what only the CPU may do on the CPU', () => {
    const theCase = { devices: [one(), cpu()], tasks: [], abilities: { ...at100, [CPU]: speed(10) } };
    const over = { behind: [group(1000), group(1000, { choice: 'cpu' })] };
    const { queueSeconds } = estimate(theCase, [], over);
    expect(queueSeconds).toBeGreaterThan(99_900);
    expect(queueSeconds).toBeLessThan(100_200);
  });

  it('is the same for the same input', () => {
    const theCase = { devices: [one(), cpu()], tasks: [task(), task('cpu')], abilities: { [CPU]: speed(9) } };
    expect(estimate(theCase)).toEqual(estimate(structuredClone(theCase)));
  });
});

describe('nothing is promised', () => {
  it('where the speed of what waits was never measured', () => {
    const tasks = [task()];
    const { queueSeconds, jobs } = estimate({ devices: [one(), gpu(B)], tasks });
    expect(queueSeconds).toBeNull();
    expect(jobs.size).toBe(0);
    expect(estimate({ devices: [one()], tasks: [] }, [], { behind: [group(1000)] }).queueSeconds).toBeNull();
  });

  it('where more than half of the lengths are not known', () => {
    const unknown = () => task('auto', { amount: null });
    const devices = [one()];
    const half = { devices, tasks: [task(), unknown()], abilities: at100 };
    const most = { devices, tasks: [task(), unknown(), unknown()], abilities: at100 };
    expect(estimate(half).queueSeconds).toBe(20);
    expect(estimate(most).queueSeconds).toBeNull();
    const behind = [group(100, { amount: 0, unknownCount: 100 })];
    expect(estimate({ devices, tasks: [task()], abilities: at100 }, [], { behind }).queueSeconds).toBeNull();
  });

  it('of a job whose own length is not known, though of the queue', () => {
    const tasks = [task('auto', { amount: null }), task()];
    const { queueSeconds, jobs } = estimate({ devices: [one()], tasks, abilities: at100 });
    expect(seconds(jobs, tasks)).toEqual([Number.NaN, 20]);
    expect(queueSeconds).toBe(20);
  });

  it('of a job behind one that runs for who knows how long, where little else is known', () => {
    const tasks = [task('auto', { amount: null }), task('auto', { amount: null }), task()];
    const { jobs } = estimate({ devices: [one()], tasks, abilities: at100 });
    expect(jobs.size).toBe(0);
  });

  it('of the queue while something waits for a device that is out of service or not here', () => {
    const devices = [one(), gpu(B, { outOfService: LOST })];
    for (const choice of [B, 'GPU-gone']) {
      const tasks = [task(choice), task()];
      const { queueSeconds, jobs } = estimate({ devices, tasks, abilities: at100 });
      expect(queueSeconds).toBeNull();
      expect(seconds(jobs, tasks)).toEqual([Number.NaN, 10]);
    }
    const behind = [group(1000, { choice: B })];
    expect(estimate({ devices, tasks: [], abilities: at100 }, [], { behind }).queueSeconds).toBeNull();
  });

  it('but what can never be done holds nothing up', () => {
    const never = { kind: 'unable', reason: LOST } as const;
    const tasks = [task(B), task()];
    const theCase = { devices: [one(), gpu(B)], tasks, abilities: { ...at100, [B]: never } };
    expect(estimate(theCase).queueSeconds).toBe(10);
  });
});

describe('work poured over devices', () => {
  const speeds = (of: Readonly<Record<string, number>>) =>
    new Map(Object.entries(of) as [DeviceId, number][]);
  const free = speeds({ a: 0, b: 0 });

  it('is done by all of them at the same time', () => {
    expect(pour(free, [{ amount: 300, speeds: speeds({ a: 2, b: 1 }) }])).toEqual(speeds({ a: 100, b: 100 }));
  });

  it('goes first where there is less to do', () => {
    const levels = pour(speeds({ a: 0, b: 90 }), [{ amount: 110, speeds: speeds({ a: 1, b: 1 }) }]);
    expect(levels).toEqual(speeds({ a: 100, b: 100 }));
    expect(pour(speeds({ a: 0, b: 90 }), [{ amount: 50, speeds: speeds({ a: 1, b: 1 }) }])).toEqual(
      speeds({ a: 50, b: 90 }),
    );
  });

  it('makes room for what only some can do', () => {
    const levels = pour(free, [
      { amount: 100, speeds: speeds({ a: 1, b: 1 }) },
      { amount: 80, speeds: speeds({ b: 1 }) },
    ]);
    expect(levels).toEqual(speeds({ a: 90, b: 90 }));
  });

  it('has nowhere to go where no device can do it', () => {
    expect(pour(free, [{ amount: 1, speeds: new Map() }])).toBeNull();
    expect(pour(speeds({ a: Infinity }), [{ amount: 1, speeds: speeds({ a: 1 }) }])).toBeNull();
  });
});

interface Promised {
  readonly atSeconds: number;
  readonly queueSeconds: number | null;
  readonly jobs: ReadonlyMap<JobId, number>;
}

/** What was promised now and then, and how far that was off, as parts of the time that it really took. */
function promises(
  options: SimulationOptions,
  everySeconds = 90,
): { queue: number[]; jobs: number[]; unknown: number } {
  const told: Promised[] = [];
  let next = 0;
  const simulation = new Simulation({
    ...options,
    onMoment: (now) => {
      if (now.now < next) return;
      next = now.now + everySeconds;
      const { queueMs, jobs } = estimateQueue(now.moment());
      told.push({ atSeconds: now.now, queueSeconds: queueMs === null ? null : queueMs / 1000, jobs });
    },
  });
  const end = simulation.run();
  // In the first tenth speeds are still being learned; in the last minute the rest of a second counts.
  const fair = told.filter(({ atSeconds }) => atSeconds > end / 10 && atSeconds < end - 60);
  const off = (promised: number, actual: number) => Math.abs(promised - actual) / actual;
  return {
    queue: fair.flatMap(({ atSeconds, queueSeconds }) =>
      queueSeconds === null ? [] : [off(queueSeconds, end - atSeconds)],
    ),
    jobs: fair.flatMap(({ atSeconds, jobs }) =>
      [...jobs].flatMap(([id, ms]) => {
        const actual = (simulation.endedAt.get(Number(id)) ?? Number.NaN) - atSeconds;
        return actual > 30 ? [off(ms / 1000, actual)] : [];
      }),
    ),
    unknown: fair.filter(({ queueSeconds }) => queueSeconds === null).length,
  };
}

/** The part of the values that are no more than so much. */
function share(values: readonly number[], most: number): number {
  return values.filter((value) => value <= most).length / values.length;
}

describe('what is promised in the simulation, against what it really took', () => {
  const gpus = (speeds: readonly number[], over: Partial<DeviceTruth> = {}): DeviceTruth[] =>
    speeds.map((one, n) => ({ id: `GPU-${n}`, kind: 'gpu', slots: 3, speeds: { [HEVC]: one }, ...over }));
  /** Mixed lengths, and pictures that are up to 30 % easier or harder than the mean. */
  const jobs = (random: () => number, count: number): SimulatedJob[] =>
    Array.from({ length: count }, () => ({
      choice: 'auto',
      work: HEVC,
      amount: 10_000 * (0.3 + 1.4 * random()),
      ease: 0.7 + 0.6 * random(),
    }));
  const equal = (random: () => number): SimulationOptions => ({
    devices: gpus(Array(8).fill(100)),
    jobs: jobs(random, 200),
    startSeconds: 1,
  });
  const mixed = (random: () => number): SimulationOptions => ({
    devices: gpus([100, 80, 40, 15], { slots: 2 }),
    jobs: jobs(random, 150),
  });
  const failing = (random: () => number): SimulationOptions => ({
    ...equal(random),
    failsAt: () => (random() < 0.05 ? random() : null),
  });
  const long = (random: () => number): SimulationOptions => ({
    devices: gpus([100, 110, 120, 130]),
    jobs: jobs(random, 300),
  });

  for (const [name, options, least] of [
    ['eight equal GPUs', equal, 0.97],
    ['four GPUs of different speed', mixed, 0.93],
    ['encodes that fail now and then', failing, 0.9],
    ['a long queue', long, 0.97],
  ] as const) {
    it(`is within 15 % for the queue and mostly for each job: ${name}`, () => {
      const all = [1, 2, 3, 4].map((seed) => promises(options(randomFrom(seed))));
      expect(all.every(({ unknown }) => unknown === 0)).toBe(true);
      expect(all.every(({ queue }) => queue.length > 10)).toBe(true);
      expect(
        share(
          all.flatMap(({ queue }) => queue),
          0.15,
        ),
      ).toBeGreaterThanOrEqual(least);
      expect(
        share(
          all.flatMap((one) => one.jobs),
          0.15,
        ),
      ).toBeGreaterThanOrEqual(0.8);
      expect(
        share(
          all.flatMap((one) => one.jobs),
          0.3,
        ),
      ).toBeGreaterThanOrEqual(0.95);
    });
  }

  it('is told right from the start where the devices were measured before', () => {
    const first = equal(randomFrom(1));
    const learned = new SpeedBook();
    new Simulation({ ...first, speeds: learned }).run();
    const second = new Simulation({ ...equal(randomFrom(2)), speeds: SpeedBook.from(learned.toJSON()) });
    const { queueMs } = estimateQueue(second.moment());
    const took = second.run();
    expect(Math.abs((queueMs ?? 0) / 1000 - took) / took).toBeLessThan(0.1);
  });

  it('knows of GPUs with several encoders that the last encodes cannot use them all, once it was seen', () => {
    const options = (seed: number, speeds: SpeedBook): SimulationOptions => ({
      devices: gpus([300, 300], { soloShare: 1 / 3 }),
      jobs: jobs(randomFrom(seed), 60),
      speeds,
    });
    const learned = new SpeedBook();
    for (const seed of [1, 2, 3]) new Simulation(options(seed, learned)).run();
    const seen = learned.toJSON();
    // As if no encode had ever had a device with less than two others.
    const unseen = seen.map((entry) => ({
      ...entry,
      runs: entry.runs.filter((run) => run.sharedBy >= 2.25),
    }));
    const [after, before] = [seen, unseen].map((entries) => {
      const all = [10, 11, 12, 13, 14, 15].flatMap(
        (seed) => promises(options(seed, SpeedBook.from(entries)), 10).queue,
      );
      return share(all, 0.15);
    });
    expect(after).toBeGreaterThanOrEqual(0.85);
    expect(before).toBeLessThan(0.8);
  });

  it('says nothing while AV1 waits and only HEVC was encoded', () => {
    const options: SimulationOptions = {
      devices: gpus([100], { speeds: { [HEVC]: 100, [AV1]: 50 } }),
      jobs: [HEVC, AV1].map((work) => ({ choice: 'auto', work, amount: 1000 })),
    };
    const speeds = new SpeedBook();
    const told = () => estimateQueue(new Simulation({ ...options, speeds }).moment()).queueMs;
    const learn = (work: WorkId) =>
      speeds.record({ deviceId: 'GPU-0' as DeviceId, work, amount: 1000, seconds: 10, sharedBy: 1 });
    learn(HEVC);
    expect(told()).toBeNull();
    learn(AV1);
    expect(told()).toBe(20_000);
  });
});
