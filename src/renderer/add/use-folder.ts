import { useCallback, useEffect, useState } from 'react';
import type { FolderListing } from '../../common/contract/sources.ts';
import type { Problem } from '../../common/problem.ts';
import { problemOf } from '../connection/problem-of.ts';
import { engine } from '../stores/connection-store.ts';

/** Where the last visit ended, so that the next one starts there. */
let lastFolder: string | null = null;

interface FolderState {
  readonly listing: FolderListing | null;
  /** Why the folder asked for last could not be read; the old listing stays. */
  readonly problem: Problem | null;
  readonly isReading: boolean;
}

/** A folder of the engine's machine, and a way to another one. */
export function useFolder() {
  const [state, setState] = useState<FolderState>({ listing: null, problem: null, isReading: true });
  const go = useCallback(async (path: string | null): Promise<void> => {
    setState((old) => ({ ...old, isReading: true, problem: null }));
    try {
      const listing = await engine().api.sources.browse({ path });
      lastFolder = listing.path;
      setState({ listing, problem: null, isReading: false });
    } catch (error) {
      setState((old) => ({ ...old, problem: problemOf(error), isReading: false }));
    }
  }, []);
  useEffect(() => {
    void go(lastFolder).then(() => undefined);
  }, [go]);
  return { ...state, go };
}
