import { create } from 'zustand';
import type { JobId } from '../../common/ids.ts';
import { attempt } from '../connection/attempt.ts';
import { pinJob } from './jobs-store.ts';

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

/** With the pane open, it shows the row that the keyboard or the pointer moved to. */
export function followDetails(id: JobId): void {
  if (useDetails.getState().jobId !== null) openDetails(id);
}
