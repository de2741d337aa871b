import type { DeviceId, TaskId } from '../../common/ids.ts';
import type { JobMetadata, JobOutput } from '../../common/job.ts';
import type { Problem } from '../../common/problem.ts';
import type { SourceInfo } from '../../common/source.ts';
import type { AttemptEnd } from './attempt-rows.ts';
import type { JobHead } from './job-rows.ts';
import { type JobAction, nextStatus } from './job-state.ts';
import type { HeldLease } from './lease-rows.ts';
import type { QueueTables } from './queue-tables.ts';
import type { Changes, Durability } from './queue-transactions.ts';
import type { Lease, TaskKind } from './records.ts';

export interface InspectResult {
  readonly info: SourceInfo;
  /** Short text for a list. */
  readonly summary: string;
  /** What its encode costs. */
  readonly work?: { readonly id: string; readonly amount: number | null };
  /** What is to be done now, in order. A task may have to wait for the one before it. */
  readonly next: readonly { readonly kind: TaskKind; readonly dependsOnPrevious: boolean }[];
}

export interface RequeueReason {
  readonly error: Problem | null;
  /** ISO 8601; the task is hidden until then. */
  readonly notBefore?: string;
  /** Whether it counts as a failure of the job. Waiting for a free session does not. */
  readonly countsAsAttempt: boolean;
  readonly exitCode?: number | null;
}

/** The device that a task is claimed for. */
export interface ClaimingDevice {
  readonly id: DeviceId;
  readonly name: string;
  /** Why the CPU does what a GPU was wanted for; null when nothing stands in for anything. */
  readonly fallback: Problem | null;
}

export interface TaskFailure {
  readonly error: Problem;
  readonly exitCode?: number | null;
  readonly metadata?: JobMetadata | null;
}

/**
 * What running a task does to the queue. Whoever runs a task clears its process and unfinished file away before telling how it
 * ended, so that a crash in between still finds the lease. The answer is false, and nothing changes, when the lease is gone: the
 * job was cancelled or removed meanwhile.
 */
export class TaskOutcomes {
  readonly #tables: QueueTables;
  readonly #now: () => Date;

  constructor(tables: QueueTables, now: () => Date) {
    this.#tables = tables;
    this.#now = now;
  }

  /** Takes a task for a device; null when it may not start any more. */
  claim(taskId: TaskId, device: ClaimingDevice, isQueuePaused: boolean): Lease | null {
    const { transactions, tasks, jobs, attempts, leases, live } = this.#tables;
    const id = Number(taskId);
    return transactions.write('redoable', (changes) => {
      const task = tasks.get(id);
      if (task === null || task.state !== 'ready' || (isQueuePaused && task.kind !== 'inspect')) return null;
      const job = jobs.heads([task.job_id]).get(task.job_id);
      const transition = job === undefined ? null : nextStatus(job, 'claim');
      if (job === undefined || transition?.kind !== 'to') return null;
      const at = this.#now().toISOString();
      let attempt: number | null = null;
      tasks.setState(id, 'leased');
      if (task.kind !== 'inspect') {
        jobs.start(job.row, device.id, at);
        changes.count(job.status, transition.status);
        attempt = attempts.open(job.row, device, at, device.fallback);
        tasks.setJobRuns(job.row, true);
        live.setWaitingFor(job.row, null);
        changes.touch([job.row]);
      }
      leases.insert({ task: id, job: job.row, kind: task.kind, device: device.id, at, attempt });
      return leases.get(id)?.lease ?? null;
    });
  }

  finishInspect(taskId: TaskId, result: InspectResult): boolean {
    return this.#settle(taskId, 'redoable', (held, job) => {
      const { tasks, jobs } = this.#tables;
      tasks.setState(held.task, 'done');
      jobs.setSource(job.row, result.info, result.summary, result.work ?? null);
      const free = job.status === 'paused' ? 'held' : 'ready';
      let previous: number | null = null;
      for (const { kind, dependsOnPrevious } of result.next) {
        const waitsFor = dependsOnPrevious ? previous : null;
        previous = tasks.insert(job.row, kind, waitsFor === null ? free : 'blocked', job, waitsFor);
      }
    });
  }

  /** A step of the job is done and others follow. */
  finishTask(taskId: TaskId, exitCode: number | null): boolean {
    return this.#settle(taskId, 'redoable', (held, job) => {
      const { tasks } = this.#tables;
      this.#closeAttempt(held, { exitCode, error: null, counts: false });
      tasks.setState(held.task, 'done');
      tasks.unblock(job.row, held.task, job.status === 'paused' ? 'held' : 'ready');
    });
  }

  finishJob(
    taskId: TaskId,
    made: { output: JobOutput; metadata: JobMetadata | null; exitCode: number | null },
  ): boolean {
    return this.#settle(taskId, 'durable', (held, job, changes) => {
      this.#closeAttempt(held, { exitCode: made.exitCode, error: null, counts: false });
      this.#end(job, 'finish', changes, {
        status: 'done',
        output: made.output,
        metadata: made.metadata,
      });
    });
  }

  /** Fails the job of a task, claimed or not: no device may be able to do it. */
  failTask(taskId: TaskId, failure: TaskFailure): boolean {
    const { tasks, jobs, transactions } = this.#tables;
    const { error, exitCode = null, metadata = null } = failure;
    const wasHeld = this.#settle(taskId, 'durable', (held, job, changes) => {
      this.#closeAttempt(held, { exitCode, error, counts: true });
      this.#end(job, 'fail', changes, { status: 'failed', error, metadata });
    });
    if (wasHeld) return true;
    return transactions.write('durable', (changes) => {
      const task = tasks.get(Number(taskId));
      const job = task === null ? undefined : jobs.heads([task.job_id]).get(task.job_id);
      if (job === undefined) return false;
      this.#end(job, 'fail', changes, { status: 'failed', error, metadata });
      changes.touch([job.row]);
      return true;
    });
  }

  /** Ends the job as cancelled, because what it was told says so: its output is there already. */
  skipJob(taskId: TaskId, reason: Problem): boolean {
    return this.#settle(taskId, 'durable', (held, job, changes) => {
      this.#closeAttempt(held, { exitCode: null, error: reason, counts: false });
      this.#end(job, 'cancel', changes, { status: 'cancelled', error: reason });
    });
  }

  requeueTask(taskId: TaskId, reason: RequeueReason): boolean {
    return this.#settle(taskId, 'redoable', (held, _job, changes) => this.putBack(held, reason, changes));
  }

  /** Puts the task of an ended lease back; its job waits, or stays paused. */
  putBack(held: HeldLease, reason: RequeueReason, changes: Changes): void {
    const { tasks, jobs, live } = this.#tables;
    const job = jobs.heads([held.job]).get(held.job);
    const transition = job === undefined ? null : nextStatus(job, 'requeue');
    if (job === undefined || transition?.kind !== 'to') return;
    this.#closeAttempt(held, {
      exitCode: reason.exitCode ?? null,
      error: reason.error,
      counts: reason.countsAsAttempt,
    });
    if (job.status === 'paused') tasks.setState(held.task, 'held');
    else if (reason.notBefore !== undefined) tasks.delay(held.task, reason.notBefore);
    else tasks.setState(held.task, 'ready');
    tasks.setJobRuns(job.row, false);
    live.forget([job.row]);
    if (transition.status !== job.status) jobs.setStatus([job.row], transition.status, null);
    changes.count(job.status, transition.status);
    changes.touch([job.row]);
  }

  #closeAttempt(held: HeldLease, end: Omit<AttemptEnd, 'at'>): void {
    if (held.attempt === null) return;
    this.#tables.attempts.close(held.attempt, { ...end, at: this.#now().toISOString() });
  }

  #end(
    job: JobHead,
    action: JobAction,
    changes: Changes,
    end: {
      status: 'done' | 'failed' | 'cancelled';
      output?: JobOutput;
      error?: Problem;
      metadata?: JobMetadata | null;
    },
  ): void {
    if (nextStatus(job, action).kind !== 'to') return;
    const { jobs, tasks, outputs, live } = this.#tables;
    jobs.end(job.row, { ...end, at: this.#now().toISOString() });
    tasks.deleteAllOf([job.row]);
    outputs.releaseAllOf([job.row]);
    live.setWaitingFor(job.row, null);
    changes.count(job.status, end.status);
  }

  /** Ends the lease of a task and does what follows from it, in one transaction. */
  #settle(
    taskId: TaskId,
    durability: Durability,
    follow: (held: HeldLease, job: JobHead, changes: Changes) => void,
  ): boolean {
    const { transactions, leases, jobs } = this.#tables;
    return transactions.write(durability, (changes) => {
      const held = leases.get(Number(taskId));
      const job = held === null ? undefined : jobs.heads([held.job]).get(held.job);
      if (held === null || job === undefined) return false;
      leases.delete(held.task);
      follow(held, job, changes);
      changes.touch([job.row]);
      return true;
    });
  }
}
