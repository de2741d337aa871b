import type { JobHead, JobRows } from './job-rows.ts';
import { idList, type PreparedSql } from './prepared-sql.ts';
import type { TaskRows } from './task-rows.ts';

interface Place {
  readonly id: number;
  readonly priority: number;
  readonly position: number;
}

/** Jobs that can be moved. A running one has left the line. */
const WAITING = ['queued', 'paused'] as const;

/**
 * The order of the queue: priority first, then position. Positions are fractions, so a job moves between two others by
 * taking a number between theirs; only when no such number is left is the whole queue numbered anew. Two jobs can come to
 * the same number in different priorities, or while one of them runs; then the older goes first.
 */
export class QueueOrder {
  readonly #sql: PreparedSql;
  readonly #jobs: JobRows;
  readonly #tasks: TaskRows;
  #last: number;

  constructor(sql: PreparedSql, jobs: JobRows, tasks: TaskRows) {
    this.#sql = sql;
    this.#jobs = jobs;
    this.#tasks = tasks;
    this.#last =
      sql.one<{ last: number | null }>('SELECT max(position) AS last FROM jobs WHERE ended_at IS NULL')
        ?.last ?? 0;
  }

  /** A position behind all others. */
  next(): number {
    this.#last = Math.floor(this.#last) + 1;
    return this.#last;
  }

  /**
   * Moves waiting jobs, in the order given, to where the list shows them dropped: before `target`, or to the end when it is
   * null. A running target stands before all waiting jobs, an ended one behind them. What is moved among jobs of another
   * priority takes theirs, or it would not stay where it was put.
   */
  move(moved: readonly JobHead[], target: JobHead | null): void {
    const without = idList(moved.map((job) => job.row));
    const next = this.#waitingFrom(target, without);
    if (next === null) this.#moveToEnd(moved, without);
    else this.#moveBefore(moved, next, without);
  }

  #moveToEnd(moved: readonly JobHead[], without: string): void {
    const last = this.#lastWaiting(without);
    const priority = last?.priority ?? Math.min(...moved.map((job) => job.priority));
    for (const job of moved) this.#place(job.row, priority, this.next());
  }

  #moveBefore(moved: readonly JobHead[], next: Place, without: string): void {
    const positions = positionsBetween(this.#positionBefore(next, without), next.position, moved.length);
    if (positions === null) {
      this.#renumber();
      const renumbered = this.#jobs.heads([next.id]).get(next.id);
      if (renumbered !== undefined) this.#moveBefore(moved, { ...renumbered, id: next.id }, without);
      return;
    }
    for (const [index, job] of moved.entries()) {
      this.#place(job.row, next.priority, positions[index] ?? next.position);
    }
  }

  #place(job: number, priority: number, position: number): void {
    this.#jobs.place(job, priority, position);
    this.#tasks.place(job, priority, position);
  }

  /** The first waiting job at or behind the target that is not itself moved; null when there is none. */
  #waitingFrom(target: JobHead | null, without: string): Place | null {
    if (
      target === null ||
      target.status === 'done' ||
      target.status === 'failed' ||
      target.status === 'cancelled'
    )
      return null;
    const from =
      target.status === 'running'
        ? { priority: Number.MAX_SAFE_INTEGER, position: 0, row: 0 }
        : { priority: target.priority, position: target.position, row: target.row };
    return this.#firstOf(
      (status) =>
        this.#sql.one<Place>(
          `SELECT id, priority, position FROM jobs
           WHERE status = ? AND ended_at IS NULL AND priority <= ?
             AND (priority < ? OR position > ? OR (position = ? AND id >= ?))
             AND id NOT IN (SELECT value FROM json_each(?))
           ORDER BY priority DESC, position, id LIMIT 1`,
          status,
          from.priority,
          from.priority,
          from.position,
          from.position,
          from.row,
          without,
        ),
      (a, b) => b.priority - a.priority || a.position - b.position || a.id - b.id,
    );
  }

  /** The position of the job just before, among those of the same priority; null when there is none. */
  #positionBefore(next: Place, without: string): number | null {
    return (
      this.#firstOf(
        (status) =>
          this.#sql.one<Place>(
            `SELECT id, priority, position FROM jobs
             WHERE status = ? AND ended_at IS NULL AND priority = ?
               AND (position < ? OR (position = ? AND id < ?))
               AND id NOT IN (SELECT value FROM json_each(?))
             ORDER BY position DESC, id DESC LIMIT 1`,
            status,
            next.priority,
            next.position,
            next.position,
            next.id,
            without,
          ),
        (a, b) => b.position - a.position,
      )?.position ?? null
    );
  }

  #lastWaiting(without: string): Place | null {
    return this.#firstOf(
      (status) =>
        this.#sql.one<Place>(
          `SELECT id, priority, position FROM jobs
           WHERE status = ? AND ended_at IS NULL AND id NOT IN (SELECT value FROM json_each(?))
           ORDER BY priority, position DESC LIMIT 1`,
          status,
          without,
        ),
      (a, b) => a.priority - b.priority || b.position - a.position,
    );
  }

  /** Asks once for each waiting status, because each is a walk along its own part of the index. */
  #firstOf(
    find: (status: (typeof WAITING)[number]) => Place | undefined,
    compare: (a: Place, b: Place) => number,
  ): Place | null {
    return (
      WAITING.map(find)
        .filter((place) => place !== undefined)
        .sort(compare)[0] ?? null
    );
  }

  #renumber(): void {
    const open = this.#sql.all<Place>(
      `SELECT id, priority, position FROM jobs WHERE ended_at IS NULL ORDER BY priority DESC, position, id`,
    );
    for (const [index, job] of open.entries()) this.#place(job.id, job.priority, index + 1);
    this.#last = open.length;
  }
}

/** Numbers in rising order between the two, or null when fractions are used up between them. */
function positionsBetween(low: number | null, high: number, count: number): number[] | null {
  const start = low ?? high - count - 1;
  const positions = Array.from({ length: count }, (_, i) => start + ((high - start) * (i + 1)) / (count + 1));
  const all = [start, ...positions, high];
  return all.every((position, i) => i === 0 || position > (all[i - 1] ?? -Infinity)) ? positions : null;
}
