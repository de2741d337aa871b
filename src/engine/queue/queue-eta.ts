import type { Job } from '../../common/job.ts';

/** Finished jobs that the estimate looks back on. */
const LOOK_BACK = 20;

/**
 * When the queue is empty, from how long the last jobs took. Knows nothing, and says so, until one has ended or when
 * nothing waits whose length could be told.
 */
export class QueueEta {
  #recentMs: number[] = [];

  /** Takes in how long a finished job ran. */
  finished(durationMs: number): void {
    this.#recentMs = [...this.#recentMs.slice(1 - LOOK_BACK), durationMs];
  }

  /** Milliseconds, or null while not known. `slots` is how many jobs run at once. */
  estimate(queue: { waiting: number; running: readonly Job[]; slots: number }): number | null {
    const { waiting, running, slots } = queue;
    if (waiting === 0 && running.length === 0) return null;
    const rest = running.map((job) => job.progress.etaMs);
    if (rest.some((etaMs) => etaMs === null)) return null;
    const longest = Math.max(0, ...rest.map((etaMs) => etaMs ?? 0));
    if (waiting === 0) return longest;
    if (this.#recentMs.length === 0) return null;
    const mean = this.#recentMs.reduce((sum, ms) => sum + ms, 0) / this.#recentMs.length;
    const total = rest.reduce<number>((sum, etaMs) => sum + (etaMs ?? 0), 0) + waiting * mean;
    return Math.round(Math.max(longest, total / Math.max(1, slots)));
  }
}
