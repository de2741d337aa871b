import { setTimeout as sleep } from 'node:timers/promises';
import { assertNever } from '../../common/assert-never.ts';
import { CPU_DEVICE_ID, type DeviceId, type JobId, type TaskId } from '../../common/ids.ts';
import type { Progress } from '../../common/job.ts';
import { type Problem, toProblem } from '../../common/problem.ts';
import { summarizeSource } from '../media/source-summary.ts';
import type { Lease, RunnableTask } from '../queue/records.ts';
import { runEncode } from '../tasks/encode-task.ts';
import { runInspect } from '../tasks/inspect-task.ts';
import type { TaskContext, TaskRun } from '../tasks/task-context.ts';
import { TaskControl } from '../tasks/task-control.ts';
import type { TaskOutcome } from '../tasks/task-outcome.ts';
import { DeviceUse } from './device-use.ts';
import { plan } from './plan.ts';
import type { PlanInput, WaitingGroup } from './plan-input.ts';
import { planInput, type Situation, workOfTask } from './plan-situation.ts';
import { lookAhead } from './queue-forecast.ts';
import { type RunningTask, RunningTasks } from './running-tasks.ts';
import type { SpeedBook } from './speeds.ts';
import { type WorkId, workOf } from './work.ts';

/** Sources read at once. Reading is cheap; more would only take cores from the encodes. */
const INSPECTIONS_AT_ONCE = 2;
/** With this many jobs ready to encode, reading further ahead waits for an idle moment. */
const ENOUGH_READY = 32;
/** A task that was stopped and has not ended by then is left behind. */
const STOP_WITHIN_MS = 15_000;
/** Tasks looked at per turn and device choice, beyond one for each free slot. */
const PLAN_WINDOW = 32;
const BEHIND_GOOD_FOR_MS = 5_000;

export interface DispatcherOptions {
  /** Only these jobs are worked on, and those that `include` adds; null for the whole queue. */
  readonly onlyJobs: ReadonlySet<JobId> | null;
  /** How fast devices are at what; learns from every encode that ends well. */
  readonly speeds: SpeedBook;
  /** A speed was learned. */
  readonly onLearned: (deviceId: DeviceId, work: WorkId) => void;
  readonly onFault: (error: unknown) => void;
}

/** Applies the plan: claims tasks, runs them, and writes how they ended. The only place that starts work. */
export class Dispatcher {
  readonly #context: TaskContext;
  readonly #report: TaskContext['onProgress'];
  readonly #options: DispatcherOptions;
  readonly #onlyJobs: Set<JobId> | null;
  readonly #running = new RunningTasks();
  readonly #use = new DeviceUse();
  readonly #reserved = new Map<DeviceId, Problem>();
  readonly #delays = new Set<NodeJS.Timeout>();
  #behindNow: readonly WaitingGroup[] = [];
  #behindAtMs = Number.NEGATIVE_INFINITY;
  #isStarted = false;
  #isPausedNow = false;
  #turnIsDue = false;

  constructor(context: TaskContext, options: DispatcherOptions) {
    this.#context = { ...context, onProgress: (id, progress) => this.#moved(id, progress) };
    this.#report = context.onProgress;
    this.#options = options;
    this.#onlyJobs = options.onlyJobs === null ? null : new Set(options.onlyJobs);
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** What is decided from, for whoever looks ahead. */
  get situation(): Situation {
    return {
      context: this.#context,
      running: this.#running,
      speeds: this.#options.speeds,
      reserved: this.#reserved,
      onlyJobs: this.#onlyJobs,
    };
  }

  start(): void {
    this.#isStarted = true;
    this.#isPausedNow = this.#context.store.isPaused;
    this.wake();
  }

  /** Starts nothing more and resolves when all that runs has ended. */
  async finish(): Promise<void> {
    this.#isStarted = false;
    while (this.#running.size > 0) await Promise.all(this.#running.all().map((r) => r.ended));
  }

  /** Ends what runs and gives it back to the queue. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    for (const timer of this.#delays) clearTimeout(timer);
    this.#delays.clear();
    const all = this.#running.all();
    for (const { control } of all) control.stop();
    // What hangs in the system keeps its lease, which the next start finds.
    await Promise.race([
      Promise.all(all.map((r) => r.ended)),
      sleep(STOP_WITHIN_MS, undefined, { ref: false }),
    ]);
  }

  /** Something changed: look for work soon. Cheap to call often. */
  wake(): void {
    if (this.#turnIsDue || !this.#isStarted) return;
    this.#turnIsDue = true;
    setImmediate(() => {
      this.#turnIsDue = false;
      if (!this.#isStarted) return;
      try {
        this.#turn();
      } catch (error) {
        this.#options.onFault(error);
      }
    });
  }

  /** Whoever adds or wakes a job here counts on this engine to do it, also where it was started for others only. */
  include(jobIds: Iterable<JobId>): void {
    if (this.#onlyJobs !== null) for (const id of jobIds) this.#onlyJobs.add(id);
    this.wake();
  }

  /** Makes running processes follow what the queue says now: stand still, go on, or end. */
  follow(leases: readonly Lease[]): void {
    for (const lease of leases) {
      const running = this.#running.get(lease.taskId);
      if (running === undefined) continue;
      const status = this.#context.store.job(lease.jobId)?.status;
      if (status === 'running' || status === 'paused') this.#applySuspension(running, status === 'paused');
      else running.control.stop();
    }
    this.wake();
  }

  /** With `now`, what runs stands still until the queue goes on; otherwise it runs to its end. */
  setQueuePaused(isPaused: boolean, now: boolean): void {
    this.#isPausedNow = isPaused && now;
    for (const running of this.#running.all()) {
      this.#applySuspension(running, this.#context.store.job(running.lease.jobId)?.status === 'paused');
    }
    this.wake();
  }

  /** Resolves when none of the jobs' tasks runs any more. */
  async ended(jobIds: ReadonlySet<JobId>): Promise<void> {
    const all = this.#running.all().filter((r) => jobIds.has(r.lease.jobId));
    await Promise.all(all.map((r) => r.ended));
  }

  /**
   * Keeps a device free: starts nothing more on it, and resolves when what runs there has ended.
   * @param why shown for the device meanwhile
   */
  async reserve(deviceId: DeviceId, why: Problem, signal: AbortSignal): Promise<{ release(): void }> {
    this.#reserved.set(deviceId, why);
    const release = () => {
      this.#reserved.delete(deviceId);
      this.wake();
    };
    try {
      for (;;) {
        const encodes = this.#running.encodesOn(deviceId);
        if (encodes.length === 0) return { release };
        const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        await Promise.race([Promise.all(encodes.map((encode) => encode.ended)), aborted]);
        signal.throwIfAborted();
      }
    } catch (error) {
      release();
      throw error;
    }
  }

  #applySuspension(running: RunningTask, jobIsPaused: boolean): void {
    if (running.lease.kind === 'inspect') return;
    const shouldStand = jobIsPaused || this.#isPausedNow;
    // Where a process cannot stand still (Windows) it is ended, and starts over when the job goes on.
    if (!running.control.setSuspended(shouldStand)) running.control.stop();
    this.#reportSessions(running.lease.deviceId);
  }

  #turn(): void {
    this.#startEncodes();
    this.#startInspections();
  }

  #startInspections(): void {
    const { store, registry } = this.#context;
    // Without an ffprobe nothing can be read; whether there is one is known once the builds are.
    if (registry.builds().length === 0 && !registry.isSettled) return;
    const running = this.#running.all();
    let free = INSPECTIONS_AT_ONCE - running.filter((r) => r.lease.kind === 'inspect').length;
    if (free <= 0) return;
    const isEncoding = running.some((r) => r.lease.kind !== 'inspect' && !r.control.isSuspended);
    if (isEncoding && store.runnable(['encode'], ENOUGH_READY, this.#onlyJobs).length >= ENOUGH_READY) return;
    for (const task of store.runnable(['inspect'], free, this.#onlyJobs)) {
      if (free === 0) return;
      if (this.#claim(task, CPU_DEVICE_ID, null)) free -= 1;
    }
  }

  #startEncodes(): void {
    const { store, registry } = this.#context;
    if (store.isPaused) return;
    const { devices } = registry.list();
    const free = devices.reduce((sum, { id }) => sum + Math.max(0, registry.room(id).free), 0);
    const window = free + PLAN_WINDOW;
    const tasks = store.runnable(['encode'], window, this.#onlyJobs);
    if (tasks.length === 0) return;
    const input = planInput(this.situation, tasks, tasks.length < window ? [] : this.#behind());
    const { assignments, waiting, impossible } = plan(input);
    const byId = new Map(tasks.map((task) => [task.id, task]));
    for (const { taskId, deviceId, fallback } of assignments) {
      const task = byId.get(taskId);
      if (task !== undefined)
        this.#claim(task, deviceId, fallback, this.#expectedMs(input, taskId, deviceId));
    }
    for (const { taskId, problem } of impossible) store.failTask(taskId, { error: problem, exitCode: null });
    for (const { jobId, waitingFor } of waiting) store.setWaitingFor(jobId, waitingFor);
  }

  /** What waits behind the first tasks: sums that may be a few seconds old. */
  #behind(): readonly WaitingGroup[] {
    const nowMs = performance.now();
    if (nowMs - this.#behindAtMs > BEHIND_GOOD_FOR_MS) {
      this.#behindNow = lookAhead(this.situation).behind;
      this.#behindAtMs = nowMs;
    }
    return this.#behindNow;
  }

  /** How long the encode will take beside what runs on the device; null where nothing is known of its kind. */
  #expectedMs({ tasks, works }: PlanInput, taskId: TaskId, deviceId: DeviceId): number | null {
    const task = tasks.find((one) => one.taskId === taskId);
    const ability = task === undefined ? undefined : works.get(task.work)?.on.get(deviceId);
    if (task?.amount == null || ability?.kind !== 'able' || ability.megapixelsPerSecond === null) return null;
    const sharedBy = this.#running.encodesOn(deviceId, { countSuspended: false }).length + 1;
    return (task.amount / ability.megapixelsPerSecond) * sharedBy * 1000;
  }

  #claim(
    task: RunnableTask,
    deviceId: DeviceId,
    fallback: Problem | null,
    expectedMs: number | null = null,
  ): boolean {
    const { store, registry } = this.#context;
    // A run of the same job that was cancelled is still clearing up after itself.
    if (this.#running.ofJob(task.jobId) !== undefined) return false;
    const name = registry.list().devices.find((device) => device.id === deviceId)?.name ?? deviceId;
    const lease = store.claim(task.id, deviceId, { name, fallback });
    if (lease === null) return false;
    const job = store.job(lease.jobId);
    if (job === null) return false;
    const control = new TaskControl();
    const run: TaskRun = { lease, job, recipe: store.recipe(lease.jobId), control };
    const ended = this.#run(run).finally(() => {
      this.#running.delete(lease.taskId);
      this.#reportSessions(deviceId);
      this.wake();
    });
    const startedAtMs = performance.now();
    const work = lease.kind === 'inspect' ? null : workOfTask(this.situation, task);
    this.#running.add({ lease, control, startedAtMs, work, expectedMs, progress: null, ended });
    this.#reportSessions(deviceId);
    return true;
  }

  #moved(jobId: JobId, progress: Progress): void {
    const running = this.#running.ofJob(jobId);
    if (running === undefined) return;
    running.progress = progress;
    const etaMs = this.#running.remainingMs(running, performance.now());
    this.#report(jobId, { ...progress, etaMs });
  }

  #reportSessions(deviceId: DeviceId): void {
    this.#context.registry.setSessions(deviceId, this.#running.encodesOn(deviceId).length);
    const moving = this.#running.encodesOn(deviceId, { countSuspended: false });
    this.#use.set(deviceId, moving.length, performance.now());
  }

  /** Never rejects: a fault in writing the outcome leaves the lease to the next start. */
  async #run(run: TaskRun): Promise<void> {
    const { store } = this.#context;
    const { deviceId } = run.lease;
    const mark = this.#use.mark(deviceId, performance.now());
    try {
      const work = run.lease.kind === 'inspect' ? runInspect : runEncode;
      const outcome = await work(this.#context, run).catch((error: unknown): TaskOutcome => {
        this.#options.onFault(error);
        return { kind: 'failed', error: toProblem(error), exitCode: null };
      });
      if (outcome.kind === 'done' && !run.control.wasSuspended) {
        this.#learn(
          run,
          outcome.metadata.processingTimeSeconds,
          this.#use.meanSince(deviceId, mark, performance.now()),
        );
      }
      await this.#settle(run, outcome);
      // What a cancelled run could have left is gone by now.
      store.forgetLeftover(run.lease.taskId);
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  async #settle(run: TaskRun, outcome: TaskOutcome): Promise<void> {
    const { store, host } = this.#context;
    const { lease } = run;
    switch (outcome.kind) {
      case 'inspected':
        store.finishInspect(lease.taskId, {
          info: outcome.info,
          summary: summarizeSource(outcome.info),
          work: workOf(run.recipe.preset, outcome.info),
          next: [{ kind: 'encode', dependsOnPrevious: false }],
        });
        return;
      case 'done':
        if (!store.finishJob(lease.taskId, outcome)) {
          // Cancelled in the moment between the final name and this line: a cancelled job leaves no output.
          if (run.recipe.output.onExisting !== 'overwrite')
            await host.files.remove(outcome.output.path).catch(() => {});
        }
        return;
      case 'failed':
        store.failTask(lease.taskId, { error: outcome.error, exitCode: outcome.exitCode });
        return;
      case 'skipped':
        store.skipJob(lease.taskId, outcome.error);
        return;
      case 'requeue':
        if (outcome.error?.code === 'session-limit') this.#context.registry.sessionRefused(lease.deviceId);
        store.requeueTask(lease.taskId, {
          error: outcome.error,
          countsAsAttempt: outcome.countsAsAttempt,
          exitCode: outcome.exitCode,
          ...(outcome.delayMs > 0 ? { notBefore: new Date(Date.now() + outcome.delayMs).toISOString() } : {}),
        });
        if (outcome.delayMs > 0) this.#wakeAfter(outcome.delayMs);
        return;
      case 'stopped':
        store.abandonLease(lease);
        return;
      default:
        assertNever(outcome);
    }
  }

  #learn({ lease }: TaskRun, seconds: number, sharedBy: number): void {
    const work = this.#running.get(lease.taskId)?.work;
    if (work?.amount == null) return;
    const { deviceId } = lease;
    this.#options.speeds.record({ deviceId, work: work.id, amount: work.amount, seconds, sharedBy });
    this.#options.onLearned(deviceId, work.id);
  }

  #wakeAfter(delayMs: number): void {
    const timer = setTimeout(() => {
      this.#delays.delete(timer);
      this.wake();
    }, delayMs);
    timer.unref();
    this.#delays.add(timer);
  }
}
