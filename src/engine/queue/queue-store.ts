import type { Database } from 'better-sqlite3';
import type { DeviceId, JobId, TaskId } from '../../common/ids.ts';
import type { Attempt, Job, JobRecipe, JobStatus, Progress } from '../../common/job.ts';
import type { Problem } from '../../common/problem.ts';
import type { SourceInfo } from '../../common/source.ts';
import { JobActions, type ManyOutcome } from './job-actions.ts';
import { type JobQuery, listJobs } from './job-list.ts';
import { newJob } from './job-rows.ts';
import type { LeaseNotes } from './lease-rows.ts';
import { type QueueTables, queueTables } from './queue-tables.ts';
import { jobIdOf } from './queue-transactions.ts';
import type { JobDraft, Lease, QueueChange, RunnableTask, TaskKind, WaitingWork } from './records.ts';
import { INTERRUPTED, type Recovered, recover } from './recovery.ts';
import {
  type ClaimingDevice,
  type InspectResult,
  type RequeueReason,
  type TaskFailure,
  TaskOutcomes,
} from './task-outcomes.ts';

export type { ManyOutcome } from './job-actions.ts';
export type { JobQuery } from './job-list.ts';
export type { LeaseNotes } from './lease-rows.ts';
export type { Recovered } from './recovery.ts';
export type { InspectResult, RequeueReason, TaskFailure } from './task-outcomes.ts';

/**
 * The queue: jobs, their tasks and the leases under which these run. Every change is one transaction, so a `kill -9` at any
 * moment leaves a queue that {@link QueueStore.recover} can go on from. The process that holds the engine lock is its only
 * user.
 *
 * Every method throws a `ProblemError` `database-failed` or `no-space` when the database cannot be read or written; nothing
 * has changed then.
 */
export class QueueStore {
  readonly #tables: QueueTables;
  readonly #actions: JobActions;
  readonly #outcomes: TaskOutcomes;
  readonly #now: () => Date;
  #isPaused: boolean;

  /** @param platform of the machine that holds the files: on Windows and macOS output paths differ by more than letter case */
  constructor(db: Database, now: () => Date, platform: NodeJS.Platform = process.platform) {
    this.#now = now;
    this.#tables = queueTables(db, platform);
    this.#actions = new JobActions(this.#tables, now);
    this.#outcomes = new TaskOutcomes(this.#tables, now);
    this.#isPaused = this.#tables.transactions.read(
      () => this.#tables.sql.one<{ is_paused: number }>('SELECT is_paused FROM queue_state')?.is_paused === 1,
    );
  }

  /** Adds jobs at the end of the queue, all or none, each with a task to read its source. */
  addJobs(drafts: readonly JobDraft[]): Job[] {
    const { ids, at } = this.#add(drafts);
    return ids.flatMap((id, index) => {
      const draft = drafts[index];
      return draft === undefined ? [] : [newJob(id, draft, at)];
    });
  }

  /** Like `addJobs` where only the ids are needed. */
  addJobIds(drafts: readonly JobDraft[]): JobId[] {
    return this.#add(drafts).ids.map(jobIdOf);
  }

  job(id: JobId): Job | null {
    return this.jobs([id])[0] ?? null;
  }

  /** Jobs in the order of the ids; an id without a job is left out. */
  jobs(ids: readonly JobId[]): Job[] {
    return this.#read(() => this.#tables.jobs.read(ids.map(Number)));
  }

  /** @throws ProblemError `job-not-found` */
  recipe(id: JobId): JobRecipe {
    return this.#read(() => this.#tables.jobs.recipe(id));
  }

  /** What inspecting the source found; null before. */
  sourceInfo(id: JobId): SourceInfo | null {
    return this.#read(() => this.#tables.jobs.sourceInfo(Number(id)));
  }

  attempts(id: JobId): Attempt[] {
    return this.#read(() => this.#tables.attempts.read([Number(id)]).get(Number(id)) ?? []);
  }

  /** Where and why attempts failed that count as failures since the job was added or last retried, oldest first. */
  failures(id: JobId): { readonly device: DeviceId; readonly error: Problem }[] {
    return this.#read(() => this.#tables.attempts.failuresOf(Number(id)));
  }

  list(query: JobQuery): { jobs: Job[]; total: number } {
    return this.#read(() => {
      const { ids, total } = listJobs(this.#tables.sql, query, this.counts());
      return { jobs: this.#tables.jobs.read(ids), total };
    });
  }

  counts(): Record<JobStatus, number> {
    return this.#tables.transactions.counts();
  }

  /** Whether no new work starts. Reading sources goes on, so that people see what they added. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#tables.transactions.write('durable', (changes) => {
      this.#tables.sql.run('UPDATE queue_state SET is_paused = ?', isPaused ? 1 : 0);
      changes.summaryChanged = true;
    });
    this.#isPaused = isPaused;
  }

  /**
   * The first tasks that may start now, at most `limitPerChoice` for each distinct device choice, in the order in which they
   * should start: jobs that already run first, then by priority and position. A walk along one index.
   * @param only tasks of these jobs; null for the whole queue
   */
  runnable(
    kinds: readonly TaskKind[],
    limitPerChoice: number,
    only: ReadonlySet<JobId> | null = null,
  ): RunnableTask[] {
    const { transactions, tasks } = this.#tables;
    const now = this.#now().toISOString();
    const allowed = this.#isPaused ? kinds.filter((kind) => kind === 'inspect') : kinds;
    return this.#read(() => {
      if (tasks.isAnyDue(now)) transactions.write('redoable', () => tasks.wakeDue(now));
      return tasks.runnable(allowed, limitPerChoice, only);
    });
  }

  /** Waiting jobs, added up by device choice and class of work. One walk along one index: some 10 ms for 100,000 jobs. */
  waitingWork(): WaitingWork[] {
    return this.#read(() => this.#tables.jobs.waitingWork());
  }

  /**
   * Takes a task for a device; null when it may not start any more. A task that does the job's work makes the job run and
   * opens an attempt; reading the source leaves the job as it is.
   * @param more what else is kept of the attempt; the device's id is its name where none is given
   */
  claim(taskId: TaskId, id: DeviceId, more: Partial<Omit<ClaimingDevice, 'id'>> = {}): Lease | null {
    return this.#outcomes.claim(taskId, { id, name: id, fallback: null, ...more }, this.#isPaused);
  }

  /**
   * Notes on a lease what a crash must find: the process, the unfinished file, the publishing. `argv` goes to the attempt.
   * False when the lease is gone, because the job was cancelled or removed.
   */
  updateLease(taskId: TaskId, notes: LeaseNotes & { readonly argv?: readonly string[] }): boolean {
    const { transactions, leases, attempts } = this.#tables;
    // After a power cut the disk must know of the publishing before it knows of the final name.
    const durability = notes.publishing === undefined ? 'redoable' : 'durable';
    return transactions.write(durability, (changes) => {
      const held = leases.get(Number(taskId));
      if (held === null) return false;
      leases.note(held.task, notes);
      if (notes.argv !== undefined && held.attempt !== null) {
        attempts.setArgv(held.attempt, notes.argv);
        changes.touch([held.job]);
      }
      return true;
    });
  }

  leases(): Lease[] {
    return this.#read(() => this.#tables.leases.all().map((held) => held.lease));
  }

  /** The source was read: stores what it is and adds the tasks that follow. */
  finishInspect(taskId: TaskId, result: InspectResult): boolean {
    return this.#outcomes.finishInspect(taskId, result);
  }

  /** A task that others of the same job wait for is done. */
  finishTask(taskId: TaskId, exitCode: number | null = 0): boolean {
    return this.#outcomes.finishTask(taskId, exitCode);
  }

  /** The last task is done, and the output has its final name. */
  finishJob(taskId: TaskId, made: Parameters<TaskOutcomes['finishJob']>[1]): boolean {
    return this.#outcomes.finishJob(taskId, made);
  }

  /** The job has failed; its other tasks are dropped. The task need not have been claimed: no device may be able to do it. */
  failTask(taskId: TaskId, failure: TaskFailure): boolean {
    return this.#outcomes.failTask(taskId, failure);
  }

  /** Ends the job as cancelled for a reason of its own, e.g. that its output is there already. */
  skipJob(taskId: TaskId, reason: Problem): boolean {
    return this.#outcomes.skipJob(taskId, reason);
  }

  /** Puts a task back into the queue, at its old place. A paused job stays paused. */
  requeueTask(taskId: TaskId, reason: RequeueReason): boolean {
    return this.#outcomes.requeueTask(taskId, reason);
  }

  /** Why a queued job does not run yet, as a plain sentence. Kept in memory only; announced by `onChange` when it is news. */
  setWaitingFor(id: JobId, sentence: string | null): void {
    if (this.#tables.live.setWaitingFor(Number(id), sentence)) {
      this.#tables.transactions.announce([Number(id)]);
    }
  }

  /** Kept in memory only, and not announced by `onChange`: it comes too often. */
  setProgress(id: JobId, progress: Progress): void {
    this.#tables.live.setProgress(Number(id), progress);
  }

  pause(ids: readonly JobId[]): ManyOutcome {
    return this.#actions.pause(ids);
  }

  resume(ids: readonly JobId[]): ManyOutcome {
    return this.#actions.resume(ids);
  }

  cancel(ids: readonly JobId[]): ManyOutcome {
    return this.#actions.cancel(ids);
  }

  retry(ids: readonly JobId[]): ManyOutcome {
    return this.#actions.retry(ids);
  }

  remove(ids: readonly JobId[]): ManyOutcome {
    return this.#actions.remove(ids);
  }

  /** @throws ProblemError `job-not-found` when `before` is no job */
  reorder(ids: readonly JobId[], before: JobId | null): ManyOutcome {
    return this.#actions.reorder(ids, before);
  }

  /** @throws ProblemError `invalid-request` when the priority is not a whole number from -1000 to 1000 */
  setPriority(ids: readonly JobId[], priority: number): ManyOutcome {
    return this.#actions.setPriority(ids, priority);
  }

  /** Forgets every job in these states. Returns how many they were. */
  clear(statuses: readonly ('done' | 'failed' | 'cancelled')[]): number {
    return this.#actions.clear(statuses);
  }

  /**
   * Takes a final path for a job until it ends, in place of one it had. False when it must not be used: another job has it, or
   * it is the source of a job that has not ended.
   */
  reserveOutputPath(id: JobId, path: string): boolean {
    return this.#tables.transactions.write('redoable', () => this.#tables.outputs.reserve(Number(id), path));
  }

  /** Puts interrupted work back into the queue. To be called once at the start, before anything is claimed. */
  recover(): Recovered {
    return recover(this.#tables, this.#outcomes);
  }

  /** The output of an undecided lease has its final name: the job is done. */
  completePublished(lease: Lease): boolean {
    if (lease.publishing === null) return false;
    return this.#outcomes.finishJob(lease.taskId, {
      output: lease.publishing.output,
      metadata: lease.publishing.metadata ?? null,
      exitCode: 0,
    });
  }

  /** A task was stopped before its end: it goes back to the queue as interrupted, which is no failure. */
  abandonLease(lease: Lease): boolean {
    return this.#outcomes.requeueTask(lease.taskId, { error: INTERRUPTED, countsAsAttempt: false });
  }

  /** Leases that ended without their process and unfinished file having been cleared away. They survive a restart. */
  leftovers(): Lease[] {
    return this.#read(() => this.#tables.leases.leftovers());
  }

  /** The process of a leftover is gone and its unfinished file removed. Does nothing when there is none. */
  forgetLeftover(taskId: TaskId): void {
    const { transactions, leases } = this.#tables;
    transactions.write('redoable', () => leases.forgetLeftover(Number(taskId)));
  }

  /** Calls the listener after each transaction that changed what people see. It must not throw. Returns how to stop. */
  onChange(listener: (change: QueueChange) => void): () => void {
    return this.#tables.transactions.onChange(listener);
  }

  #add(drafts: readonly JobDraft[]): { ids: number[]; at: string } {
    const { transactions, jobs, tasks, order } = this.#tables;
    const at = this.#now().toISOString();
    const ids = transactions.write('durable', (changes) => {
      const recipes = new Map<JobDraft['recipe'], number>();
      return drafts.map((draft) => {
        const recipe = recipes.get(draft.recipe) ?? jobs.recipeRow(draft.recipe);
        recipes.set(draft.recipe, recipe);
        const position = order.next();
        const id = jobs.insert(draft, recipe, position, at);
        tasks.insert(id, 'inspect', draft.paused ? 'held' : 'ready', { ...draft, position });
        changes.count(null, draft.paused ? 'paused' : 'queued');
        changes.changed.add(id);
        return id;
      });
    });
    return { ids, at };
  }

  #read<T>(work: () => T): T {
    return this.#tables.transactions.read(work);
  }
}
