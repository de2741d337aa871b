import type { EventBatch } from '../common/events.ts';
import type { JobId } from '../common/ids.ts';
import type { Job, JobStatus, Progress } from '../common/job.ts';

/** What happened to a followed job. */
export type TrackedChange =
  | { readonly kind: 'status'; readonly job: Job }
  | { readonly kind: 'progress'; readonly job: Job; readonly progress: Progress }
  | { readonly kind: 'ended'; readonly job: Job }
  /** A job that could start waits for something: a device, a slot. */
  | { readonly kind: 'waiting'; readonly job: Job; readonly waitingFor: string }
  | { readonly kind: 'removed'; readonly id: JobId };

export function hasEnded(status: JobStatus): boolean {
  return status === 'done' || status === 'failed' || status === 'cancelled';
}

/**
 * Follows jobs from batches of events to their ends and tells each end once. It either follows the jobs it was given, or
 * with `followNew` everything that is queued or running, whenever it was added; jobs on hold then do not count.
 */
export class JobTracker {
  /** Whether jobs that it was not given are followed as well. */
  readonly followsNew: boolean;
  readonly #pending: Set<JobId>;
  /** The jobs that have begun and not ended, as they were last seen. */
  readonly #active = new Map<JobId, Job>();
  readonly #status = new Map<JobId, JobStatus>();
  readonly #waitingFor = new Map<JobId, string>();

  constructor(jobs: Iterable<Job>, options: { followNew: boolean }) {
    this.#pending = new Set();
    for (const job of jobs) {
      this.#pending.add(job.id);
      this.#status.set(job.id, job.status);
    }
    this.followsNew = options.followNew;
  }

  /** Jobs whose end has not been seen. */
  get pending(): ReadonlySet<JobId> {
    return this.#pending;
  }

  /** Jobs that run, oldest first. */
  get active(): readonly Job[] {
    return [...this.#active.values()];
  }

  /** What the first job that could start waits for, as a part of a sentence; null when none says. */
  get waitingFor(): string | null {
    return this.#waitingFor.values().next().value ?? null;
  }

  apply(batch: EventBatch): TrackedChange[] {
    const changes: TrackedChange[] = [];
    for (const job of batch.jobs) changes.push(...this.see(job));
    for (const { id, progress } of batch.progress) {
      const job = this.#active.get(id);
      if (job === undefined) continue;
      const current = { ...job, progress };
      this.#active.set(id, current);
      changes.push({ kind: 'progress', job: current, progress });
    }
    for (const id of batch.removed) changes.push(...this.lose(id));
    return changes;
  }

  /** Takes in a job as it is now. */
  see(job: Job): TrackedChange[] {
    if (this.followsNew) {
      const isWaitingOrRunning = job.status === 'queued' || job.status === 'running';
      if (isWaitingOrRunning) this.#pending.add(job.id);
      // Between two batches a new job may have run to its end.
      else if (hasEnded(job.status) && !this.#status.has(job.id)) this.#pending.add(job.id);
    }
    if (!this.#pending.has(job.id)) return [];
    const isNews = this.#status.get(job.id) !== job.status;
    this.#status.set(job.id, job.status);
    if (hasEnded(job.status)) {
      this.#forget(job.id);
      return [{ kind: 'ended', job }];
    }
    if (job.status === 'running' || (job.status === 'paused' && this.#active.has(job.id))) {
      this.#active.set(job.id, job);
    } else {
      this.#active.delete(job.id);
    }
    if (this.followsNew && job.status === 'paused') this.#forget(job.id);
    return [...(isNews ? [{ kind: 'status' as const, job }] : []), ...this.#seeWaiting(job)];
  }

  /** Takes in that a job is no longer there. */
  lose(id: JobId): TrackedChange[] {
    if (!this.#pending.has(id)) return [];
    this.#forget(id);
    return [{ kind: 'removed', id }];
  }

  #seeWaiting(job: Job): TrackedChange[] {
    const { waitingFor } = job;
    const isNews = waitingFor !== (this.#waitingFor.get(job.id) ?? null);
    if (waitingFor === null) this.#waitingFor.delete(job.id);
    else this.#waitingFor.set(job.id, waitingFor);
    return isNews && waitingFor !== null ? [{ kind: 'waiting', job, waitingFor }] : [];
  }

  #forget(id: JobId): void {
    this.#waitingFor.delete(id);
    this.#pending.delete(id);
    this.#active.delete(id);
  }
}
