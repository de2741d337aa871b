import { create } from 'zustand';
import type { Preset, PresetEntry, PresetId } from '../../common/preset.ts';
import { engine } from './connection-store.ts';

/** Null before the first answer. */
export const usePresets = create<{ presets: readonly PresetEntry[] | null }>(() => ({ presets: null }));

export async function loadPresets(): Promise<void> {
  const { presets } = await engine().api.presets.list();
  usePresets.setState({ presets });
}

export async function savePreset(preset: Preset): Promise<PresetEntry> {
  const saved = await engine().api.presets.save(preset);
  await loadPresets();
  return saved;
}

export async function removePreset(id: PresetId): Promise<void> {
  await engine().api.presets.remove({ id });
  await loadPresets();
}
