import type { DeviceId, JobId } from '../../common/ids.ts';
import { type Candidates, DeviceRules } from './candidates.ts';
import { type FluidWork, pour } from './fluid-rest.ts';
import { plan } from './plan.ts';
import type { PlanTask, WaitingGroup } from './plan-input.ts';
import { firstOfBehind, QueueAmounts } from './queue-amounts.ts';
import type { QueueMoment, RunningEncode } from './queue-moment.ts';
import { type Pace, paceOf, UNABLE, UNMEASURED } from './room.ts';
import { VirtualDevices, type VirtualEncode } from './virtual-devices.ts';
import { VirtualQueue } from './virtual-queue.ts';
import type { WorkId } from './work.ts';

export type { QueueMoment, RunningEncode } from './queue-moment.ts';

export interface QueueEta {
  /** Until the queue is empty; null where that is not known. */
  readonly queueMs: number | null;
  /** Until each job has ended: those that run and those near the head of the queue, where it is known. */
  readonly jobs: ReadonlyMap<JobId, number>;
}

/** Tasks behind the first that are played through one by one, with the mean amount of their kind. */
const PLAYED = 200;
/** Tasks of one kind that are looked at in a turn. */
const WINDOW = 32;
const NOWHERE: PlanTask['failedOn'] = new Map();

/**
 * When the queue and its first jobs will have ended, by the speeds that were measured. The queue is played through on paper
 * with `plan()` itself; what waits far behind is poured over the devices as if it were a fluid. Says null rather than guess:
 * where the speed of what waits was never measured, where more than half of the amounts are unknown, and where something
 * waits for what no time can be told of, such as a GPU that is out of service. Pure.
 */
export function estimateQueue(moment: QueueMoment): QueueEta {
  return new Estimate(moment).run();
}

class Estimate {
  readonly #moment: QueueMoment;
  readonly #rules: DeviceRules;
  readonly #amounts: QueueAmounts;
  /** Speeds by class of work and device, those that were not measured left out. */
  readonly #paces = new Map<WorkId, ReadonlyMap<DeviceId, Pace>>();
  readonly #ends = new Map<JobId, number>();
  #lastEnd = 0;
  #isKnown = true;

  constructor(moment: QueueMoment) {
    this.#moment = moment;
    this.#rules = new DeviceRules(moment);
    this.#amounts = new QueueAmounts(moment);
  }

  run(): QueueEta {
    const { first, rest } = firstOfBehind(this.#moment.behind ?? [], this.#amounts, PLAYED);
    const devices = this.#virtualDevices();
    const waiting = [...this.#moment.tasks, ...first].filter((task) => this.#canStart(task));
    this.#play(devices, waiting, rest);
    const levels = this.#pourRest(devices.doneAt(), rest);
    devices.drain();
    const seconds = levels === null ? Number.NaN : Math.max(this.#lastEnd, ...levels.values());
    const isKnown = this.#isKnown && this.#amounts.areKnown && Number.isFinite(seconds);
    return { queueMs: isKnown ? Math.round(seconds * 1000) : null, jobs: this.#jobs() };
  }

  #jobs(): Map<JobId, number> {
    const { running, tasks } = this.#moment;
    const jobs = new Map<JobId, number>();
    const told = [
      ...running.filter(({ etaMs, amountLeft }) => etaMs !== null || amountLeft !== null),
      ...tasks.filter(({ amount }) => amount !== null),
    ];
    for (const { jobId } of told) {
      const end = this.#ends.get(jobId);
      if (end !== undefined) jobs.set(jobId, Math.round(end * 1000));
    }
    return jobs;
  }

  #virtualDevices(): VirtualDevices {
    const { devices, hosts, running } = this.#moment;
    const byDevice = Map.groupBy(running, ({ deviceId }) => deviceId);
    const encodes = new Map(
      [...byDevice].map(([id, all]) => [id, all.map((encode) => this.#virtual(encode, all.length))]),
    );
    return new VirtualDevices(devices, hosts, encodes, (jobId, atSeconds) => {
      this.#ends.set(jobId, atSeconds);
      this.#lastEnd = Math.max(this.#lastEnd, atSeconds);
    });
  }

  /** @param sharedBy encodes on its device */
  #virtual({ jobId, deviceId, work, etaMs, amountLeft }: RunningEncode, sharedBy: number): VirtualEncode {
    const expected =
      work === null
        ? { jobId, left: Number.POSITIVE_INFINITY, mostShare: 1 }
        : this.#encode({ jobId, work, amount: amountLeft }, deviceId);
    if (etaMs === null) return expected;
    return { ...expected, left: (etaMs / 1000) * Math.min(expected.mostShare, 1 / sharedBy) };
  }

  /** What waits for something that no time can be told of leaves the end of the queue open. What is impossible fails at once. */
  #canStart(task: PlanTask): boolean {
    const verdict = this.#rules.verdict(task);
    if (verdict.kind === 'wait') this.#isKnown = false;
    return verdict.kind === 'may-run';
  }

  #play(devices: VirtualDevices, waiting: readonly PlanTask[], rest: readonly WaitingGroup[]): void {
    const queue = new VirtualQueue(waiting, WINDOW);
    while (!queue.isEmpty) {
      const { assignments } = plan({
        ...this.#moment,
        ...devices.now(),
        tasks: queue.first(),
        behind: [...queue.behind(), ...rest],
      });
      const byTask = new Map(assignments.map(({ taskId, deviceId }) => [taskId, deviceId]));
      for (const task of queue.take(new Set(byTask.keys()))) {
        const deviceId = byTask.get(task.taskId);
        if (deviceId !== undefined) devices.start(deviceId, this.#encode(task, deviceId));
      }
      if (!queue.isEmpty && !devices.advance() && assignments.length === 0) {
        this.#isKnown = false;
        return;
      }
    }
  }

  #encode({ jobId, work, amount }: Pick<PlanTask, 'jobId' | 'work' | 'amount'>, id: DeviceId): VirtualEncode {
    const pace = this.#pacesOf(work).get(id);
    if (pace === undefined) return { jobId, left: Number.POSITIVE_INFINITY, mostShare: 1 };
    const { whole, alone } = pace;
    return { jobId, left: (amount ?? this.#amounts.typical(work)) / whole, mostShare: alone / whole };
  }

  /** A device that was not measured is taken to be as fast as the measured ones of its kind. */
  #pacesOf(work: WorkId): ReadonlyMap<DeviceId, Pace> {
    const known = this.#paces.get(work);
    if (known !== undefined) return known;
    const paces = new Map<DeviceId, Pace>();
    const { works, devices } = this.#moment;
    for (const kind of ['gpu', 'cpu'] as const) {
      const able = devices.flatMap((device) => {
        const pace = device.kind === kind ? paceOf(works.get(work)?.on.get(device.id)) : UNABLE;
        return pace.whole < UNMEASURED ? [] : [{ id: device.id, pace }];
      });
      const measured = able.flatMap(({ pace }) => (pace.whole > UNMEASURED ? [pace] : []));
      if (measured.length === 0) continue;
      const whole = mean(measured.map((pace) => pace.whole));
      const alone = mean(measured.map((pace) => pace.alone));
      for (const { id, pace } of able) paces.set(id, pace.whole > UNMEASURED ? pace : { whole, alone });
    }
    this.#paces.set(work, paces);
    return paces;
  }

  #pourRest(
    doneAt: ReadonlyMap<DeviceId, number>,
    rest: readonly WaitingGroup[],
  ): ReadonlyMap<DeviceId, number> | null {
    const works: FluidWork[] = [];
    for (const { choice, work, amount } of rest) {
      if (work === null || amount === 0) continue;
      const question = { choice, work, failedOn: NOWHERE };
      const verdict = this.#rules.verdict(question);
      if (verdict.kind === 'wait') return null;
      if (verdict.kind === 'may-run') works.push({ amount, speeds: this.#speedsOn(verdict.on, question) });
    }
    return pour(doneAt, works);
  }

  #speedsOn(on: Candidates, question: Pick<PlanTask, 'choice' | 'work' | 'failedOn'>): Map<DeviceId, number> {
    const paces = this.#pacesOf(question.work);
    const speeds = new Map<DeviceId, number>();
    for (const device of this.#moment.devices) {
      const isBeside =
        on.kind === 'gpus' && on.besideGpus && device.kind === 'cpu' && device.outOfService === null;
      if (!isBeside && !this.#rules.isCandidate(on, question, device)) continue;
      const pace = paces.get(device.id);
      if (pace !== undefined) speeds.set(device.id, pace.whole);
    }
    return speeds;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
