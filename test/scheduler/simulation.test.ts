import { describe, expect, it } from 'vitest';
import { SpeedBook } from '../../src/engine/scheduler/speeds.ts';
import { AV1, HEVC } from './plan-fixture.ts';
import type { DeviceTruth } from './simulated-device.ts';
import { type SimulatedJob, Simulation, type SimulationOptions } from './simulation.ts';
import { randomFrom } from './virtual-time.ts';

const SEEDS = Array.from({ length: 20 }, (_, n) => n + 1);

function gpus(count: number, over: Partial<DeviceTruth> & { readonly speed?: number } = {}): DeviceTruth[] {
  const { speed = 100, ...rest } = over;
  return Array.from({ length: count }, (_, n) => ({
    id: `GPU-${n}`,
    kind: 'gpu',
    slots: 2,
    speeds: { [HEVC]: speed },
    ...rest,
  }));
}

/** Jobs of 30 s to 170 s, alone on a device of 100 megapixels per second. */
function mixedJobs(count: number, random: () => number, over: Partial<SimulatedJob> = {}): SimulatedJob[] {
  return Array.from({ length: count }, () => ({
    choice: 'auto',
    work: HEVC,
    amount: 10_000 * (0.3 + 1.4 * random()),
    ...over,
  }));
}

function simulate(options: SimulationOptions): { simulation: Simulation; seconds: number } {
  const simulation = new Simulation(options);
  const seconds = simulation.run();
  return { simulation, seconds };
}

/** Seconds by seconds that all devices would need together if work could be divided at will. */
function ratioToIdeal({ devices, jobs }: SimulationOptions, seconds: number): number {
  const speed = devices.reduce((sum, device) => sum + (device.speeds[HEVC] ?? 0), 0);
  const amount = jobs.reduce((sum, job) => sum + job.amount / (job.ease ?? 1), 0);
  return seconds / (amount / speed);
}

/** How many jobs of later places started before each; the most of it. */
function mostOvertaken({ runs }: Simulation): number {
  const order = runs.map((run) => run.job);
  return Math.max(...order.map((job, n) => order.slice(0, n).filter((earlier) => earlier > job).length));
}

/** Most encodes at once on what `isOn` says. */
function mostAtOnce({ runs }: Simulation, isOn: (device: string) => boolean): number {
  const changes = runs
    .filter((run) => isOn(run.device))
    .flatMap((run) => [
      { at: run.from, by: 1 },
      { at: run.to, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  let most = 0;
  for (const { by } of changes) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}

describe('the simulation itself', () => {
  it('shares a device equally and gives all of it to the last', () => {
    const { simulation, seconds } = simulate({
      devices: gpus(1),
      jobs: [1000, 3000].map((amount) => ({ choice: 'auto', work: HEVC, amount })),
    });
    expect(simulation.endedAt.get(0)).toBeCloseTo(20, 3);
    expect(seconds).toBeCloseTo(40, 3);
  });

  it('lets an encode use no more than its part of a GPU with several encoders', () => {
    const { seconds } = simulate({
      devices: gpus(1, { soloShare: 0.5 }),
      jobs: [{ choice: 'auto', work: HEVC, amount: 1000 }],
    });
    expect(seconds).toBeCloseTo(20, 3);
  });
});

describe('eight equal GPUs and 200 jobs of mixed length, in any order', () => {
  for (const slots of [1, 2, 3]) {
    it(`are done within 5 % of the ideal, with ${slots} at once on each`, () => {
      for (const seed of SEEDS) {
        const options = { devices: gpus(8, { slots }), jobs: mixedJobs(200, randomFrom(seed)) };
        const { simulation, seconds } = simulate(options);
        expect(simulation.isOver).toBe(true);
        expect(ratioToIdeal(options, seconds)).toBeLessThanOrEqual(1.05);
      }
    });
  }

  it('start in the order of the queue, but for the last of it', () => {
    for (const seed of SEEDS) {
      const { simulation } = simulate({
        devices: gpus(8, { slots: 3 }),
        jobs: mixedJobs(200, randomFrom(seed)),
      });
      const order = simulation.runs.map((run) => run.job);
      expect(order.slice(0, 160)).toEqual(Array.from({ length: 160 }, (_, n) => n));
      expect(mostOvertaken(simulation)).toBeLessThan(24);
    }
  });
});

describe('GPUs of different speed', () => {
  const devices = [100, 80, 40, 10].flatMap((speed, n) =>
    gpus(1, { speed, slots: 1 }).map((device) => ({ ...device, id: `GPU-${n}` })),
  );

  it('are all used, and the slow ones do not hold up the end', () => {
    for (const seed of SEEDS) {
      const options = { devices, jobs: mixedJobs(200, randomFrom(seed)) };
      const { simulation, seconds } = simulate(options);
      expect(ratioToIdeal(options, seconds)).toBeLessThanOrEqual(1.05);
      expect(new Set(simulation.runs.map((run) => run.device)).size).toBe(4);
      // The one that is ten times slower starts nothing that would end last by far.
      const last = simulation.runs.findLast((run) => run.device === 'GPU-3');
      expect(last?.to ?? 0).toBeLessThan(seconds * 1.000001);
    }
  });

  it('leave no job behind: none is overtaken by more than are looked at in a turn', () => {
    for (const seed of SEEDS) {
      const { simulation } = simulate({ devices, jobs: mixedJobs(300, randomFrom(seed)) });
      expect(mostOvertaken(simulation)).toBeLessThan(32);
    }
  });
});

describe('when everything goes wrong at once', () => {
  function mishaps(seed: number): SimulationOptions {
    const random = randomFrom(seed);
    const devices: DeviceTruth[] = [
      ...gpus(3, { slots: 2 }).map((gpu, n) => ({
        ...gpu,
        speeds: { [HEVC]: 50 * (n + 1), ...(n > 0 ? { [AV1]: 20 * n } : {}) },
      })),
      { id: 'cpu', kind: 'cpu', slots: 2, speeds: { [HEVC]: 8, [AV1]: 2 } },
    ];
    const choices = ['auto', 'auto', 'auto', 'gpu', 'GPU-1', 'cpu'];
    const jobs = Array.from({ length: 150 }, (): SimulatedJob => {
      const choice = choices[Math.floor(random() * choices.length)] ?? 'auto';
      return {
        choice,
        work: random() < 0.3 ? AV1 : HEVC,
        amount: 2000 * (0.2 + random()),
        isAmountKnown: random() < 0.9,
        ease: 0.7 + 0.6 * random(),
      };
    });
    const incidents = Array.from({ length: 25 }, () => {
      const at = random() * 2500;
      const device = `GPU-${Math.floor(random() * 3)}`;
      return random() < 0.5
        ? { kind: 'out-of-service' as const, at, device, until: at + 20 + random() * 200 }
        : { kind: 'others' as const, at, device, sessions: Math.floor(random() * 3) };
    });
    // At last other programs go home.
    for (const { id } of gpus(3)) incidents.push({ kind: 'others', at: 3000, device: id, sessions: 0 });
    const breaks = new Map(jobs.map((_, job) => [job, random()]));
    return {
      devices,
      jobs,
      incidents,
      gpuSessions: 5,
      startSeconds: 0.5,
      failsAt: (job, device, tries) => {
        const luck = breaks.get(job) ?? 1;
        // Some fail everywhere, some on one GPU, some once.
        if (luck < 0.03) return luck * 10;
        if (luck < 0.1) return device === 'GPU-2' ? 0.5 : null;
        return luck < 0.2 && tries === 0 ? 0.9 : null;
      },
    };
  }

  it('every job ends, and only one that failed three times ends badly', () => {
    for (const seed of SEEDS) {
      const { simulation } = simulate(mishaps(seed));
      expect(simulation.isOver).toBe(true);
      for (const job of simulation.failed) {
        expect(simulation.runs.filter((run) => run.job === job && run.outcome === 'failed')).toHaveLength(3);
      }
      const done = simulation.runs.filter((run) => run.outcome === 'done').map((run) => run.job);
      expect(new Set(done).size).toBe(done.length);
      expect(done.length + simulation.failed.size).toBe(simulation.jobs.length);
    }
  });

  it('no limit is passed, no job runs twice at a time, and each runs only where it may', () => {
    for (const seed of SEEDS) {
      const options = mishaps(seed);
      const { simulation } = simulate(options);
      for (const { id, slots } of options.devices) {
        expect(mostAtOnce(simulation, (device) => device === id)).toBeLessThanOrEqual(slots);
      }
      expect(mostAtOnce(simulation, (device) => device !== 'cpu')).toBeLessThanOrEqual(5);
      for (const [job, { choice }] of options.jobs.entries()) {
        const runs = simulation.runs.filter((run) => run.job === job);
        for (const [n, run] of runs.entries()) {
          expect(run.from).toBeGreaterThanOrEqual(runs[n - 1]?.to ?? 0);
          if (choice === 'gpu') expect(run.device).not.toBe('cpu');
          else if (choice !== 'auto') expect(run.device).toBe(choice);
          expect(run.fallback !== null).toBe(choice === 'auto' && run.device === 'cpu');
        }
      }
    }
  });
});

describe('a machine whose GPUs die', () => {
  const options = (choice: string, onGpuFailure: 'hold' | 'use-cpu'): SimulationOptions => ({
    devices: [...gpus(2), { id: 'cpu', kind: 'cpu', slots: 2, speeds: { [HEVC]: 5 } }],
    jobs: mixedJobs(40, randomFrom(1), { choice }),
    policy: { onGpuFailure },
    incidents: [0, 1].map((n) => ({
      kind: 'out-of-service' as const,
      at: 100 + n,
      device: `GPU-${n}`,
      until: 2000 + n,
    })),
  });

  it('encodes nothing on the CPU that is for GPUs only, and goes on when they come back', () => {
    const { simulation } = simulate(options('gpu', 'use-cpu'));
    expect(simulation.isOver).toBe(true);
    expect(simulation.runs.filter((run) => run.device === 'cpu')).toEqual([]);
    expect(simulation.runs.filter((run) => run.from > 110 && run.from < 2000)).toEqual([]);
  });

  it('holds other jobs too where that was asked for', () => {
    const { simulation } = simulate(options('auto', 'hold'));
    expect(simulation.isOver).toBe(true);
    expect(simulation.runs.filter((run) => run.device === 'cpu')).toEqual([]);
  });

  it('else gives them to the CPU meanwhile, each with the reason', () => {
    const { simulation } = simulate(options('auto', 'use-cpu'));
    const onCpu = simulation.runs.filter((run) => run.device === 'cpu');
    expect(onCpu.length).toBeGreaterThan(0);
    expect(onCpu.every((run) => run.fallback?.code === 'gpu-failed' && run.from < 2001)).toBe(true);
  });
});

describe('the CPU beside GPUs', () => {
  it('helps without holding up the end, once it was measured', () => {
    for (const seed of SEEDS) {
      const cpu: DeviceTruth = { id: 'cpu', kind: 'cpu', slots: 2, speeds: { [HEVC]: 20 } };
      const jobs = [
        ...Array.from({ length: 2 }, () => ({ choice: 'cpu', work: HEVC, amount: 2000 })),
        ...mixedJobs(120, randomFrom(seed)),
      ];
      const speeds = () => SpeedBook.from([]);
      const one = { devices: [...gpus(2), cpu], jobs, policy: { cpuBesideGpus: true } };
      const { simulation, seconds } = simulate({ ...one, speeds: speeds() });
      const without = simulate({ ...one, policy: { cpuBesideGpus: false }, speeds: speeds() });
      expect(simulation.runs.filter((run) => run.fallback !== null).length).toBeGreaterThan(2);
      expect(seconds).toBeLessThan(without.seconds * 0.97);
    }
  });
});
