import type { Database } from 'better-sqlite3';
import { SpeedBook, SpeedEntry } from '../scheduler/speeds.ts';
import { StoredValues } from './stored-values.ts';

/** What was learned of the devices' speed, kept over restarts. An entry that this version cannot read is learned anew. */
export class SpeedStore {
  readonly #values: StoredValues;

  constructor(db: Database) {
    this.#values = new StoredValues(db, 'device_speeds');
  }

  load(): SpeedBook {
    return SpeedBook.from(
      this.#values.all().flatMap(({ value }) => {
        const entry = SpeedEntry.safeParse(value);
        return entry.success ? [entry.data] : [];
      }),
    );
  }

  save(entry: SpeedEntry): void {
    this.#values.set([[`${entry.work} ${entry.deviceId}`, entry]]);
  }
}
