import type { DeviceId, JobId } from '../../common/ids.ts';
import type { Problem } from '../../common/problem.ts';
import { type Candidates, DeviceRules, freeSessionOn } from './candidates.ts';
import { type Choice, comesFirst, OpenDevices } from './open-devices.ts';
import type { Plan, PlanInput, PlanTask, PlanWork, WaitingGroup } from './plan-input.ts';
import { CPU_IS_SOONER, keptFor } from './plan-text.ts';
import { Room, UNMEASURED } from './room.ts';

/**
 * Which task starts on which device now. Pure: the same input gives the same plan, with no clock and no I/O.
 *
 * Tasks are placed in the order in which they come, each on the free device that is expected to finish it first. A task is
 * kept for a faster device that is full where that one is expected to finish it sooner still, with all that was kept for it
 * before. The last tasks of a queue are also kept for a device that is no faster but has less to do than one with a slot free
 * beside running encodes, so that all devices end together. Both can only be said of measured speeds; otherwise no device
 * stays idle while a task waits that it may do.
 */
export function plan(input: PlanInput): Plan {
  return new Planning(input).plan();
}

/** A task that waits though it may run on devices here. */
interface Waiting {
  readonly task: PlanTask;
  readonly on: Candidates;
}

/** A device counts as faster from so many times the speed on; below that it may be chance. */
const FASTER = 1.2;
const NOWHERE: ReadonlyMap<DeviceId, Problem> = new Map();
const ON_CPU: Candidates = { kind: 'cpus', fallback: CPU_IS_SOONER };

class Planning {
  readonly #input: PlanInput;
  /** What waits behind the tasks of the plan. */
  readonly #behind: readonly WaitingGroup[];
  readonly #rules: DeviceRules;
  readonly #room: Room;
  readonly #openOn = new Map<Candidates, Map<PlanWork, OpenDevices>>();
  readonly #assignments: Plan['assignments'][number][] = [];
  readonly #waiting = new Map<JobId, string>();
  readonly #impossible: Plan['impossible'][number][] = [];
  /** Tasks that wait for a full device, and are not yet counted on one. */
  #unbooked: Waiting[] = [];
  /** Tasks that wait though a slower device is free. */
  readonly #kept: Waiting[] = [];

  constructor(input: PlanInput) {
    this.#input = input;
    this.#behind = (input.behind ?? []).filter(({ count }) => count > 0);
    this.#rules = new DeviceRules(input);
    this.#room = new Room(input);
  }

  plan(): Plan {
    for (const task of this.#input.tasks) {
      const verdict = this.#rules.verdict(task);
      switch (verdict.kind) {
        case 'may-run':
          this.#place({ task, on: verdict.on });
          break;
        case 'wait':
          this.#waiting.set(task.jobId, verdict.waitingFor);
          break;
        case 'impossible':
          this.#impossible.push({ taskId: task.taskId, problem: verdict.problem });
          break;
      }
    }
    this.#startForThoseBehind();
    return {
      assignments: this.#assignments,
      waiting: [...this.#waiting].map(([jobId, waitingFor]) => ({ jobId, waitingFor })),
      impossible: this.#impossible,
    };
  }

  #place(waiting: Waiting): void {
    const { task, on } = waiting;
    if (this.#room.openCount === 0) {
      this.#waiting.set(task.jobId, this.#freeSessionOn(on));
      return;
    }
    if (this.#isCpuSooner(waiting)) return;
    const open = this.#open(waiting);
    const best = open.best(task.amount);
    if (best === null) {
      this.#waiting.set(task.jobId, this.#freeSessionOn(on));
      this.#unbooked.push(waiting);
      if (on.kind === 'gpus' && on.besideGpus) this.#kept.push(waiting);
      return;
    }
    const sooner = this.#soonerElsewhere(waiting, best);
    // Of a free device that was not measured nobody knows that it is slower: it is tried.
    const start = sooner === null ? best : open.bestUntried(task.amount);
    if (sooner === null || start !== null) {
      if (start !== null) this.#assign(task, start, on.kind === 'cpus' ? on.fallback : null);
      return;
    }
    this.#room.book(sooner.index, (task.amount ?? Number.NaN) / sooner.speed);
    const fast = this.#room.devices[sooner.index];
    this.#waiting.set(task.jobId, fast === undefined ? this.#freeSessionOn(on) : keptFor(fast));
    this.#kept.push(waiting);
  }

  #freeSessionOn(on: Candidates): string {
    return freeSessionOn(on, (device) => this.#room.hasSlot(device));
  }

  #assign(task: PlanTask, { index, speed }: Choice, fallback: Problem | null): void {
    const device = this.#room.devices[index];
    if (device === undefined) return;
    this.#assignments.push({ taskId: task.taskId, deviceId: device.id, fallback });
    const seconds = task.amount === null || speed <= UNMEASURED ? Number.NaN : task.amount / speed;
    this.#room.take(index, seconds);
  }

  #work(task: Pick<PlanTask, 'work'>): PlanWork {
    const work = this.#input.works.get(task.work);
    if (work === undefined) throw new Error(`nothing is said about work of class ${task.work}`);
    return work;
  }

  /** The free devices among the candidates. */
  #open({ task, on }: Waiting): OpenDevices {
    const work = this.#work(task);
    if (task.failedOn.size > 0) return this.#lookForOpen(task, on, work);
    const known = this.#openOn.get(on)?.get(work);
    if (known !== undefined) return known;
    const open = this.#lookForOpen(task, on, work);
    const byWork = this.#openOn.get(on) ?? new Map<PlanWork, OpenDevices>();
    this.#openOn.set(on, byWork.set(work, open));
    return open;
  }

  #lookForOpen(task: PlanTask, on: Candidates, work: PlanWork): OpenDevices {
    const room = this.#room;
    const places = room.candidates.filter((index) => room.isOpen(index) && this.#mayRun(task, on, index));
    return new OpenDevices(room, room.paces(work), places);
  }

  #mayRun(task: PlanTask, on: Candidates, index: number): boolean {
    const device = this.#room.devices[index];
    if (device === undefined || !this.#rules.isAllowed(on, task, device)) return false;
    return this.#room.paces(this.#work(task)).isAble(index);
  }

  /** A device that is full and still expected to finish the task before the free one would. */
  #soonerElsewhere({ task, on }: Waiting, free: Choice): Choice | null {
    if (on.kind === 'named' || task.amount === null || free.speed <= UNMEASURED) return null;
    this.#bookThoseBefore();
    const aboveSpeed = this.#behind.length === 0 ? UNMEASURED : free.speed * FASTER;
    return this.#soonestFull(task, on, aboveSpeed, free.finishSeconds);
  }

  #isFirst(a: number, b: number): boolean {
    return comesFirst(this.#room.devices[a], this.#room.devices[b]);
  }

  #soonestFull(task: PlanTask, on: Candidates, aboveSpeed: number, before: number): Choice | null {
    const room = this.#room;
    const paces = room.paces(this.#work(task));
    let best: Choice | null = null;
    let bestFinish = before;
    for (const index of room.sample().places) {
      if (room.isOpen(index)) continue;
      const speed = paces.whole(index);
      if (speed <= aboveSpeed) continue;
      const finishSeconds = room.finishAfterOthers(index, paces.alone(index), task.amount);
      const isSooner =
        finishSeconds < bestFinish ||
        (best !== null && finishSeconds === bestFinish && this.#isFirst(index, best.index));
      if (!isSooner || !this.#mayRun(task, on, index)) continue;
      best = { index, speed, finishSeconds };
      bestFinish = finishSeconds;
    }
    return best;
  }

  /** Counts tasks that wait for a full device on the one that is expected to take them, so that it looks as busy as it is. */
  #bookThoseBefore(): void {
    const unbooked = this.#unbooked;
    this.#unbooked = [];
    for (const { task, on } of unbooked) {
      const soonest = this.#soonestFull(task, on, UNMEASURED, Number.POSITIVE_INFINITY);
      if (soonest !== null) this.#room.book(soonest.index, (task.amount ?? Number.NaN) / soonest.speed);
      else this.#bookUnknown(task, on);
    }
  }

  /** Some device will take it, for who knows how long: the one that is free first is not counted on any more. */
  #bookUnknown(task: PlanTask, on: Candidates): void {
    const room = this.#room;
    let first: number | null = null;
    for (const index of room.sample().places) {
      if (room.isOpen(index) || Number.isNaN(room.busySeconds(index)) || !this.#mayRun(task, on, index))
        continue;
      const later = first === null ? 1 : room.busySeconds(first) - room.busySeconds(index);
      if (first === null || later > 0 || (later === 0 && this.#isFirst(index, first))) first = index;
    }
    if (first !== null) room.book(first, Number.NaN);
  }

  /** Beside working GPUs the CPU is given only what it is known to have done before any of them would. */
  #isCpuSooner(waiting: Waiting): boolean {
    const { task, on } = waiting;
    if (on.kind !== 'gpus' || !on.besideGpus || task.amount === null) return false;
    const cpu = this.#open({ task, on: ON_CPU }).best(task.amount);
    if (cpu === null || cpu.speed <= UNMEASURED) return false;
    this.#bookThoseBefore();
    if (!(cpu.finishSeconds < this.#soonestOf(task, on))) return false;
    this.#assign(task, cpu, CPU_IS_SOONER);
    return true;
  }

  /** When the first of the candidates would have it done; NaN when that is not known of all of them. */
  #soonestOf(task: PlanTask, on: Candidates): number {
    const room = this.#room;
    const paces = room.paces(this.#work(task));
    let soonest = Number.POSITIVE_INFINITY;
    for (const index of new Set([...room.candidates, ...room.sample().places])) {
      if (!this.#mayRun(task, on, index)) continue;
      const pace = { whole: paces.whole(index), alone: paces.alone(index) };
      if (pace.whole <= UNMEASURED) return Number.NaN;
      const finish = room.isOpen(index)
        ? room.finishSeconds(index, pace, task.amount)
        : room.finishAfterOthers(index, pace.alone, task.amount);
      if (Number.isNaN(finish)) return Number.NaN;
      soonest = Math.min(soonest, finish);
    }
    return soonest;
  }

  /**
   * The tasks looked at may be fewer than the faster devices would finish sooner, while many more wait behind them. Then the
   * last of those that were kept starts on the free device, in the place of one further behind.
   */
  #startForThoseBehind(): void {
    if (this.#behind.length === 0) return;
    for (const waiting of this.#kept.toReversed()) {
      if (this.#room.openCount === 0) return;
      const { task, on } = waiting;
      const open = this.#open(waiting).best(task.amount);
      const isOnCpu = open === null && on.kind === 'gpus' && on.besideGpus;
      const free = isOnCpu ? this.#open({ task, on: ON_CPU }).best(task.amount) : open;
      if (free === null || free.speed <= UNMEASURED) continue;
      this.#bookThoseBefore();
      if (isOnCpu && Number.isNaN(this.#soonestOf(task, on))) continue;
      if (!this.#takesLonger(waiting, free.finishSeconds)) return;
      this.#waiting.delete(task.jobId);
      this.#assign(task, free, isOnCpu ? CPU_IS_SOONER : on.kind === 'cpus' ? on.fallback : null);
    }
  }

  /** Whether the full devices that a task is kept for will be busy for so many seconds with those that wait behind. */
  #takesLonger({ task, on }: Waiting, seconds: number): boolean {
    const room = this.#room;
    const { places, each } = room.sample();
    const full = places.filter((index) => !room.isOpen(index) && this.#mayRun(task, on, index));
    const totalSpeed = (work: PlanWork): number =>
      full.reduce((sum, index) => sum + Math.max(0, room.paces(work).whole(index)), 0);
    const work = this.#work(task);
    let spare = 0;
    for (const index of full) {
      const speed = room.paces(work).whole(index);
      const free = seconds - room.busySeconds(index);
      if (speed > UNMEASURED && free > 0) spare += free * speed;
    }
    let needed = 0;
    for (const { work: itsWork, ...group } of this.#behind) {
      if (itsWork === null) continue;
      const verdict = this.#rules.verdict({ choice: group.choice, work: itsWork, failedOn: NOWHERE });
      if (verdict.kind !== 'may-run' || verdict.on.kind !== on.kind) continue;
      const known = group.count - group.unknownCount;
      const speed = totalSpeed(this.#work({ work: itsWork }));
      if (known > 0 && speed > 0) needed += ((group.amount / known) * group.count) / (speed * each);
    }
    return needed * totalSpeed(work) > spare;
  }
}
