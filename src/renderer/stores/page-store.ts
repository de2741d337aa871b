import { create } from 'zustand';

export const PAGES = ['queue', 'devices', 'bench', 'presets', 'settings'] as const;
export type Page = (typeof PAGES)[number];

/** Which page the address names after its `#/`; the queue when it names none. */
export function pageOf(hash: string): Page {
  const name = hash.replace(/^#\/?/, '');
  return PAGES.find((page) => page === name) ?? 'queue';
}

export const usePage = create<{ page: Page }>(() => ({ page: 'queue' }));

/** Keeps the store in step with the address, so that reload and the back button work. */
export function followAddress(): void {
  const follow = () => usePage.setState({ page: pageOf(window.location.hash) });
  window.addEventListener('hashchange', follow);
  follow();
}
