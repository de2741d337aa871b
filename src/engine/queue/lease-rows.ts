import { z } from 'zod';
import type { DeviceId, TaskId } from '../../common/ids.ts';
import { JobMetadata, JobOutput } from '../../common/job.ts';
import type { ProcessIdentity } from '../hosts/host.ts';
import { idList, type PreparedSql } from './prepared-sql.ts';
import { jobIdOf } from './queue-transactions.ts';
import type { Lease, Publishing, TaskKind } from './records.ts';

interface LeaseRow {
  task_id: number;
  job_id: number;
  kind: TaskKind;
  device_id: string;
  started_at: string;
  attempt_id: number | null;
  pid: number | null;
  start_mark: string | null;
  temporary_path: string | null;
  publishing: string | null;
  is_suspended: number;
}

/** A lease as it is kept, with the rows it hangs on. */
export interface HeldLease {
  readonly lease: Lease;
  readonly task: number;
  readonly job: number;
  /** Null for a task that is no attempt at the job's work. */
  readonly attempt: number | null;
}

/** What can be noted on a lease while its task runs. */
export interface LeaseNotes {
  readonly process?: ProcessIdentity | null;
  readonly temporaryPath?: string | null;
  readonly publishing?: Publishing | null;
  readonly isSuspended?: boolean;
}

const StoredPublishing = z.object({
  finalPath: z.string(),
  fileId: z.string(),
  output: JobOutput,
  metadata: JobMetadata.optional(),
});

const COLUMNS =
  'task_id, job_id, kind, device_id, started_at, attempt_id, pid, start_mark, temporary_path, publishing, is_suspended';

/** The table of leases, and that of what ended leases may have left behind. */
export class LeaseRows {
  readonly #sql: PreparedSql;

  constructor(sql: PreparedSql) {
    this.#sql = sql;
  }

  insert(lease: {
    task: number;
    job: number;
    kind: TaskKind;
    device: DeviceId;
    at: string;
    attempt: number | null;
  }): void {
    this.#sql.run(
      'INSERT INTO leases (task_id, job_id, kind, device_id, started_at, attempt_id) VALUES (?, ?, ?, ?, ?, ?)',
      lease.task,
      lease.job,
      lease.kind,
      lease.device,
      lease.at,
      lease.attempt,
    );
  }

  get(task: number): HeldLease | null {
    const row = this.#sql.one<LeaseRow>(`SELECT ${COLUMNS} FROM leases WHERE task_id = ?`, task);
    return row === undefined ? null : toHeld(row);
  }

  all(): HeldLease[] {
    return this.#sql.all<LeaseRow>(`SELECT ${COLUMNS} FROM leases ORDER BY task_id`).map(toHeld);
  }

  /** Read from all leases, which are few, rather than job by job: the jobs may be 100,000. */
  ofJobs(jobs: ReadonlySet<number>): HeldLease[] {
    return this.all().filter((held) => jobs.has(held.job));
  }

  delete(task: number): void {
    this.#sql.run('DELETE FROM leases WHERE task_id = ?', task);
  }

  note(task: number, notes: LeaseNotes): void {
    if (notes.process !== undefined) {
      this.#sql.run(
        'UPDATE leases SET pid = ?, start_mark = ? WHERE task_id = ?',
        notes.process?.pid ?? null,
        notes.process?.startMark ?? null,
        task,
      );
    }
    if (notes.temporaryPath !== undefined) {
      this.#sql.run('UPDATE leases SET temporary_path = ? WHERE task_id = ?', notes.temporaryPath, task);
    }
    if (notes.publishing !== undefined) {
      this.#sql.run(
        'UPDATE leases SET publishing = ? WHERE task_id = ?',
        notes.publishing === null ? null : JSON.stringify(notes.publishing),
        task,
      );
    }
    if (notes.isSuspended !== undefined) {
      this.#sql.run('UPDATE leases SET is_suspended = ? WHERE task_id = ?', notes.isSuspended ? 1 : 0, task);
    }
  }

  /** Ends leases and remembers what they may leave behind. */
  leaveBehind(tasks: readonly number[]): void {
    this.#sql.run(
      `REPLACE INTO leftovers (${COLUMNS})
       SELECT ${COLUMNS} FROM leases WHERE task_id IN (SELECT value FROM json_each(?))`,
      idList(tasks),
    );
    this.#sql.run('DELETE FROM leases WHERE task_id IN (SELECT value FROM json_each(?))', idList(tasks));
  }

  leftovers(): Lease[] {
    return this.#sql
      .all<LeaseRow>(`SELECT ${COLUMNS} FROM leftovers ORDER BY task_id`)
      .map((row) => toHeld(row).lease);
  }

  forgetLeftover(task: number): void {
    this.#sql.run('DELETE FROM leftovers WHERE task_id = ?', task);
  }
}

function toHeld(row: LeaseRow): HeldLease {
  return {
    task: row.task_id,
    job: row.job_id,
    attempt: row.attempt_id,
    lease: {
      taskId: String(row.task_id) as TaskId,
      jobId: jobIdOf(row.job_id),
      kind: row.kind,
      deviceId: row.device_id as DeviceId,
      startedAt: row.started_at,
      process: row.pid === null ? null : { pid: row.pid, startMark: row.start_mark },
      temporaryPath: row.temporary_path,
      publishing: row.publishing === null ? null : toPublishing(row.publishing),
      isSuspended: row.is_suspended === 1,
    },
  };
}

function toPublishing(text: string): Publishing {
  const { metadata, ...rest } = StoredPublishing.parse(JSON.parse(text));
  return metadata === undefined ? rest : { ...rest, metadata };
}
