import type { Database } from 'better-sqlite3';
import { Preset, type PresetId } from '../../common/preset.ts';
import { type StoredValue, StoredValues } from './stored-values.ts';

/** People's own presets. One that this version cannot read is left out and stays stored. */
export class PresetStore {
  readonly #values: StoredValues;

  constructor(db: Database) {
    this.#values = new StoredValues(db, 'presets');
  }

  /** In the order of their ids. */
  list(): Preset[] {
    return this.#values.all().flatMap((stored) => {
      const preset = toPreset(stored);
      return preset === null ? [] : [preset];
    });
  }

  get(id: PresetId): Preset | null {
    const stored = this.#values.get(id);
    return stored === null ? null : toPreset(stored);
  }

  /** Adds the preset, or replaces the one with its id. */
  save(preset: Preset): void {
    this.#values.set([[preset.id, preset]]);
  }

  /** False when there was none. */
  remove(id: PresetId): boolean {
    return this.#values.delete(id);
  }
}

function toPreset(stored: StoredValue): Preset | null {
  const parsed = Preset.safeParse(stored.value);
  return parsed.success ? parsed.data : null;
}
