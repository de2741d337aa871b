import type { Job } from '../common/job.ts';
import { EXIT, type ExitCode } from './exit-code.ts';

/** What became of a job that has ended. */
export type Outcome = 'done' | 'skipped' | 'failed' | 'cancelled';

/** A cancelled job whose output was there already did what `--on-existing skip` asks for. */
export function outcomeOf(job: Job): Outcome {
  if (job.status === 'done') return 'done';
  if (job.status === 'failed') return 'failed';
  return job.error?.code === 'output-exists' ? 'skipped' : 'cancelled';
}

/** How many inputs came to which end. */
export class OutcomeTally {
  readonly #counts = { done: 0, skipped: 0, failed: 0, cancelled: 0, rejected: 0, removed: 0 };

  count(end: Outcome | 'rejected' | 'removed', by = 1): void {
    this.#counts[end] += by;
  }

  /** Success means that every input was encoded, or skipped on request. */
  exitCode(): ExitCode {
    const { failed, cancelled, rejected, removed } = this.#counts;
    return failed + cancelled + rejected + removed === 0 ? EXIT.ok : EXIT.failed;
  }

  /** E.g. `18 done, 1 failed, 1 not added`. */
  text(): string {
    const { done, skipped, failed, cancelled, rejected, removed } = this.#counts;
    const parts = [`${done} done`];
    if (skipped > 0) parts.push(`${skipped} skipped`);
    if (failed > 0) parts.push(`${failed} failed`);
    if (cancelled > 0) parts.push(`${cancelled} cancelled`);
    if (rejected > 0) parts.push(`${rejected} not added`);
    if (removed > 0) parts.push(`${removed} removed`);
    return parts.join(', ');
  }
}
