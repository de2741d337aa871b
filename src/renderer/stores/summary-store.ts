import { create } from 'zustand';
import type { QueueSummary } from '../../common/job.ts';

/** Counts, ETA and whether the queue is paused; null before the first answer. */
export const useSummary = create<{ summary: QueueSummary | null }>(() => ({ summary: null }));
