import type { Database } from 'better-sqlite3';
import { databaseProblem } from './database-problem.ts';
import { PreparedSql } from './prepared-sql.ts';

type ValueTable =
  | 'settings'
  | 'presets'
  | 'encoder_proofs'
  | 'ffmpeg_answers'
  | 'device_speeds'
  | 'session_limits'
  | 'known_gpus'
  | 'bench_runs';

/** A value as it was found. Its reader checks what it is. */
export interface StoredValue {
  readonly key: string;
  readonly value: unknown;
}

/**
 * A table of JSON values by key.
 * Every method throws a `ProblemError` `database-failed` or `no-space` when the database cannot be read or written.
 */
export class StoredValues {
  readonly #db: Database;
  readonly #sql: PreparedSql;
  readonly #table: string;

  constructor(db: Database, table: ValueTable) {
    this.#db = db;
    this.#sql = new PreparedSql(db);
    this.#table = table;
  }

  /** In the order of the keys. */
  all(): StoredValue[] {
    return this.#guard(() =>
      this.#sql
        .all<{ key: string; value: string }>(`SELECT key, value FROM ${this.#table} ORDER BY key`)
        .map((row) => ({ key: row.key, value: parse(row.value) })),
    );
  }

  get(key: string): StoredValue | null {
    return this.#guard(() => {
      const row = this.#sql.one<{ value: string }>(`SELECT value FROM ${this.#table} WHERE key = ?`, key);
      return row === undefined ? null : { key, value: parse(row.value) };
    });
  }

  /** All or none. */
  set(entries: readonly (readonly [key: string, value: unknown])[]): void {
    this.#guard(() =>
      this.#db
        .transaction(() => {
          for (const [key, value] of entries) {
            this.#sql.run(
              `REPLACE INTO ${this.#table} (key, value) VALUES (?, ?)`,
              key,
              JSON.stringify(value),
            );
          }
        })
        .immediate(),
    );
  }

  delete(key: string): boolean {
    return this.#guard(() => this.#sql.run(`DELETE FROM ${this.#table} WHERE key = ?`, key).changes > 0);
  }

  clear(): void {
    this.#guard(() => this.#sql.run(`DELETE FROM ${this.#table}`));
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw databaseProblem(error, this.#db.name);
    }
  }
}

/** Undefined, which no reader takes for a value, where the text is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
