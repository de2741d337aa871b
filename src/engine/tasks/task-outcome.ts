import type { JobMetadata, JobOutput } from '../../common/job.ts';
import type { Problem } from '../../common/problem.ts';
import type { SourceInfo } from '../../common/source.ts';

/** How a task ended. The dispatcher writes it to the queue. */
export type TaskOutcome =
  | { readonly kind: 'inspected'; readonly info: SourceInfo }
  | {
      readonly kind: 'done';
      readonly output: JobOutput;
      readonly metadata: JobMetadata;
      readonly exitCode: number | null;
    }
  | { readonly kind: 'failed'; readonly error: Problem; readonly exitCode: number | null }
  /** The output was there already and the job said to skip it then. */
  | { readonly kind: 'skipped'; readonly error: Problem }
  /** Back to the queue: another try or another device may do better. */
  | {
      readonly kind: 'requeue';
      readonly error: Problem | null;
      readonly delayMs: number;
      readonly countsAsAttempt: boolean;
      readonly exitCode: number | null;
    }
  /** Stopped from outside; whoever did that has told the queue already. */
  | { readonly kind: 'stopped' };
