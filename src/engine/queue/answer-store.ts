import type { Database } from 'better-sqlite3';
import type { AnswerCache } from '../media/ffmpeg-builds.ts';
import { StoredValues } from './stored-values.ts';

/** What ffmpeg programs answered about themselves, kept over restarts. */
export class AnswerStore implements AnswerCache {
  readonly #values: StoredValues;

  constructor(db: Database) {
    this.#values = new StoredValues(db, 'ffmpeg_answers');
  }

  get(key: string): string | null {
    const value = this.#values.get(key)?.value;
    return typeof value === 'string' ? value : null;
  }

  set(key: string, answer: string): void {
    this.#values.set([[key, answer]]);
  }

  clear(): void {
    this.#values.clear();
  }
}
