import type { ManyResult } from '../../common/contract/jobs.ts';
import type { JobId } from '../../common/ids.ts';
import type { Job, JobStatus } from '../../common/job.ts';
import { type Problem, problem } from '../../common/problem.ts';
import { type JobHead, jobNotFound } from './job-rows.ts';
import { type JobAction, nextStatus } from './job-state.ts';
import type { HeldLease } from './lease-rows.ts';
import type { QueueTables } from './queue-tables.ts';
import type { Changes } from './queue-transactions.ts';
import type { Lease } from './records.ts';

/** What an action on many jobs did. */
export interface ManyOutcome {
  readonly result: ManyResult;
  /**
   * Leases whose processes must follow: be suspended, go on, or be killed. Those of cancelled and removed jobs have ended
   * and are remembered as leftovers until `forgetLeftover`.
   */
  readonly affected: readonly Lease[];
}

const CANCELLED: Problem = {
  code: 'cancelled',
  message: 'The job was cancelled.',
  nextStep: 'Retry the job to queue it again.',
};

/**
 * What people do to jobs. Each call is one transaction; a job that cannot follow is rejected with its reason and does not
 * stop the others. Works in sets rather than job by job, because 100,000 jobs at once are normal.
 */
export class JobActions {
  readonly #tables: QueueTables;
  readonly #now: () => Date;

  constructor(tables: QueueTables, now: () => Date) {
    this.#tables = tables;
    this.#now = now;
  }

  pause(ids: readonly JobId[]): ManyOutcome {
    return this.#act(ids, 'pause', (jobs) => {
      const { tasks, leases } = this.#tables;
      tasks.hold(jobs.map((job) => job.row));
      // Reading a source takes a moment; stopping half-way would only keep the file open.
      const affected = this.#leasesOf(jobs).filter((held) => held.lease.kind !== 'inspect');
      for (const held of affected) leases.note(held.task, { isSuspended: true });
      return affected;
    });
  }

  resume(ids: readonly JobId[]): ManyOutcome {
    return this.#act(ids, 'resume', (jobs) => {
      const { tasks, leases } = this.#tables;
      tasks.release(jobs.map((job) => job.row));
      const affected = this.#leasesOf(jobs).filter((held) => held.lease.isSuspended);
      for (const held of affected) leases.note(held.task, { isSuspended: false });
      return affected;
    });
  }

  cancel(ids: readonly JobId[]): ManyOutcome {
    return this.#act(ids, 'cancel', (jobs) => this.#endWork(jobs));
  }

  /** Queues ended jobs again, at the end and from the beginning. Their attempts stay on record and count no more. */
  retry(ids: readonly JobId[]): ManyOutcome {
    return this.#act(ids, 'retry', (accepted) => {
      const { jobs, tasks, attempts, order, live } = this.#tables;
      const rows = accepted.map((job) => job.row);
      attempts.forgiveAllOf(rows);
      live.forget(rows);
      for (const job of accepted) {
        const position = order.next();
        jobs.renew(job.row, position);
        tasks.insert(job.row, 'inspect', 'ready', { ...job, position });
      }
      return [];
    });
  }

  /** Forgets jobs; the result shows them as they last were. */
  remove(ids: readonly JobId[]): ManyOutcome {
    return this.#tables.transactions.write('durable', (changes) => {
      const { accepted, rejected } = this.#decide(ids, 'remove');
      const last = this.#tables.jobs.read(accepted.map((job) => job.row));
      const affected = this.#delete(accepted, changes);
      return { result: { jobs: last, rejected }, affected: affected.map((held) => held.lease) };
    });
  }

  /** Forgets every job in these states. Returns how many they were. */
  clear(statuses: readonly ('done' | 'failed' | 'cancelled')[]): number {
    return this.#tables.transactions.write('durable', (changes) => {
      const { jobs } = this.#tables;
      const rows = [...new Set(statuses)].flatMap((status) => jobs.idsIn(status));
      const heads = [...jobs.heads(rows).values()];
      this.#delete(heads, changes);
      return heads.length;
    });
  }

  /**
   * Moves waiting jobs, in the order of `ids`, before another or to the end. See {@link QueueOrder.move}.
   * @throws ProblemError `job-not-found` when `before` is no job
   */
  reorder(ids: readonly JobId[], before: JobId | null): ManyOutcome {
    return this.#act(ids, 'move', (accepted, changes) => {
      const target = before === null ? null : this.#headOf(before);
      if (accepted.length > 0) this.#tables.order.move(accepted, target);
      changes.summaryChanged = true;
      return [];
    });
  }

  /** @throws ProblemError `invalid-request` when the priority is not a whole number from -1000 to 1000 */
  setPriority(ids: readonly JobId[], priority: number): ManyOutcome {
    if (!Number.isInteger(priority) || Math.abs(priority) > 1000) {
      throw problem(
        'invalid-request',
        `${priority} is not a priority.`,
        'Give a whole number from -1000 to 1000.',
      );
    }
    return this.#act(ids, 'prioritize', (accepted, changes) => {
      const rows = accepted.map((job) => job.row);
      this.#tables.jobs.setPriority(rows, priority);
      this.#tables.tasks.setPriority(rows, priority);
      changes.summaryChanged = true;
      return [];
    });
  }

  /** Decides, does the work of the action, then gives each job its new state. */
  #act(
    ids: readonly JobId[],
    action: Exclude<JobAction, 'remove'>,
    work: (accepted: readonly JobHead[], changes: Changes) => readonly HeldLease[],
  ): ManyOutcome {
    const { transactions, jobs } = this.#tables;
    const outcome = transactions.write('durable', (changes) => {
      const { accepted, rejected, targets } = this.#decide(ids, action);
      const affected = work(accepted, changes);
      for (const [status, group] of targets) this.#setStatus(group, status, changes);
      changes.touch(accepted.map((job) => job.row));
      // As they are now; those that have ended, as they were.
      const now = new Map(this.#tables.leases.all().map((held) => [held.task, held.lease]));
      return {
        rows: accepted.map((job) => job.row),
        rejected,
        affected: affected.map((held) => now.get(held.task) ?? held.lease),
      };
    });
    const result: ManyResult = {
      jobs: transactions.read((): Job[] => jobs.read(outcome.rows)),
      rejected: outcome.rejected,
    };
    return { result, affected: outcome.affected };
  }

  #decide(ids: readonly JobId[], action: JobAction) {
    const unique = [...new Set(ids.map(Number))];
    const heads = this.#tables.jobs.heads(unique);
    const accepted: JobHead[] = [];
    const rejected: { id: JobId; error: Problem }[] = [];
    const targets = new Map<JobStatus, JobHead[]>();
    for (const row of unique) {
      const head = heads.get(row);
      if (head === undefined) {
        const id = String(row) as JobId;
        rejected.push({ id, error: jobNotFound(id).problem });
        continue;
      }
      const transition = nextStatus(head, action);
      if (transition.kind === 'refused') {
        rejected.push({ id: head.id, error: transition.problem });
        continue;
      }
      accepted.push(head);
      if (transition.kind === 'to') {
        const group = targets.get(transition.status) ?? [];
        group.push(head);
        targets.set(transition.status, group);
      }
    }
    return { accepted, rejected, targets };
  }

  #headOf(id: JobId): JobHead {
    const head = this.#tables.jobs.heads([Number(id)]).get(Number(id));
    if (head === undefined) throw jobNotFound(id);
    return head;
  }

  #setStatus(group: readonly JobHead[], status: JobStatus, changes: Changes): void {
    const moving = group.filter((job) => job.status !== status);
    if (moving.length === 0) return;
    for (const job of moving) changes.count(job.status, status);
    this.#tables.jobs.setStatus(
      moving.map((job) => job.row),
      status,
      status === 'cancelled' ? this.#now().toISOString() : null,
    );
  }

  #leasesOf(jobs: readonly JobHead[]): HeldLease[] {
    return this.#tables.leases.ofJobs(new Set(jobs.map((job) => job.row)));
  }

  /** Ends whatever runs for these jobs and drops what was still to do. */
  #endWork(jobs: readonly JobHead[]): HeldLease[] {
    const { tasks, leases, attempts, outputs } = this.#tables;
    const rows = jobs.map((job) => job.row);
    const affected = this.#leasesOf(jobs);
    leases.leaveBehind(affected.map((held) => held.task));
    attempts.closeAllOf(
      affected.map((held) => held.job),
      this.#now().toISOString(),
      CANCELLED,
    );
    outputs.releaseAllOf(rows);
    tasks.deleteAllOf(rows);
    return affected;
  }

  #delete(jobs: readonly JobHead[], changes: Changes): HeldLease[] {
    const affected = this.#endWork(jobs);
    const rows = jobs.map((job) => job.row);
    this.#tables.jobs.delete(rows);
    this.#tables.live.forget(rows);
    for (const job of jobs) {
      changes.count(job.status, null);
      changes.removed.add(job.row);
    }
    return affected;
  }
}
