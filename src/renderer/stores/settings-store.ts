import { create } from 'zustand';
import type { Settings, SettingsPatch } from '../../common/settings.ts';
import { changedSettings } from '../settings/changed-settings.ts';
import { engine } from './connection-store.ts';

/** Null before the first answer. */
export const useSettings = create<{ settings: Settings | null }>(() => ({ settings: null }));

export async function loadSettings(): Promise<void> {
  const read = await engine().api.settings.get();
  useSettings.setState(({ settings }) => {
    // The same settings read again, after a reconnect, must not undo what is being typed.
    const isSame = settings !== null && Object.keys(changedSettings(settings, read)).length === 0;
    return isSame ? {} : { settings: read };
  });
}

export async function updateSettings(patch: SettingsPatch): Promise<void> {
  useSettings.setState({ settings: await engine().api.settings.update(patch) });
}
