import { setTimeout as sleep } from 'node:timers/promises';
import { assertNever } from '../../common/assert-never.ts';
import type { DeviceId, JobId } from '../../common/ids.ts';
import { type Problem, toProblem } from '../../common/problem.ts';
import { isGpuFault } from '../media/classify-failure.ts';
import { summarizeSource } from '../media/source-summary.ts';
import type { Lease, RunnableTask } from '../queue/records.ts';
import { runEncode } from '../tasks/encode-task.ts';
import { runInspect } from '../tasks/inspect-task.ts';
import type { TaskContext, TaskRun } from '../tasks/task-context.ts';
import { TaskControl } from '../tasks/task-control.ts';
import type { TaskOutcome } from '../tasks/task-outcome.ts';
import { type PlanDevice, type PlanTask, plan } from './plan.ts';

/** Sources read at once. Reading is cheap; more would only take cores from the encodes. */
const INSPECTIONS_AT_ONCE = 2;
/** With this many jobs ready to encode, reading further ahead waits for an idle moment. */
const ENOUGH_READY = 32;
/** A task that was stopped and has not ended by then is left behind. */
const STOP_WITHIN_MS = 15_000;
/** Tasks looked at per turn and device choice. */
const PLAN_WINDOW = 32;

interface Running {
  readonly lease: Lease;
  readonly control: TaskControl;
  readonly ended: Promise<void>;
}

export interface DispatcherOptions {
  /** Only these jobs are worked on, and those that `include` adds; null for the whole queue. */
  readonly onlyJobs: ReadonlySet<JobId> | null;
  /** A job is done; wall time of its encode. */
  readonly onFinished: (durationMs: number) => void;
  readonly onFault: (error: unknown) => void;
}

/** Applies the plan: claims tasks, runs them, and writes how they ended. The only place that starts work. */
export class Dispatcher {
  readonly #context: TaskContext;
  readonly #options: DispatcherOptions;
  readonly #onlyJobs: Set<JobId> | null;
  readonly #running = new Map<string, Running>();
  readonly #delays = new Set<NodeJS.Timeout>();
  #isStarted = false;
  #isPausedNow = false;
  #turnIsDue = false;

  constructor(context: TaskContext, options: DispatcherOptions) {
    this.#context = context;
    this.#options = options;
    this.#onlyJobs = options.onlyJobs === null ? null : new Set(options.onlyJobs);
  }

  get runningCount(): number {
    return this.#running.size;
  }

  start(): void {
    this.#isStarted = true;
    this.#isPausedNow = this.#context.store.isPaused;
    this.wake();
  }

  /** Starts nothing more and resolves when all that runs has ended. */
  async finish(): Promise<void> {
    this.#isStarted = false;
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map((r) => r.ended));
  }

  /** Ends what runs and gives it back to the queue. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    for (const timer of this.#delays) clearTimeout(timer);
    this.#delays.clear();
    const all = [...this.#running.values()];
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
    for (const running of this.#running.values()) {
      this.#applySuspension(running, this.#context.store.job(running.lease.jobId)?.status === 'paused');
    }
    this.wake();
  }

  /** Resolves when none of the jobs' tasks runs any more. */
  async ended(jobIds: ReadonlySet<JobId>): Promise<void> {
    const all = [...this.#running.values()].filter((r) => jobIds.has(r.lease.jobId));
    await Promise.all(all.map((r) => r.ended));
  }

  #applySuspension(running: Running, jobIsPaused: boolean): void {
    if (running.lease.kind === 'inspect') return;
    const shouldStand = jobIsPaused || this.#isPausedNow;
    // Where a process cannot stand still (Windows) it is ended, and starts over when the job goes on.
    if (!running.control.setSuspended(shouldStand)) running.control.stop();
  }

  #turn(): void {
    this.#startEncodes();
    this.#startInspections();
  }

  #startInspections(): void {
    const { store, registry } = this.#context;
    // Without an ffprobe nothing can be read; whether there is one is known once the builds are.
    if (registry.builds().length === 0 && !registry.isSettled) return;
    const running = [...this.#running.values()];
    let free = INSPECTIONS_AT_ONCE - running.filter((r) => r.lease.kind === 'inspect').length;
    if (free <= 0) return;
    const isEncoding = running.some((r) => r.lease.kind !== 'inspect' && !r.control.isSuspended);
    if (isEncoding && store.runnable(['encode'], ENOUGH_READY, this.#onlyJobs).length >= ENOUGH_READY) return;
    for (const task of store.runnable(['inspect'], free, this.#onlyJobs)) {
      if (free === 0) return;
      if (this.#claim(task, 'cpu' as DeviceId)) free -= 1;
    }
  }

  #startEncodes(): void {
    const { store, registry } = this.#context;
    if (store.isPaused) return;
    const tasks = store.runnable(['encode'], PLAN_WINDOW, this.#onlyJobs);
    if (tasks.length === 0) return;
    const devices = this.#planDevices();
    const { assignments, waiting, impossible } = plan({
      tasks: tasks.map((task) => this.#planTask(task, devices)),
      devices,
      devicesAreKnown: registry.isSettled,
    });
    const byId = new Map(tasks.map((t) => [t.id, t]));
    for (const { taskId, deviceId } of assignments) {
      const task = byId.get(taskId);
      if (task !== undefined) this.#claim(task, deviceId);
    }
    for (const { taskId, problem } of impossible) store.failTask(taskId, { error: problem, exitCode: null });
    for (const { jobId, waitingFor } of waiting) {
      store.setWaitingFor(jobId, waitingFor);
    }
  }

  #planDevices(): PlanDevice[] {
    const { devices } = this.#context.registry.list();
    return devices.map((device) => {
      const limit = device.sessions.limit ?? Number.MAX_SAFE_INTEGER;
      const others = Math.max(0, device.sessions.used - this.#sessionsOn(device.id, true));
      // A suspended encode gives its CPU slot free; its GPU session stays taken. Other programs' sessions count as well.
      const taken = this.#sessionsOn(device.id, device.kind === 'gpu') + others;
      return { id: device.id, kind: device.kind, name: device.name, freeSlots: limit - taken };
    });
  }

  #sessionsOn(deviceId: DeviceId, countSuspended: boolean): number {
    let count = 0;
    for (const { lease, control } of this.#running.values()) {
      if (lease.deviceId !== deviceId || lease.kind === 'inspect') continue;
      if (countSuspended || !control.isSuspended) count += 1;
    }
    return count;
  }

  #planTask(task: RunnableTask, devices: readonly PlanDevice[]): PlanTask {
    const { store, registry } = this.#context;
    const { preset } = store.recipe(task.jobId);
    const whyNot = new Map<DeviceId, Problem>();
    for (const device of devices) {
      const answer = registry.targetFor(device.id, preset);
      if ('code' in answer) whyNot.set(device.id, answer);
    }
    const attempts = store.job(task.jobId)?.attempts ?? [];
    const failedOn = attempts.filter((a) => a.error !== null && isGpuFault(a.error)).map((a) => a.device);
    return { taskId: task.id, jobId: task.jobId, choice: task.device, whyNot, failedOn };
  }

  #claim(task: RunnableTask, deviceId: DeviceId): boolean {
    const { store } = this.#context;
    // A run of the same job that was cancelled is still clearing up after itself.
    for (const running of this.#running.values()) if (running.lease.jobId === task.jobId) return false;
    const lease = store.claim(task.id, deviceId);
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
    this.#running.set(lease.taskId, { lease, control, ended });
    this.#reportSessions(deviceId);
    return true;
  }

  #reportSessions(deviceId: DeviceId): void {
    this.#context.registry.setSessions(deviceId, this.#sessionsOn(deviceId, true));
  }

  /** Never rejects: a fault in writing the outcome leaves the lease to the next start. */
  async #run(run: TaskRun): Promise<void> {
    const { store } = this.#context;
    try {
      const work = run.lease.kind === 'inspect' ? runInspect : runEncode;
      const outcome = await work(this.#context, run).catch((error: unknown): TaskOutcome => {
        this.#options.onFault(error);
        return { kind: 'failed', error: toProblem(error), exitCode: null };
      });
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
          next: [{ kind: 'encode', dependsOnPrevious: false }],
        });
        return;
      case 'done':
        if (!store.finishJob(lease.taskId, outcome)) {
          // Cancelled in the moment between the final name and this line: a cancelled job leaves no output.
          if (run.recipe.output.onExisting !== 'overwrite')
            await host.files.remove(outcome.output.path).catch(() => {});
          return;
        }
        this.#options.onFinished(outcome.metadata.processingTimeSeconds * 1000);
        return;
      case 'failed':
        store.failTask(lease.taskId, { error: outcome.error, exitCode: outcome.exitCode });
        return;
      case 'skipped':
        store.skipJob(lease.taskId, outcome.error);
        return;
      case 'requeue':
        this.#learnLimit(lease.deviceId, outcome.error);
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

  /** A device that refused one session more has as many as run on it beside the refused one. */
  #learnLimit(deviceId: DeviceId, error: Problem | null): void {
    if (error?.code !== 'session-limit') return;
    this.#context.registry.sessionRefused(deviceId);
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
