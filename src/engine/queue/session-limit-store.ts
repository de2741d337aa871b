import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import type { LearnedLimit } from '../devices/session-limits.ts';
import { StoredValues } from './stored-values.ts';

const Learned = z.object({
  limit: z.number().int().positive(),
  atMs: z.number(),
  refusals: z.number().int().nonnegative(),
});

/** Session limits that were run into, kept over restarts. One that this version cannot read counts as never learned. */
export class SessionLimitStore {
  readonly #values: StoredValues;

  constructor(db: Database) {
    this.#values = new StoredValues(db, 'session_limits');
  }

  get(key: string): LearnedLimit | null {
    const parsed = Learned.safeParse(this.#values.get(key)?.value);
    return parsed.success ? parsed.data : null;
  }

  set(key: string, learned: LearnedLimit): void {
    this.#values.set([[key, learned]]);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }
}
