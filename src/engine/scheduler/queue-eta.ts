import type { DeviceId, JobId } from '../../common/ids.ts';
import { type Candidates, DeviceRules } from './candidates.ts';
import { type FluidWork, pour } from './fluid-rest.ts';
import type { PlanTask, WaitingGroup } from './plan-input.ts';
import { plan } from './plan-tasks.ts';
import { firstOfBehind, QueueAmounts } from './queue-amounts.ts';
import type { QueueMoment, RunningEncode } from './queue-moment.ts';
import { VirtualDevices } from './virtual-devices.ts';
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
const WINDOW = 16;
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
  readonly #speeds = new Map<WorkId, ReadonlyMap<DeviceId, number>>();
  readonly #ends = new Map<JobId, number>();
  #isKnown = true;

  constructor(moment: QueueMoment) {
    this.#moment = moment;
    this.#rules = new DeviceRules(moment);
    this.#amounts = new QueueAmounts(moment);
  }

  run(): QueueEta {
    const { first, rest } = firstOfBehind(this.#moment.behind ?? [], this.#amounts, PLAYED);
    const devices = this.#virtualDevices();
    const pending = [...this.#moment.tasks, ...first].filter((task) => this.#canStart(task));
    this.#play(devices, pending, rest);
    const doneAt = devices.drain();
    const levels = this.#pourRest(doneAt, rest);
    const seconds = levels === null ? Number.NaN : Math.max(0, ...levels.values());
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
      [...byDevice].map(([deviceId, all]) => [
        deviceId,
        all.map((encode) => ({ jobId: encode.jobId, left: this.#secondsLeft(encode, all.length) })),
      ]),
    );
    return new VirtualDevices(devices, hosts, encodes, (jobId, at) => this.#ends.set(jobId, at));
  }

  /** Of the whole device, which `shared` encodes share. */
  #secondsLeft({ etaMs, amountLeft, work, deviceId }: RunningEncode, shared: number): number {
    if (etaMs !== null) return etaMs / 1000 / shared;
    if (work === null) return Number.POSITIVE_INFINITY;
    return this.#secondsFor({ work, amount: amountLeft }, deviceId);
  }

  /** What waits for something that no time can be told of leaves the end of the queue open. What is impossible fails at once. */
  #canStart(task: PlanTask): boolean {
    const verdict = this.#rules.verdict(task);
    if (verdict.kind === 'wait') this.#isKnown = false;
    return verdict.kind === 'may-run';
  }

  #play(devices: VirtualDevices, all: readonly PlanTask[], rest: readonly WaitingGroup[]): void {
    let pending = all;
    while (pending.length > 0) {
      const { assignments } = plan({
        ...this.#moment,
        ...devices.now(),
        tasks: firstOfEach(pending),
        behind: rest,
      });
      const byTask = new Map(assignments.map(({ taskId, deviceId }) => [taskId, deviceId]));
      for (const task of pending) {
        const deviceId = byTask.get(task.taskId);
        if (deviceId !== undefined) devices.start(deviceId, task.jobId, this.#secondsFor(task, deviceId));
      }
      pending = pending.filter(({ taskId }) => !byTask.has(taskId));
      if (pending.length > 0 && !devices.advance()) {
        if (assignments.length > 0) continue;
        this.#isKnown = false;
        return;
      }
    }
  }

  #secondsFor({ work, amount }: Pick<PlanTask, 'work' | 'amount'>, deviceId: DeviceId): number {
    const speed = this.#speedsOf(work).get(deviceId);
    return speed === undefined ? Number.POSITIVE_INFINITY : (amount ?? this.#amounts.typical(work)) / speed;
  }

  /** A device that was not measured is taken to be as fast as the measured ones of its kind. */
  #speedsOf(work: WorkId): ReadonlyMap<DeviceId, number> {
    const known = this.#speeds.get(work);
    if (known !== undefined) return known;
    const speeds = new Map<DeviceId, number>();
    const { works, devices } = this.#moment;
    for (const kind of ['gpu', 'cpu'] as const) {
      const able = devices.flatMap((device) => {
        const ability = works.get(work)?.on.get(device.id);
        return device.kind === kind && ability?.kind === 'able'
          ? [{ id: device.id, speed: ability.megapixelsPerSecond }]
          : [];
      });
      const measured = able.flatMap(({ speed }) => (speed === null ? [] : [speed]));
      if (measured.length === 0) continue;
      const mean = measured.reduce((sum, speed) => sum + speed, 0) / measured.length;
      for (const { id, speed } of able) speeds.set(id, speed ?? mean);
    }
    this.#speeds.set(work, speeds);
    return speeds;
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
    const all = this.#speedsOf(question.work);
    const speeds = new Map<DeviceId, number>();
    for (const device of this.#moment.devices) {
      const isBeside =
        on.kind === 'gpus' && on.besideGpus && device.kind === 'cpu' && device.outOfService === null;
      if (!isBeside && !this.#rules.isCandidate(on, question, device)) continue;
      const speed = all.get(device.id);
      if (speed !== undefined) speeds.set(device.id, speed);
    }
    return speeds;
  }
}

/** The first tasks of each kind, in order: more would only make the plan look at what cannot start yet. */
function firstOfEach(tasks: readonly PlanTask[]): PlanTask[] {
  const seen = new Map<string, number>();
  return tasks.filter(({ choice, work }) => {
    const kind = `${work} ${choice}`;
    const count = seen.get(kind) ?? 0;
    seen.set(kind, count + 1);
    return count < WINDOW;
  });
}
