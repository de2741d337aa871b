import type { Preset, PresetEntry } from '../../common/preset.ts';
import { problem } from '../../common/problem.ts';
import type { PresetStore } from '../queue/preset-store.ts';
import { presetConflict } from './preset-conflict.ts';
import { BUILT_IN_PRESETS } from './presets.ts';

/** The presets that came with the app and a person's own, under one roof. */
export class PresetCatalog {
  readonly #own: PresetStore;

  constructor(own: PresetStore) {
    this.#own = own;
  }

  list(): PresetEntry[] {
    return [
      ...BUILT_IN_PRESETS.map((preset) => ({ ...preset, builtIn: true })),
      ...this.#own.list().map((preset) => ({ ...preset, builtIn: false })),
    ];
  }

  /** Throws `preset-not-found`, naming what there is. */
  get(id: string): PresetEntry {
    const all = this.list();
    const found = all.find((preset) => preset.id === id);
    if (found !== undefined) return found;
    throw problem(
      'preset-not-found',
      `There is no preset "${id}".`,
      `Choose one of: ${all.map((p) => p.id).join(', ')}.`,
    );
  }

  /** Throws `preset-is-built-in`, and `preset-invalid` for settings that cannot go together. */
  save(preset: Preset): PresetEntry {
    this.#refuseBuiltIn(preset.id);
    const conflict = presetConflict(preset);
    if (conflict !== null) throw problem('preset-invalid', conflict.message, conflict.nextStep);
    this.#own.save(preset);
    return { ...preset, builtIn: false };
  }

  /** Throws `preset-is-built-in` and `preset-not-found`. */
  remove(id: string): void {
    this.#refuseBuiltIn(id);
    if (!this.#own.remove(id)) this.get(id);
  }

  #refuseBuiltIn(id: string): void {
    if (!BUILT_IN_PRESETS.some((preset) => preset.id === id)) return;
    throw problem(
      'preset-is-built-in',
      `The preset "${id}" came with Gantry and stays as it is.`,
      'Save the changes under another id.',
    );
  }
}
