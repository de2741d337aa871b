import { idList, type PreparedSql } from './prepared-sql.ts';

/** A path with letter case and Unicode form folded: equal for two names that a disk may hold to be one. */
export function foldPath(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

/** Final paths that jobs have chosen and not yet written, so that two jobs never write one file. */
export class OutputPaths {
  readonly #sql: PreparedSql;
  readonly #ignoresCase: boolean;

  /** @param platform of the machine that holds the files; Windows and macOS ignore letter case */
  constructor(sql: PreparedSql, platform: NodeJS.Platform) {
    this.#sql = sql;
    this.#ignoresCase = platform === 'win32' || platform === 'darwin';
  }

  /**
   * Takes the path for the job, in place of one it had. False when another job has it, when the job is over, or when the path
   * is the source of any job that has not ended, its own included: that is compared without letter case on every system,
   * because a disk that ignores it may be mounted anywhere.
   */
  reserve(job: number, path: string): boolean {
    const key = this.#ignoresCase ? foldPath(path) : path;
    const owner = this.#sql.one<{ job_id: number }>(
      'SELECT job_id FROM output_paths WHERE path_key = ?',
      key,
    );
    if (owner !== undefined) return owner.job_id === job;
    const source = this.#sql.one(
      'SELECT 1 FROM jobs WHERE source_folded = ? AND ended_at IS NULL LIMIT 1',
      foldPath(path),
    );
    if (source !== undefined) return false;
    if (this.#sql.one('SELECT 1 FROM jobs WHERE id = ? AND ended_at IS NULL', job) === undefined)
      return false;
    this.#sql.run('REPLACE INTO output_paths (path_key, job_id, path) VALUES (?, ?, ?)', key, job, path);
    return true;
  }

  releaseAllOf(jobs: readonly number[]): void {
    this.#sql.run('DELETE FROM output_paths WHERE job_id IN (SELECT value FROM json_each(?))', idList(jobs));
  }
}
