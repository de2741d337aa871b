import type { Job, QueueSummary } from '../common/job.ts';
import type { Problem } from '../common/problem.ts';
import type { JobTracker, TrackedChange } from './job-tracker.ts';

/** How a command that runs jobs tells about them: JSON events, or text for people. */
export interface JobReporter {
  added(jobs: readonly Job[]): void;
  rejected(inputs: readonly { source: string; error: Problem }[]): void;
  changed(change: TrackedChange): void;
  /** After each batch of changes. */
  settled(tracker: JobTracker, summary: QueueSummary | null): void;
  /** Something that people should know and scripts need not. */
  notice(text: string): void;
  /** The command was asked to end with this many jobs to go. */
  stopped(remaining: number): void;
  /** Nothing more will be reported. */
  close(): void;
}
