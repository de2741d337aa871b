import type { Progress } from '../../common/job.ts';

/**
 * What is true only while this engine runs: progress, and why a job waits. Kept in memory, because writing it would cost a
 * transaction several times a second and it means nothing after a restart.
 */
export class LiveState {
  readonly #progress = new Map<number, Progress>();
  readonly #waitingFor = new Map<number, string>();

  progress(job: number): Progress | null {
    return this.#progress.get(job) ?? null;
  }

  setProgress(job: number, progress: Progress): void {
    this.#progress.set(job, progress);
  }

  waitingFor(job: number): string | null {
    return this.#waitingFor.get(job) ?? null;
  }

  /** Whether that was news. */
  setWaitingFor(job: number, sentence: string | null): boolean {
    if (this.waitingFor(job) === sentence) return false;
    if (sentence === null) this.#waitingFor.delete(job);
    else this.#waitingFor.set(job, sentence);
    return true;
  }

  forget(jobs: Iterable<number>): void {
    for (const job of jobs) {
      this.#progress.delete(job);
      this.#waitingFor.delete(job);
    }
  }
}
