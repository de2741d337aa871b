// Measures plan() alone, in the tests' simulation: node bench/scheduler.ts [devices] [tasks]

import { plan } from '../src/engine/scheduler/plan.ts';
import type { Plan, PlanInput } from '../src/engine/scheduler/plan-input.ts';
import type { DeviceTruth } from '../test/scheduler/simulated-device.ts';
import { Simulation } from '../test/scheduler/simulation.ts';
import { randomFrom } from '../test/scheduler/virtual-time.ts';
import type { Finding } from './measure.ts';

/** What `npm run bench` measures; the full size is 10,000 devices and 1,000,000 tasks. */
const DEVICES = 1000;
const TASKS = 50_000;
const WORK = 'hevc/medium/8/quality/1080p';
/** True megapixels per second of the GPU models, of which there are equally many. */
const SPEEDS = [120, 180, 240, 480];
const GPUS_PER_HOST = 8;
/** Encodes at once on a GPU. */
const SLOTS = 3;

export interface SchedulerFigures {
  readonly devices: number;
  readonly tasks: number;
  readonly decisions: number;
  /** Of one call of `plan()` in milliseconds, most of them for one freed slot. */
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Of the whole process, the simulation with its tasks included, at the most. */
  readonly memoryMiB: number;
  /** Virtual time that all tasks took, by the time they would take if work could be divided at will. */
  readonly makespanRatio: number;
}

/** Plays a queue of mixed lengths through on GPUs of four models whose speeds have to be found out. */
export function measureScheduler(devices = DEVICES, tasks = TASKS): SchedulerFigures {
  const random = randomFrom(1);
  const gpus = Array.from({ length: devices }, (_, n): DeviceTruth => {
    const host = `host-${Math.floor(n / GPUS_PER_HOST)}`;
    const speed = SPEEDS[n % SPEEDS.length] ?? 0;
    return { id: `GPU-${n}`, kind: 'gpu', host, slots: SLOTS, speeds: { [WORK]: speed } };
  });
  const jobs = Array.from({ length: tasks }, () => ({
    choice: 'auto',
    work: WORK,
    amount: 100_000 * (0.3 + 1.4 * random()),
  }));
  const times = new Float64Array(4 * tasks + 10 * devices);
  let decisions = 0;
  let memoryBytes = 0;
  const decide = (input: PlanInput): Plan => {
    const start = performance.now();
    const made = plan(input);
    times[decisions] = performance.now() - start;
    if (decisions % 1000 === 0) memoryBytes = Math.max(memoryBytes, process.memoryUsage.rss());
    decisions += 1;
    return made;
  };
  const simulation = new Simulation({ devices: gpus, jobs, decide });
  const seconds = simulation.run();
  if (!simulation.isOver) throw new Error('the simulated queue did not come to its end');
  const sorted = times.slice(0, decisions).sort();
  const at = (part: number) => sorted[Math.min(decisions - 1, Math.floor(decisions * part))] ?? Number.NaN;
  const amount = jobs.reduce((sum, job) => sum + job.amount, 0);
  const speed = gpus.reduce((sum, gpu) => sum + (gpu.speeds[WORK] ?? 0), 0);
  return {
    devices,
    tasks,
    decisions,
    meanMs: sorted.reduce((sum, ms) => sum + ms, 0) / decisions,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    memoryMiB: memoryBytes / 2 ** 20,
    makespanRatio: seconds / (amount / speed),
  };
}

export function benchScheduler(): Finding[] {
  const { devices, tasks, meanMs, p99Ms, makespanRatio } = measureScheduler();
  const size = `${tasks.toLocaleString('en')} tasks on ${devices.toLocaleString('en')} simulated GPUs of four speeds`;
  return [
    {
      what: `A decision of the scheduler for ${size}, mean / p99`,
      figure: `${meanMs.toFixed(3)} / ${p99Ms.toFixed(3)} ms`,
      aim: 'mean < 1 ms',
      met: meanMs < 1,
    },
    {
      what: `Time until these are done, by the time if work could be divided at will`,
      figure: makespanRatio.toFixed(3),
      aim: '≤ 1.05',
      met: makespanRatio <= 1.05,
    },
  ];
}

if (import.meta.main) {
  const [devices, tasks] = process.argv.slice(2).map(Number);
  console.log(JSON.stringify(measureScheduler(devices, tasks)));
}
