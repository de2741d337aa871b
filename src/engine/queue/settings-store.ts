import type { Database } from 'better-sqlite3';
import { Settings, type SettingsPatch } from '../../common/settings.ts';
import { StoredValues } from './stored-values.ts';

/**
 * The settings. What was never set has its default, and so has each single value that this version does not know or take:
 * one bad value does not cost the others.
 */
export class SettingsStore {
  readonly #values: StoredValues;

  constructor(db: Database) {
    this.#values = new StoredValues(db, 'settings');
  }

  get(): Settings {
    const usable = this.#values
      .all()
      .filter(({ key, value }) => Settings.safeParse({ [key]: value }).success);
    return Settings.parse(Object.fromEntries(usable.map(({ key, value }) => [key, value])));
  }

  /** Changes what is named, also within `output`, and returns them all. */
  update(patch: SettingsPatch): Settings {
    const { output, ...rest } = patch;
    const changes: [string, unknown][] = Object.entries(rest).filter(([, value]) => value !== undefined);
    const outputChanges = Object.entries(output ?? {}).filter(([, value]) => value !== undefined);
    if (outputChanges.length > 0) {
      changes.push(['output', { ...this.get().output, ...Object.fromEntries(outputChanges) }]);
    }
    this.#values.set(changes);
    return this.get();
  }
}
