import { create } from 'zustand';
import type { Settings, SettingsPatch } from '../../common/settings.ts';
import { engine } from './connection-store.ts';

/** Null before the first answer. */
export const useSettings = create<{ settings: Settings | null }>(() => ({ settings: null }));

export async function loadSettings(): Promise<void> {
  useSettings.setState({ settings: await engine().api.settings.get() });
}

export async function updateSettings(patch: SettingsPatch): Promise<void> {
  useSettings.setState({ settings: await engine().api.settings.update(patch) });
}
