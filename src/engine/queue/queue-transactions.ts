import type { Database } from 'better-sqlite3';
import type { JobId } from '../../common/ids.ts';
import { JobStatus } from '../../common/job.ts';
import { databaseProblem } from './database-problem.ts';
import type { QueueChange } from './records.ts';

/**
 * `durable` is on the disk when the call returns, even if the power fails: what a person asked for or was told.
 * `redoable` survives the end of the process at any moment, but a power cut may undo the last of them: a claim, a note on
 * a lease. Losing one costs repeated work, never a job; and it spares the hot path an fsync.
 */
export type Durability = 'durable' | 'redoable';

/** What one transaction did, collected while it runs. */
export class Changes {
  readonly changed = new Set<number>();
  readonly removed = new Set<number>();
  readonly deltas = zeroCounts();
  summaryChanged = false;

  touch(jobs: Iterable<number>): void {
    for (const job of jobs) this.changed.add(job);
  }

  /** Counts a job from one state to another; null is the world outside the queue. */
  count(from: JobStatus | null, to: JobStatus | null, jobs = 1): void {
    if (from === to || jobs === 0) return;
    if (from !== null) this.deltas[from] -= jobs;
    if (to !== null) this.deltas[to] += jobs;
    this.summaryChanged = true;
  }
}

function zeroCounts(): Record<JobStatus, number> {
  return { queued: 0, running: 0, paused: 0, done: 0, failed: 0, cancelled: 0 };
}

/** Runs the queue's transactions, keeps the counts of jobs by state and tells listeners what changed. */
export class QueueTransactions {
  readonly #db: Database;
  readonly #counts = zeroCounts();
  readonly #listeners = new Set<(change: QueueChange) => void>();
  #durability: Durability | null = null;

  constructor(db: Database) {
    this.#db = db;
    this.read(() => {
      const rows = db
        .prepare<[], { status: JobStatus; jobs: number }>(
          'SELECT status, count(*) AS jobs FROM jobs GROUP BY status',
        )
        .all();
      for (const row of rows) this.#counts[row.status] = row.jobs;
    });
  }

  /** Jobs by state. Kept in memory: this process is the only writer, and counting 100,000 rows for each page is not free. */
  counts(): Record<JobStatus, number> {
    return { ...this.#counts };
  }

  /** @throws ProblemError `no-space`, `database-failed`; nothing has changed then. */
  write<T>(durability: Durability, work: (changes: Changes) => T): T {
    const changes = new Changes();
    const result = this.read(() => {
      this.#setDurability(durability);
      return this.#db.transaction(() => work(changes)).immediate();
    });
    for (const status of JobStatus.options) this.#counts[status] += changes.deltas[status];
    this.#tell(changes);
    return result;
  }

  /** @throws ProblemError `database-failed` */
  read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw databaseProblem(error, this.#db.name);
    }
  }

  /** Calls the listener after each transaction that changed something. It must not throw. Returns how to stop. */
  onChange(listener: (change: QueueChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells listeners of a change that is not in the database. */
  announce(jobs: readonly number[]): void {
    const changes = new Changes();
    changes.touch(jobs);
    this.#tell(changes);
  }

  #tell(changes: Changes): void {
    if (changes.changed.size === 0 && changes.removed.size === 0 && !changes.summaryChanged) return;
    const removed = [...changes.removed];
    for (const job of removed) changes.changed.delete(job);
    const change: QueueChange = {
      changed: [...changes.changed].map(jobIdOf),
      removed: removed.map(jobIdOf),
      summaryChanged: changes.summaryChanged,
    };
    for (const listener of this.#listeners) listener(change);
  }

  #setDurability(durability: Durability): void {
    if (this.#durability === durability) return;
    // Takes effect for the transactions that begin after it. A durable one syncs the log from its start, so the redoable ones
    // before it are safe from then on as well.
    this.#db.pragma(`synchronous = ${durability === 'durable' ? 'FULL' : 'NORMAL'}`);
    this.#durability = durability;
  }
}

export function jobIdOf(row: number): JobId {
  return String(row) as JobId;
}
