import { z } from 'zod';
import type { DeviceId } from '../../common/ids.ts';
import type { Attempt } from '../../common/job.ts';
import { Problem } from '../../common/problem.ts';
import { idList, type PreparedSql } from './prepared-sql.ts';

/**
 * Attempts kept of one job, newest last. A job that waits for a free GPU session for a night would collect thousands.
 */
const KEPT_ATTEMPTS = 100;

interface AttemptRow {
  job_id: number;
  device_id: string;
  device_name: string | null;
  argv: string;
  started_at: string;
  ended_at: string | null;
  exit_code: number | null;
  error: string | null;
  fallback: string | null;
}

const Argv = z.array(z.string());

/** How an attempt ended. */
export interface AttemptEnd {
  readonly at: string;
  readonly exitCode: number | null;
  readonly error: Problem | null;
  /** Whether it counts as a failure of the job. */
  readonly counts: boolean;
}

/** The table of attempts: every run of a task that does a job's work. */
export class AttemptRows {
  readonly #sql: PreparedSql;

  constructor(sql: PreparedSql) {
    this.#sql = sql;
  }

  open(job: number, device: { id: DeviceId; name: string }, at: string, fallback: Problem | null): number {
    this.#sql.run(
      // Those that count are few, and are what three strikes are told by.
      `DELETE FROM attempts WHERE job_id = ? AND counts = 0 AND id <= (
         SELECT id FROM attempts WHERE job_id = ? ORDER BY id DESC LIMIT 1 OFFSET ${KEPT_ATTEMPTS - 1})`,
      job,
      job,
    );
    return Number(
      this.#sql.run(
        'INSERT INTO attempts (job_id, device_id, device_name, started_at, fallback) VALUES (?, ?, ?, ?, ?)',
        job,
        device.id,
        device.name,
        at,
        fallback === null ? null : JSON.stringify(fallback),
      ).lastInsertRowid,
    );
  }

  setArgv(attempt: number, argv: readonly string[]): void {
    this.#sql.run('UPDATE attempts SET argv = ? WHERE id = ?', JSON.stringify(argv), attempt);
  }

  close(attempt: number, end: AttemptEnd): void {
    this.#sql.run(
      'UPDATE attempts SET ended_at = ?, exit_code = ?, error = ?, counts = ? WHERE id = ?',
      end.at,
      end.exitCode,
      end.error === null ? null : JSON.stringify(end.error),
      end.counts ? 1 : 0,
      attempt,
    );
  }

  /** Closes every open attempt of these jobs in the same way. */
  closeAllOf(jobs: readonly number[], at: string, error: Problem): void {
    this.#sql.run(
      `UPDATE attempts SET ended_at = ?, error = ?
       WHERE ended_at IS NULL AND job_id IN (SELECT value FROM json_each(?))`,
      at,
      JSON.stringify(error),
      idList(jobs),
    );
  }

  /** A retry begins a new count; what happened stays on record. */
  forgiveAllOf(jobs: readonly number[]): void {
    this.#sql.run(
      'UPDATE attempts SET counts = 0 WHERE counts = 1 AND job_id IN (SELECT value FROM json_each(?))',
      idList(jobs),
    );
  }

  /** Attempts that count as failures, oldest first. */
  failuresOf(job: number): { device: DeviceId; error: Problem }[] {
    return this.#sql
      .all<{ device_id: DeviceId; error: string }>(
        'SELECT device_id, error FROM attempts WHERE job_id = ? AND counts = 1 AND error IS NOT NULL ORDER BY id',
        job,
      )
      .map((row) => ({ device: row.device_id, error: Problem.parse(JSON.parse(row.error)) }));
  }

  /** Attempts of several jobs, by job, in the order in which they were made. */
  read(jobs: readonly number[]): Map<number, Attempt[]> {
    const rows = this.#sql.all<AttemptRow>(
      `SELECT a.job_id, a.device_id, a.device_name, a.argv, a.started_at, a.ended_at, a.exit_code, a.error, a.fallback
       FROM json_each(?) AS wanted CROSS JOIN attempts AS a ON a.job_id = wanted.value ORDER BY a.id`,
      idList(jobs),
    );
    const byJob = new Map<number, Attempt[]>();
    for (const row of rows) {
      const list = byJob.get(row.job_id) ?? [];
      list.push(toAttempt(row));
      byJob.set(row.job_id, list);
    }
    return byJob;
  }
}

function toAttempt(row: AttemptRow): Attempt {
  return {
    device: row.device_id as DeviceId,
    deviceName: row.device_name ?? row.device_id,
    argv: Argv.parse(JSON.parse(row.argv)),
    startedAt: row.started_at,
    endedAt: row.ended_at,
    exitCode: row.exit_code,
    error: row.error === null ? null : Problem.parse(JSON.parse(row.error)),
    fallback: row.fallback === null ? null : Problem.parse(JSON.parse(row.fallback)),
  };
}
