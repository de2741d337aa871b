import type { Database, RunResult, Statement } from 'better-sqlite3';

export type SqlValue = string | number | null;

/** Runs SQL by its text and compiles each text once, so that a query can stand beside the code that uses it. */
export class PreparedSql {
  readonly #db: Database;
  readonly #statements = new Map<string, Statement<SqlValue[]>>();

  constructor(db: Database) {
    this.#db = db;
  }

  run(sql: string, ...values: SqlValue[]): RunResult {
    return this.#statement(sql).run(...values);
  }

  /** The first row, or undefined. The caller names the row's type, which the schema answers for. */
  one<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** Rows one by one, for as long as the caller wants more. Nothing may be written meanwhile. */
  each<Row>(sql: string, ...values: SqlValue[]): IterableIterator<Row> {
    return this.#statement(sql).iterate(...values) as IterableIterator<Row>;
  }

  #statement(sql: string): Statement<SqlValue[]> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare<SqlValue[]>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Many row ids as one parameter: `WHERE id IN (SELECT value FROM json_each(?))` takes any number of them. */
export function idList(ids: readonly number[]): string {
  return JSON.stringify(ids);
}
