import type { StreamNote } from '../../../common/job.ts';

/** What one kind of stream adds to the command, and what could not be kept as it was. */
export interface StreamArgs {
  readonly args: readonly string[];
  readonly notes: readonly StreamNote[];
  /** Streams of this kind in the output. */
  readonly count: number;
}
