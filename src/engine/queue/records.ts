import type { DeviceId, JobId, TaskId } from '../../common/ids.ts';
import type { DeviceChoice, JobMetadata, JobOutput, JobRecipe } from '../../common/job.ts';
import type { ProcessIdentity } from '../hosts/host.ts';

/** `inspect` reads what the source is, `encode` makes the output. */
export type TaskKind = 'inspect' | 'encode';

/** A task that may start now: its job waits or runs, and all that it depends on is done. */
export interface RunnableTask {
  readonly id: TaskId;
  readonly jobId: JobId;
  readonly kind: TaskKind;
  /** What the job's person asked for. */
  readonly device: DeviceChoice;
  readonly priority: number;
  /** Place in the queue: lower runs earlier among equal priorities. */
  readonly position: number;
  /** What the encode costs, as `scheduler/work.ts` tells it; null before the source was read, and where an older Gantry read it. */
  readonly work: string | null;
  /** How much of it; null also where the source does not tell its length. */
  readonly workAmount: number | null;
}

/** Waiting jobs of one kind, added up. */
export interface WaitingWork {
  readonly device: DeviceChoice;
  /** Null for sources that were not read yet. */
  readonly work: string | null;
  readonly count: number;
  /** Sum of what is known. */
  readonly amount: number;
  readonly unknownCount: number;
}

/** This task runs on this device since then. What makes a crash recoverable. */
export interface Lease {
  readonly taskId: TaskId;
  readonly jobId: JobId;
  readonly kind: TaskKind;
  readonly deviceId: DeviceId;
  readonly startedAt: string;
  /** The child process; null until it was started. */
  readonly process: ProcessIdentity | null;
  /** The unfinished output; removed when the lease is found without its engine. */
  readonly temporaryPath: string | null;
  /** Written just before the output gets its final name, so that a crash in between is told from one before or after. */
  readonly publishing: Publishing | null;
  /** The job was paused while running: the process stands still and holds no CPU slot. */
  readonly isSuspended: boolean;
}

export interface Publishing {
  readonly finalPath: string;
  /** Device and inode of the complete file, as `FileStat.fileId`. */
  readonly fileId: string;
  readonly output: JobOutput;
  /** Kept for the job when a crash comes between the name and the end. */
  readonly metadata?: JobMetadata;
}

/** A job ready for the queue: the input checked, the preset copied, overrides applied. */
export interface JobDraft {
  readonly source: string;
  readonly sourceSizeBytes: number | null;
  readonly recipe: JobRecipe;
  readonly device: DeviceChoice;
  readonly priority: number;
  readonly paused: boolean;
}

/** What the queue tells after a transaction. Ids only: who wants more reads it. */
export interface QueueChange {
  readonly changed: readonly JobId[];
  readonly removed: readonly JobId[];
  /** True when pausing the queue, counts or order changed. */
  readonly summaryChanged: boolean;
}
