import type { DeviceId, JobId } from '../../common/ids.ts';
import {
  type Attempt,
  type DeviceChoice,
  type Job,
  JobMetadata,
  JobOutput,
  JobRecipe,
  type JobStatus,
  type Progress,
} from '../../common/job.ts';
import type { PresetId } from '../../common/preset.ts';
import { Problem, problem } from '../../common/problem.ts';
import { SourceInfo } from '../../common/source.ts';
import type { AttemptRows } from './attempt-rows.ts';
import type { JobSituation } from './job-state.ts';
import type { LiveState } from './live-state.ts';
import { foldPath } from './output-paths.ts';
import { idList, type PreparedSql } from './prepared-sql.ts';
import { jobIdOf } from './queue-transactions.ts';
import type { JobDraft, WaitingWork } from './records.ts';

interface JobRow {
  id: number;
  status: JobStatus;
  priority: number;
  ended_at: string | null;
  source: string;
  source_size_bytes: number | null;
  source_duration_ms: number | null;
  source_summary: string | null;
  preset_id: PresetId;
  device: DeviceChoice;
  device_id: DeviceId | null;
  output: string | null;
  error: string | null;
  metadata: string | null;
  created_at: string;
  started_at: string | null;
}

/** What deciding about a job takes, without the rest of it. */
export interface JobHead extends JobSituation {
  readonly row: number;
  readonly device: DeviceChoice;
  readonly priority: number;
  readonly position: number;
}

const NOT_BEGUN: Progress = { fraction: 0, fps: null, speedX: null, etaMs: null };
const COMPLETE: Progress = { fraction: 1, fps: null, speedX: null, etaMs: null };

/** The table of jobs, with their recipes and what is known of their sources. */
export class JobRows {
  readonly #sql: PreparedSql;
  readonly #attempts: AttemptRows;
  readonly #live: LiveState;

  constructor(sql: PreparedSql, attempts: AttemptRows, live: LiveState) {
    this.#sql = sql;
    this.#attempts = attempts;
    this.#live = live;
  }

  /** The row of a recipe; equal recipes share one. */
  recipeRow(recipe: JobRecipe): number {
    const text = JSON.stringify(recipe);
    const known = this.#sql.one<{ id: number }>('SELECT id FROM recipes WHERE recipe = ?', text);
    if (known !== undefined) return known.id;
    return Number(
      this.#sql.run('INSERT INTO recipes (preset_id, recipe) VALUES (?, ?)', recipe.preset.id, text)
        .lastInsertRowid,
    );
  }

  insert(draft: JobDraft, recipe: number, position: number, at: string): number {
    return Number(
      this.#sql.run(
        `INSERT INTO jobs (status, priority, position, source, source_folded, source_size_bytes, recipe_id, device, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        draft.paused ? 'paused' : 'queued',
        draft.priority,
        position,
        draft.source,
        foldPath(draft.source),
        draft.sourceSizeBytes,
        recipe,
        draft.device,
        at,
      ).lastInsertRowid,
    );
  }

  /** Jobs in the order of the ids; an id without a job is left out. */
  read(ids: readonly number[]): Job[] {
    const attempts = this.#attempts.read(ids);
    return this.#sql
      .all<JobRow>(
        `SELECT j.id, j.status, j.priority, j.ended_at, j.source, j.source_size_bytes, j.source_duration_ms,
           j.source_summary, r.preset_id, j.device, j.device_id, j.output, j.error, j.metadata, j.created_at, j.started_at
         FROM json_each(?) AS wanted
         CROSS JOIN jobs AS j ON j.id = wanted.value
         CROSS JOIN recipes AS r ON r.id = j.recipe_id
         ORDER BY wanted.key`,
        idList(ids),
      )
      .map((row) => this.#toJob(row, attempts.get(row.id) ?? []));
  }

  /** What is needed to decide about jobs, by row. */
  heads(ids: readonly number[]): Map<number, JobHead> {
    const rows = this.#sql.all<{
      id: number;
      status: JobStatus;
      device: DeviceChoice;
      priority: number;
      position: number;
      begun: number;
      publishing: number;
    }>(
      `SELECT j.id, j.status, j.device, j.priority, j.position,
         EXISTS (SELECT 1 FROM leases WHERE job_id = j.id AND kind <> 'inspect') AS begun,
         EXISTS (SELECT 1 FROM leases WHERE job_id = j.id AND publishing IS NOT NULL) AS publishing
       FROM json_each(?) AS wanted CROSS JOIN jobs AS j ON j.id = wanted.value`,
      idList(ids),
    );
    return new Map(
      rows.map(({ id, begun, publishing, ...rest }) => [
        id,
        { ...rest, row: id, id: jobIdOf(id), isBegun: begun === 1, isPublishing: publishing === 1 },
      ]),
    );
  }

  /** @throws ProblemError `job-not-found` */
  recipe(id: JobId): JobRecipe {
    const found = this.#sql.one<{ recipe: string }>(
      'SELECT r.recipe FROM jobs AS j JOIN recipes AS r ON r.id = j.recipe_id WHERE j.id = ?',
      Number(id),
    );
    if (found === undefined) throw jobNotFound(id);
    return JobRecipe.parse(JSON.parse(found.recipe));
  }

  /** What inspecting found; null before, and where an older Gantry wrote what this one cannot read. */
  sourceInfo(job: number): SourceInfo | null {
    const found = this.#sql.one<{ info: string }>('SELECT info FROM source_infos WHERE job_id = ?', job);
    if (found === undefined) return null;
    const parsed = SourceInfo.safeParse(JSON.parse(found.info));
    return parsed.success ? parsed.data : null;
  }

  setSource(
    job: number,
    info: SourceInfo,
    summary: string,
    work: { readonly id: string; readonly amount: number | null } | null,
  ): void {
    this.#sql.run('REPLACE INTO source_infos (job_id, info) VALUES (?, ?)', job, JSON.stringify(info));
    this.#sql.run(
      `UPDATE jobs SET source_size_bytes = ?, source_duration_ms = ?, source_summary = ?, work = ?, work_amount = ?
       WHERE id = ?`,
      info.sizeBytes,
      info.durationMs,
      summary,
      work?.id ?? null,
      work?.amount ?? null,
      job,
    );
  }

  /** What waits, added up by device choice and class of work. */
  waitingWork(): WaitingWork[] {
    return this.#sql.all<WaitingWork>(
      `SELECT device, work, count(*) AS count, total(work_amount) AS amount,
         sum(work_amount IS NULL) AS unknownCount
       FROM jobs WHERE status = 'queued' GROUP BY device, work`,
    );
  }

  /** @param endedAt null for a state in which the job has not ended */
  setStatus(ids: readonly number[], status: JobStatus, endedAt: string | null): void {
    this.#sql.run(
      'UPDATE jobs SET status = ?, ended_at = ? WHERE id IN (SELECT value FROM json_each(?))',
      status,
      endedAt,
      idList(ids),
    );
  }

  start(job: number, device: DeviceId, at: string): void {
    this.#sql.run(
      `UPDATE jobs SET status = 'running', device_id = ?, started_at = coalesce(started_at, ?) WHERE id = ?`,
      device,
      at,
      job,
    );
  }

  end(
    job: number,
    end: {
      status: 'done' | 'failed' | 'cancelled';
      at: string;
      output?: JobOutput;
      error?: Problem;
      metadata?: JobMetadata | null;
    },
  ): void {
    const text = (value: object | null | undefined) => (value == null ? null : JSON.stringify(value));
    this.#sql.run(
      'UPDATE jobs SET status = ?, ended_at = ?, output = ?, error = ?, metadata = ? WHERE id = ?',
      end.status,
      end.at,
      text(end.output),
      text(end.error),
      text(end.metadata),
      job,
    );
  }

  /** Makes a job that has ended as if it were new, at the end of the queue. */
  renew(job: number, position: number): void {
    this.#sql.run(
      `UPDATE jobs SET status = 'queued', position = ?, ended_at = NULL, started_at = NULL, output = NULL, error = NULL,
         metadata = NULL WHERE id = ?`,
      position,
      job,
    );
  }

  place(job: number, priority: number, position: number): void {
    this.#sql.run('UPDATE jobs SET priority = ?, position = ? WHERE id = ?', priority, position, job);
  }

  setPriority(ids: readonly number[], priority: number): void {
    this.#sql.run(
      'UPDATE jobs SET priority = ? WHERE id IN (SELECT value FROM json_each(?))',
      priority,
      idList(ids),
    );
  }

  delete(ids: readonly number[]): void {
    this.#sql.run('DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))', idList(ids));
  }

  idsIn(status: JobStatus): number[] {
    return this.#sql.all<{ id: number }>('SELECT id FROM jobs WHERE status = ?', status).map((row) => row.id);
  }

  /** Recipes that no job has any more. */
  pruneRecipes(): void {
    this.#sql.run('DELETE FROM recipes WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE recipe_id = recipes.id)');
  }

  #toJob(row: JobRow, attempts: Attempt[]): Job {
    return {
      id: jobIdOf(row.id),
      status: row.status,
      source: row.source,
      sourceSizeBytes: row.source_size_bytes,
      sourceDurationMs: row.source_duration_ms,
      sourceSummary: row.source_summary,
      preset: row.preset_id,
      device: row.device,
      deviceId: row.device_id,
      priority: row.priority,
      progress: row.status === 'done' ? COMPLETE : (this.#live.progress(row.id) ?? NOT_BEGUN),
      waitingFor: row.status === 'queued' ? this.#live.waitingFor(row.id) : null,
      output: row.output === null ? null : JobOutput.parse(JSON.parse(row.output)),
      error: row.error === null ? null : Problem.parse(JSON.parse(row.error)),
      attempts,
      metadata: row.metadata === null ? null : JobMetadata.parse(JSON.parse(row.metadata)),
      createdAt: row.created_at,
      startedAt: row.started_at,
      endedAt: row.ended_at,
    };
  }
}

/** A job that was just added, without reading it back. */
export function newJob(id: number, draft: JobDraft, at: string): Job {
  return {
    id: jobIdOf(id),
    status: draft.paused ? 'paused' : 'queued',
    source: draft.source,
    sourceSizeBytes: draft.sourceSizeBytes,
    sourceDurationMs: null,
    sourceSummary: null,
    preset: draft.recipe.preset.id,
    device: draft.device,
    deviceId: null,
    priority: draft.priority,
    progress: NOT_BEGUN,
    waitingFor: null,
    output: null,
    error: null,
    attempts: [],
    metadata: null,
    createdAt: at,
    startedAt: null,
    endedAt: null,
  };
}

export function jobNotFound(id: JobId) {
  return problem('job-not-found', `There is no job ${id}.`, 'List the queue to see its jobs.');
}
