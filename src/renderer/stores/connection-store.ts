import { create } from 'zustand';
import { ProblemError } from '../../common/problem.ts';
import type { EngineConnection } from '../connection/engine-client.ts';
import { text } from '../text/en.ts';

export type ConnectionPhase =
  /** The first try is under way: nothing to show yet. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open'; readonly connection: EngineConnection }
  /** Was open, or could not be opened; the next try comes by itself. `everOpen` tells whether data is on screen. */
  | { readonly kind: 'reconnecting'; readonly everOpen: boolean }
  /** Needs a token from the person. */
  | { readonly kind: 'unauthorized'; readonly reason: 'missing' | 'refused' };

export const useConnection = create<{ phase: ConnectionPhase }>(() => ({ phase: { kind: 'connecting' } }));

/** The open connection for a view that reads by itself; null while there is none. A new one is a reason to read again. */
export function useOpenConnection(): EngineConnection | null {
  return useConnection(({ phase }) => (phase.kind === 'open' ? phase.connection : null));
}

/** The open connection. Throws a `ProblemError` while there is none. */
export function engine(): EngineConnection {
  const { phase } = useConnection.getState();
  if (phase.kind !== 'open') throw new ProblemError(text.problems.notConnected);
  return phase.connection;
}
