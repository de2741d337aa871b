import type { JobId, TaskId } from '../../common/ids.ts';
import type { DeviceChoice } from '../../common/job.ts';
import { idList, type PreparedSql } from './prepared-sql.ts';
import { jobIdOf } from './queue-transactions.ts';
import type { RunnableTask, TaskKind } from './records.ts';

/** `blocked` waits for another task, `held` for its paused job to be resumed, `delayed` for its time to come. */
export type TaskState = 'blocked' | 'held' | 'delayed' | 'ready' | 'leased' | 'done';

export interface TaskRow {
  readonly id: number;
  readonly job_id: number;
  readonly kind: TaskKind;
  readonly state: TaskState;
}

/** What a task copies from its job. */
export interface TaskPlace {
  readonly device: DeviceChoice;
  readonly priority: number;
  readonly position: number;
}

interface RunnableRow {
  id: number;
  job_id: number;
  kind: TaskKind;
  device: DeviceChoice;
  priority: number;
  position: number;
  job_runs: number;
  work: string | null;
  work_amount: number | null;
}

const RUNNABLE = `tasks.id, job_id, kind, tasks.device, tasks.priority, tasks.position, job_runs, jobs.work, jobs.work_amount`;

/** Up to this many jobs are looked up one by one. */
const FEW_JOBS = 500;

/** The table of tasks. Its index `tasks_ready` is the queue itself: only what may start now is in it, in order. */
export class TaskRows {
  readonly #sql: PreparedSql;

  constructor(sql: PreparedSql) {
    this.#sql = sql;
  }

  insert(
    job: number,
    kind: TaskKind,
    state: TaskState,
    place: TaskPlace,
    dependsOn: number | null = null,
  ): number {
    return Number(
      this.#sql.run(
        `INSERT INTO tasks (job_id, kind, state, depends_on, device, job_runs, priority, position)
         VALUES (?, ?, ?, ?, ?, 0, ?, ?)`,
        job,
        kind,
        state,
        dependsOn,
        place.device,
        place.priority,
        place.position,
      ).lastInsertRowid,
    );
  }

  get(task: number): TaskRow | null {
    return this.#sql.one<TaskRow>('SELECT id, job_id, kind, state FROM tasks WHERE id = ?', task) ?? null;
  }

  setState(task: number, state: Exclude<TaskState, 'delayed'>): void {
    this.#sql.run('UPDATE tasks SET state = ?, not_before = NULL WHERE id = ?', state, task);
  }

  delay(task: number, until: string): void {
    this.#sql.run(`UPDATE tasks SET state = 'delayed', not_before = ? WHERE id = ?`, until, task);
  }

  /** Frees the tasks of a job that waited for this one. */
  unblock(job: number, finished: number, state: 'ready' | 'held'): void {
    this.#sql.run(
      `UPDATE tasks SET state = ? WHERE job_id = ? AND depends_on = ? AND state = 'blocked'`,
      state,
      job,
      finished,
    );
  }

  /** Hides the waiting tasks of paused jobs. */
  hold(jobs: readonly number[]): void {
    this.#sql.run(
      `UPDATE tasks SET state = 'held', not_before = NULL
       WHERE state IN ('ready', 'delayed') AND job_id IN (SELECT value FROM json_each(?))`,
      idList(jobs),
    );
  }

  release(jobs: readonly number[]): void {
    this.#sql.run(
      `UPDATE tasks SET state = 'ready' WHERE state = 'held' AND job_id IN (SELECT value FROM json_each(?))`,
      idList(jobs),
    );
  }

  /** The rest of a running job goes before jobs that have not begun. */
  setJobRuns(job: number, runs: boolean): void {
    this.#sql.run(
      'UPDATE tasks SET job_runs = ? WHERE job_id = ? AND job_runs <> ?',
      Number(runs),
      job,
      Number(runs),
    );
  }

  place(job: number, priority: number, position: number): void {
    this.#sql.run('UPDATE tasks SET priority = ?, position = ? WHERE job_id = ?', priority, position, job);
  }

  setPriority(jobs: readonly number[], priority: number): void {
    this.#sql.run(
      'UPDATE tasks SET priority = ? WHERE job_id IN (SELECT value FROM json_each(?))',
      priority,
      idList(jobs),
    );
  }

  deleteAllOf(jobs: readonly number[]): void {
    this.#sql.run('DELETE FROM tasks WHERE job_id IN (SELECT value FROM json_each(?))', idList(jobs));
  }

  /** Whether a delay has passed by then. */
  isAnyDue(now: string): boolean {
    return (
      this.#sql.one(`SELECT 1 FROM tasks WHERE state = 'delayed' AND not_before <= ? LIMIT 1`, now) !==
      undefined
    );
  }

  wakeDue(now: string): void {
    this.#sql.run(
      `UPDATE tasks SET state = 'ready', not_before = NULL WHERE state = 'delayed' AND not_before <= ?`,
      now,
    );
  }

  wakeAll(): void {
    this.#sql.run(`UPDATE tasks SET state = 'ready', not_before = NULL WHERE state = 'delayed'`);
  }

  /**
   * The first tasks of each device choice, in the order in which they should start.
   * @param only tasks of these jobs; null for all
   */
  runnable(
    kinds: readonly TaskKind[],
    limitPerChoice: number,
    only: ReadonlySet<JobId> | null,
  ): RunnableTask[] {
    if (only !== null && only.size <= FEW_JOBS) return this.#runnableOf(kinds, limitPerChoice, only);
    const rows: RunnableRow[] = [];
    for (const choice of this.#choices(kinds)) {
      const heads = kinds.flatMap((kind) => this.#heads(kind, choice, limitPerChoice, only));
      rows.push(...heads.sort(inQueueOrder).slice(0, limitPerChoice));
    }
    return rows.sort(inQueueOrder).map(toRunnable);
  }

  #heads(
    kind: TaskKind,
    choice: DeviceChoice,
    limit: number,
    only: ReadonlySet<JobId> | null,
  ): RunnableRow[] {
    const walk = this.#sql.each<RunnableRow>(
      `SELECT ${RUNNABLE} FROM tasks CROSS JOIN jobs ON jobs.id = job_id
       WHERE state = 'ready' AND kind = ? AND tasks.device = ?
       ORDER BY job_runs DESC, tasks.priority DESC, tasks.position, job_id, tasks.id`,
      kind,
      choice,
    );
    const heads: RunnableRow[] = [];
    for (const row of walk) {
      if (only !== null && !only.has(jobIdOf(row.job_id))) continue;
      heads.push(row);
      if (heads.length >= limit) break;
    }
    return heads;
  }

  /** Looks up a few jobs one by one, rather than walk past 100,000 others to find them. */
  #runnableOf(kinds: readonly TaskKind[], limitPerChoice: number, only: ReadonlySet<JobId>): RunnableTask[] {
    const rows = this.#sql.all<RunnableRow>(
      `SELECT ${RUNNABLE} FROM tasks CROSS JOIN jobs ON jobs.id = job_id
       WHERE state = 'ready' AND job_id IN (SELECT value FROM json_each(?))
         AND kind IN (SELECT value FROM json_each(?))`,
      idList([...only].map(Number)),
      JSON.stringify(kinds),
    );
    const taken = new Map<DeviceChoice, number>();
    return rows
      .sort(inQueueOrder)
      .filter((row) => {
        const rank = taken.get(row.device) ?? 0;
        taken.set(row.device, rank + 1);
        return rank < limitPerChoice;
      })
      .map(toRunnable);
  }

  /** The distinct device choices of ready tasks: one seek for each, however many tasks wait. */
  #choices(kinds: readonly TaskKind[]): Set<DeviceChoice> {
    const found = new Set<DeviceChoice>();
    for (const kind of kinds) {
      let after = '';
      for (;;) {
        const next = this.#sql.one<{ device: DeviceChoice | null }>(
          `SELECT min(device) AS device FROM tasks WHERE state = 'ready' AND kind = ? AND device > ?`,
          kind,
          after,
        )?.device;
        if (next == null) break;
        found.add(next);
        after = next;
      }
    }
    return found;
  }
}

function inQueueOrder(a: RunnableRow, b: RunnableRow): number {
  return (
    b.job_runs - a.job_runs ||
    b.priority - a.priority ||
    a.position - b.position ||
    a.job_id - b.job_id ||
    a.id - b.id
  );
}

function toRunnable(row: RunnableRow): RunnableTask {
  return {
    id: String(row.id) as TaskId,
    jobId: jobIdOf(row.job_id),
    kind: row.kind,
    device: row.device,
    priority: row.priority,
    position: row.position,
    work: row.work,
    workAmount: row.work_amount,
  };
}
