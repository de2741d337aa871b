import type { EventBatch } from '../common/events.ts';
import type { JobId } from '../common/ids.ts';
import type { QueueSummary } from '../common/job.ts';
import type { JobTracker, TrackedChange } from './job-tracker.ts';
import { pageJobs } from './page-jobs.ts';
import { problemOf } from './problem-of.ts';
import type { EngineApi } from './session.ts';

/** Told what happens while jobs are followed. */
export interface WatchListener {
  changed(change: TrackedChange): void;
  /** After each batch: time to draw. */
  settled(tracker: JobTracker, summary: QueueSummary | null): void;
}

/** Up to this many jobs are asked for one by one; more are found by paging. */
const ASK_ONE_BY_ONE = 20;

/** How following ended: all jobs have ended, or the engine went away first, with what was thrown then. */
export type WatchOutcome = { readonly kind: 'finished' } | { readonly kind: 'lost'; readonly cause: unknown };

/**
 * Follows the tracker's jobs by live events until none is pending.
 *
 * @throws what `signal` was aborted with, and failures of calls to a living engine
 */
export async function watchJobs(
  api: EngineApi,
  tracker: JobTracker,
  listener: WatchListener,
  signal: AbortSignal,
): Promise<WatchOutcome> {
  let summary: QueueSummary | null = null;
  try {
    for await (const batch of await api.events.subscribe(undefined, { signal })) {
      summary = batch.summary ?? summary;
      for (const change of tracker.apply(batch)) listener.changed(change);
      if (mayHaveMissedSomething(batch)) await reload(api, tracker, listener, signal);
      // A page may have been missed while the list moved under it; nothing pending is worth a second look.
      if (tracker.pending.size === 0 && tracker.followsNew) await reload(api, tracker, listener, signal);
      listener.settled(tracker, summary);
      if (tracker.pending.size === 0) return { kind: 'finished' };
    }
  } catch (error) {
    signal.throwIfAborted();
    if (isConnectionLoss(error)) return { kind: 'lost', cause: error };
    throw error;
  }
  signal.throwIfAborted();
  return { kind: 'lost', cause: null };
}

function mayHaveMissedSomething(batch: EventBatch): boolean {
  return batch.reset || batch.truncated;
}

function isConnectionLoss(error: unknown): boolean {
  return problemOf(error).code === 'engine-unreachable';
}

async function reload(
  api: EngineApi,
  tracker: JobTracker,
  listener: WatchListener,
  signal: AbortSignal,
): Promise<void> {
  const see = (changes: readonly TrackedChange[]) => {
    for (const change of changes) listener.changed(change);
  };
  if (tracker.followsNew) {
    for await (const job of pageJobs(api, { status: ['queued', 'running'] }, signal)) see(tracker.see(job));
  }
  const wanted = new Set(tracker.pending);
  if (wanted.size <= ASK_ONE_BY_ONE) {
    for (const id of wanted) see(await askFor(api, tracker, id, signal));
    return;
  }
  // Ids count up, and the newest come first: past the lowest wanted one there is nothing to find.
  const lowest = [...wanted].reduce((least, id) => Math.min(least, Number(id)), Number.POSITIVE_INFINITY);
  for await (const job of pageJobs(api, { order: 'newest' }, signal)) {
    if (Number(job.id) < lowest) break;
    if (wanted.delete(job.id)) see(tracker.see(job));
  }
  for (const id of wanted) see(tracker.lose(id));
}

async function askFor(
  api: EngineApi,
  tracker: JobTracker,
  id: JobId,
  signal: AbortSignal,
): Promise<TrackedChange[]> {
  try {
    return tracker.see(await api.jobs.show({ id }, { signal }));
  } catch (error) {
    if (problemOf(error).code === 'job-not-found') return tracker.lose(id);
    throw error;
  }
}
