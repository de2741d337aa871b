import type { Database } from 'better-sqlite3';
import { type BenchId, BenchRun } from '../../common/bench.ts';
import { type StoredValue, StoredValues } from './stored-values.ts';

/** Benchmark runs. One that this version cannot read is left out and stays stored. */
export class BenchStore {
  readonly #values: StoredValues;

  constructor(db: Database) {
    this.#values = new StoredValues(db, 'bench_runs');
  }

  /** In the order of their ids, which is the order of time. */
  list(): BenchRun[] {
    return this.#values.all().flatMap((stored) => {
      const run = toRun(stored);
      return run === null ? [] : [run];
    });
  }

  /** Adds the run, or replaces the one with its id. */
  save(run: BenchRun): void {
    this.#values.set([[run.id, run]]);
  }

  /** False when there was none. */
  remove(id: BenchId): boolean {
    return this.#values.delete(id);
  }
}

function toRun(stored: StoredValue): BenchRun | null {
  const parsed = BenchRun.safeParse(stored.value);
  return parsed.success ? parsed.data : null;
}
