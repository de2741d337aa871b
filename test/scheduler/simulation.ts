import type { DeviceId, JobId, TaskId } from '../../src/common/ids.ts';
import type { DeviceChoice } from '../../src/common/job.ts';
import type { Problem } from '../../src/common/problem.ts';
import { plan } from '../../src/engine/scheduler/plan.ts';
import type {
  Ability,
  Plan,
  PlanDevice,
  PlanHost,
  PlanInput,
  PlanTask,
  WaitingGroup,
} from '../../src/engine/scheduler/plan-input.ts';
import type { QueueMoment } from '../../src/engine/scheduler/queue-eta.ts';
import { SpeedBook } from '../../src/engine/scheduler/speeds.ts';
import type { WorkId } from '../../src/engine/scheduler/work.ts';
import { type DeviceTruth, EPSILON, SimulatedDevice, type SimulatedEncode } from './simulated-device.ts';
import { Agenda, WaitingLine } from './virtual-time.ts';

export interface SimulatedJob {
  readonly choice: string;
  readonly work: string;
  /** Megapixels. */
  readonly amount: number;
  /** False when its source does not tell its length. */
  readonly isAmountKnown?: boolean;
  /** Its picture is so many times as fast to encode as that of others of its class. */
  readonly ease?: number;
}

/** Something that happens to a device at a time. */
export type Incident =
  | { readonly kind: 'out-of-service'; readonly at: number; readonly device: string; readonly until: number }
  | { readonly kind: 'others'; readonly at: number; readonly device: string; readonly sessions: number };

export interface SimulationOptions {
  readonly devices: readonly DeviceTruth[];
  readonly jobs: readonly SimulatedJob[];
  readonly policy?: Partial<PlanInput['policy']>;
  /** Encodes on all GPUs of a host at once. */
  readonly gpuSessions?: number;
  readonly incidents?: readonly Incident[];
  /** At what part of itself an encode fails, by job, device and earlier tries; null when it goes well. */
  readonly failsAt?: (job: number, device: string, tries: number) => number | null;
  /** Seconds that every encode takes to start. */
  readonly startSeconds?: number;
  /** Tasks looked at per device choice. */
  readonly window?: number;
  readonly speeds?: SpeedBook;
  /** Called before each decision. */
  readonly onMoment?: (simulation: Simulation) => void;
  /** In place of `plan()`, to measure it. */
  readonly decide?: (input: PlanInput) => Plan;
}

/** An encode from its start to its end. */
export interface Run {
  readonly job: number;
  readonly device: string;
  readonly fallback: Problem | null;
  readonly from: number;
  to: number;
  outcome: 'running' | 'done' | 'failed' | 'taken-away';
}

type Happening =
  | { readonly kind: 'encode'; readonly on: SimulatedDevice; readonly version: number }
  | { readonly kind: 'incident'; readonly incident: Incident }
  | { readonly kind: 'back'; readonly on: SimulatedDevice };

const FAULT: Problem = { code: 'gpu-failed', message: 'The GPU failed.', nextStep: 'Nothing.' };
const CANNOT: Problem = { code: 'capability-missing', message: 'It cannot do this.', nextStep: 'Nothing.' };
const NOWHERE: PlanTask['failedOn'] = new Map();
const TRIES = 3;

/** The scheduler in virtual time, on devices whose true speeds it has to find out. */
export class Simulation {
  readonly jobs: readonly SimulatedJob[];
  readonly runs: Run[] = [];
  /** When each job ended, by its number. */
  readonly endedAt = new Map<number, number>();
  readonly failed = new Set<number>();
  /** By the last decision. */
  waitingFor = new Map<number, string>();
  readonly speeds: SpeedBook;
  now = 0;
  decisions = 0;
  readonly #options: SimulationOptions;
  readonly #devices: SimulatedDevice[];
  readonly #views: PlanDevice[];
  readonly #unlimitedHosts: PlanHost[];
  readonly #byId: Map<string, SimulatedDevice>;
  readonly #running = new Map<SimulatedEncode, Run>();
  readonly #works = new Map<WorkId, { id: WorkId; on: Map<DeviceId, Ability> }>();
  readonly #lines = new Map<string, WaitingLine>();
  readonly #agenda = new Agenda<Happening>();
  readonly #failedOn = new Map<number, Map<DeviceId, Problem>>();
  readonly #tries = new Map<number, number>();
  readonly #meanAmount: number;

  constructor(options: SimulationOptions) {
    const { jobs, devices, incidents = [] } = options;
    this.#options = options;
    this.jobs = jobs;
    this.speeds = options.speeds ?? new SpeedBook();
    this.#devices = devices.map((truth) => new SimulatedDevice(truth));
    this.#views = this.#devices.map(({ view }) => view);
    this.#unlimitedHosts = [...new Set(this.#views.map(({ host }) => host))].map((id) => ({
      id,
      freeGpuSessions: Number.POSITIVE_INFINITY,
    }));
    this.#byId = new Map(this.#devices.map((device) => [device.truth.id, device]));
    this.#meanAmount = jobs.reduce((sum, job) => sum + job.amount, 0) / jobs.length;
    for (const work of new Set(jobs.map((job) => job.work as WorkId))) {
      const on = this.#devices.map(
        ({ truth }) => [truth.id as DeviceId, this.#ability(truth, work)] as const,
      );
      this.#works.set(work, { id: work, on: new Map(on) });
    }
    const byChoice = Map.groupBy(jobs.keys(), (place) => jobs[place]?.choice ?? '');
    for (const [choice, places] of byChoice) this.#lines.set(choice, new WaitingLine(places));
    for (const incident of incidents) this.#agenda.add(incident.at, { kind: 'incident', incident });
  }

  get waitingCount(): number {
    return [...this.#lines.values()].reduce((sum, line) => sum + line.length, 0);
  }

  get isOver(): boolean {
    return this.endedAt.size === this.jobs.length;
  }

  /** Until all has ended, or nothing more happens by itself. Gives the virtual seconds that this took. */
  run(): number {
    this.#decide();
    while (!this.isOver && this.#agenda.size > 0) {
      this.now = this.#agenda.nextAt;
      let hasChanged = false;
      while (this.#agenda.nextAt <= this.now + EPSILON) {
        const next = this.#agenda.take();
        if (next !== undefined && this.#happen(next)) hasChanged = true;
      }
      if (hasChanged) this.#decide();
    }
    return this.now;
  }

  /** The queue as it is now, with so many tasks one by one. */
  moment(heads = 100): QueueMoment {
    const tasks = this.#firstWaiting(Math.ceil(heads / this.#lines.size));
    const first = new Set(tasks.map((task) => Number(task.taskId)));
    const groups = new Map<string, { -readonly [K in keyof WaitingGroup]: WaitingGroup[K] }>();
    for (const place of [...this.#lines.values()].flatMap((line) => line.first(line.length))) {
      const job = this.#job(place);
      if (first.has(place)) continue;
      const key = `${job.choice} ${job.work}`;
      const kind = { choice: job.choice as DeviceChoice, work: job.work as WorkId };
      const group = groups.get(key) ?? { ...kind, count: 0, amount: 0, unknownCount: 0 };
      groups.set(key, group);
      group.count += 1;
      if (job.isAmountKnown === false) group.unknownCount += 1;
      else group.amount += job.amount;
    }
    for (const device of this.#devices) device.workOff(this.now);
    const running = this.#devices.flatMap((device) =>
      device.encodes.map((encode) => {
        const job = this.#job(encode.job);
        const seconds = device.secondsLeft(encode, this.now);
        return {
          jobId: String(encode.job) as JobId,
          deviceId: device.truth.id as DeviceId,
          work: job.work as WorkId,
          etaMs: seconds === null ? null : seconds * 1000,
          amountLeft: job.isAmountKnown === false ? null : encode.left,
        };
      }),
    );
    return { ...this.#input(tasks), behind: [...groups.values()], running };
  }

  #job(place: number): SimulatedJob {
    const job = this.jobs[place];
    if (job === undefined) throw new Error(`no job ${place}`);
    return job;
  }

  #line(place: number): WaitingLine {
    const line = this.#lines.get(this.#job(place).choice);
    if (line === undefined) throw new Error(`no line for job ${place}`);
    return line;
  }

  #ability(truth: DeviceTruth, work: WorkId): Ability {
    if (truth.speeds[work] === undefined) return { kind: 'unable', reason: CANNOT };
    const speed = this.speeds.megapixelsPerSecond(truth.id as DeviceId, work);
    return {
      kind: 'able',
      megapixelsPerSecond: speed?.value ?? null,
      aloneMegapixelsPerSecond: speed?.alone ?? null,
    };
  }

  #firstWaiting(window: number): PlanTask[] {
    const places = [...this.#lines.values()].flatMap((line) => line.first(window));
    if (this.#lines.size > 1) places.sort((a, b) => a - b);
    return places.map((place) => {
      const job = this.#job(place);
      const id = String(place);
      return {
        taskId: id as TaskId,
        jobId: id as JobId,
        choice: job.choice as DeviceChoice,
        work: job.work as WorkId,
        amount: job.isAmountKnown === false ? null : job.amount,
        failedOn: this.#failedOn.get(place) ?? NOWHERE,
      };
    });
  }

  #input(tasks: readonly PlanTask[]): PlanInput {
    for (const device of this.#devices) device.look(this.now);
    return {
      tasks,
      behind: this.#behind(tasks.length),
      works: this.#works,
      devices: this.#views,
      hosts: this.#hosts(),
      policy: { onGpuFailure: 'use-cpu', cpuBesideGpus: false, ...this.#options.policy },
      devicesAreKnown: true,
      gpuNotice: null,
    };
  }

  #hosts(): PlanInput['hosts'] {
    const { gpuSessions } = this.#options;
    if (gpuSessions === undefined) return this.#unlimitedHosts;
    return this.#unlimitedHosts.map(({ id }) => {
      const gpus = this.#views.filter(({ kind, host }) => kind === 'gpu' && host === id);
      return { id, freeGpuSessions: gpuSessions - gpus.reduce((sum, { encodes }) => sum + encodes, 0) };
    });
  }

  /** Where all jobs are of one kind: what waits behind those that are looked at, by the mean of all. */
  #behind(looked: number): WaitingGroup[] {
    const count = this.waitingCount - looked;
    if (count <= 0 || this.#works.size > 1 || this.#lines.size > 1) return [];
    const { choice, work } = this.#job(0);
    const amount = count * this.#meanAmount;
    return [{ choice: choice as DeviceChoice, work: work as WorkId, count, amount, unknownCount: 0 }];
  }

  #decide(): void {
    this.#options.onMoment?.(this);
    for (;;) {
      const tasks = this.#firstWaiting(this.#options.window ?? 32);
      if (tasks.length === 0) return;
      const { assignments, waiting, impossible } = (this.#options.decide ?? plan)(this.#input(tasks));
      this.decisions += 1;
      this.waitingFor = new Map(waiting.map(({ jobId, waitingFor }) => [Number(jobId), waitingFor]));
      for (const { taskId, deviceId, fallback } of assignments)
        this.#start(Number(taskId), deviceId, fallback);
      for (const { taskId } of impossible) this.#fail(Number(taskId));
      if (assignments.length + impossible.length === 0) return;
    }
  }

  #start(place: number, deviceId: DeviceId, fallback: Problem | null): void {
    const job = this.#job(place);
    const on = this.#byId.get(deviceId);
    const speed = on?.truth.speeds[job.work];
    if (on === undefined || speed === undefined) throw new Error(`job ${place} cannot run on ${deviceId}`);
    this.#line(place).remove(place);
    on.workOff(this.now);
    const failsAt = this.#options.failsAt?.(place, deviceId, this.#tries.get(place) ?? 0) ?? null;
    const learned = this.speeds.megapixelsPerSecond(deviceId, job.work as WorkId);
    const isExpected = learned !== null && job.isAmountKnown !== false;
    const encode: SimulatedEncode = {
      job: place,
      startedAt: this.now,
      startLeft: this.#options.startSeconds ?? 0,
      left: job.amount,
      failsAtLeft: failsAt === null ? null : job.amount * (1 - failsAt),
      speed: speed * (job.ease ?? 1),
      expectedSeconds: isExpected ? (job.amount / learned.value) * (on.encodes.length + 1) : null,
      area: 0,
    };
    const run: Run = {
      job: place,
      device: deviceId,
      fallback,
      from: this.now,
      to: Number.POSITIVE_INFINITY,
      outcome: 'running',
    };
    on.encodes.push(encode);
    this.runs.push(run);
    this.#running.set(encode, run);
    this.#lookAhead(on);
  }

  #lookAhead(on: SimulatedDevice): void {
    const at = on.lookAhead(this.now);
    if (Number.isFinite(at)) this.#agenda.add(at, { kind: 'encode', on, version: on.version });
  }

  /** Whether anything came of it. */
  #happen(what: Happening): boolean {
    switch (what.kind) {
      case 'encode': {
        if (what.version !== what.on.version) return false;
        what.on.workOff(this.now);
        const ended = what.on.takeEnded();
        for (const encode of ended) this.#end(encode, what.on);
        this.#lookAhead(what.on);
        return ended.length > 0;
      }
      case 'back':
        what.on.setOutOfService(null);
        return true;
      case 'incident':
        this.#strike(what.incident);
        return true;
    }
  }

  #strike(incident: Incident): void {
    const on = this.#byId.get(incident.device);
    if (on === undefined) throw new Error(`no device ${incident.device}`);
    on.workOff(this.now);
    if (incident.kind === 'others') {
      on.others = incident.sessions;
    } else {
      on.setOutOfService(FAULT);
      for (const encode of on.encodes) {
        this.#close(encode, 'taken-away');
        this.#line(encode.job).putBack(encode.job);
      }
      on.encodes = [];
      this.#agenda.add(incident.until, { kind: 'back', on });
    }
    this.#lookAhead(on);
  }

  #close(encode: SimulatedEncode, outcome: Run['outcome']): Run {
    const run = this.#running.get(encode);
    if (run === undefined) throw new Error('an encode without a run');
    this.#running.delete(encode);
    run.to = this.now;
    run.outcome = outcome;
    return run;
  }

  #end(encode: SimulatedEncode, on: SimulatedDevice): void {
    const { job: place, failsAtLeft, area } = encode;
    const deviceId = on.truth.id as DeviceId;
    const { from, to } = this.#close(encode, failsAtLeft === null ? 'done' : 'failed');
    if (failsAtLeft !== null) {
      const failedOn = this.#failedOn.get(place) ?? new Map<DeviceId, Problem>();
      this.#failedOn.set(place, failedOn.set(deviceId, FAULT));
      const tries = (this.#tries.get(place) ?? 0) + 1;
      this.#tries.set(place, tries);
      this.#line(place).putBack(place);
      if (tries >= TRIES) this.#fail(place);
      return;
    }
    this.endedAt.set(place, this.now);
    const { work: name, amount } = this.#job(place);
    const work = name as WorkId;
    const seconds = to - from;
    this.speeds.record({ deviceId, work, amount, seconds, sharedBy: Math.max(1, area / seconds) });
    this.#works.get(work)?.on.set(deviceId, this.#ability(on.truth, work));
  }

  #fail(place: number): void {
    this.#line(place).remove(place);
    this.failed.add(place);
    this.endedAt.set(place, this.now);
  }
}
