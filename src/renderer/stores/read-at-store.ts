import { create } from 'zustand';

/** The moment that the pointer or the keyboard reads in a chart, the same in all of them; null reads what is now. */
export const useReadAt = create<{ readonly atMs: number | null }>(() => ({ atMs: null }));

export function readAt(atMs: number | null): void {
  if (useReadAt.getState().atMs !== atMs) useReadAt.setState({ atMs });
}
