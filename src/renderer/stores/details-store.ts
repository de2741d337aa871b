import { create } from 'zustand';
import type { JobId } from '../../common/ids.ts';
import { attempt } from '../connection/attempt.ts';
import { problemOf } from '../connection/problem-of.ts';
import { pinJob, readPinned } from './jobs-store.ts';

/** The job whose details are open; null when the pane is closed. */
export const useDetails = create<{ jobId: JobId | null }>(() => ({ jobId: null }));

export function openDetails(id: JobId): void {
  useDetails.setState({ jobId: id });
  void attempt(() => pinJob(id));
}

export function closeDetails(): void {
  useDetails.setState({ jobId: null });
  void attempt(() => pinJob(null));
}

/** What was shown may be stale after a reconnect: it is read again, and the pane closes where the job is gone. */
export async function refreshDetails(): Promise<void> {
  const { jobId } = useDetails.getState();
  if (jobId === null) return;
  const isThere = await readPinned(jobId).then(
    () => true,
    (error: unknown) => problemOf(error).code !== 'job-not-found',
  );
  if (!isThere && useDetails.getState().jobId === jobId) closeDetails();
}

/** The pane closes when its job is forgotten. */
export function forgetDetails(removed: readonly JobId[]): void {
  const { jobId } = useDetails.getState();
  if (jobId !== null && removed.includes(jobId)) closeDetails();
}

/** With the pane open, it shows the row that the keyboard or the pointer moved to. */
export function followDetails(id: JobId): void {
  if (useDetails.getState().jobId !== null) openDetails(id);
}
