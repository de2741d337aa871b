import { create } from 'zustand';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const STORAGE_KEY = 'gantry.theme';

export const useTheme = create<{ theme: Theme }>(() => ({ theme: 'system' }));

/** `system` follows the system's setting, live. The choice is kept in this browser. */
export function setTheme(theme: Theme): void {
  useTheme.setState({ theme });
  localStorage.setItem(STORAGE_KEY, theme);
  show(theme);
}

export function restoreTheme(): void {
  const kept = localStorage.getItem(STORAGE_KEY);
  const theme = THEMES.find((name) => name === kept) ?? 'system';
  useTheme.setState({ theme });
  show(theme);
}

function show(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}
