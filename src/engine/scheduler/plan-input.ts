import type { DeviceId, HostId, JobId, TaskId } from '../../common/ids.ts';
import type { DeviceChoice } from '../../common/job.ts';
import type { Problem } from '../../common/problem.ts';
import type { Settings } from '../../common/settings.ts';
import type { WorkId } from './work.ts';

/** A task that may start. */
export interface PlanTask {
  readonly taskId: TaskId;
  readonly jobId: JobId;
  readonly choice: DeviceChoice;
  /** What kind of work it is; says which devices can do it, and how fast. */
  readonly work: WorkId;
  /** How much of it, in megapixels encoded; null when the source does not tell its length. */
  readonly amount: number | null;
  /** Devices on which this job failed and others did not, with why. Another device is tried first. */
  readonly failedOn: ReadonlyMap<DeviceId, Problem>;
}

/** What a device says about a class of work. */
export type Ability =
  | {
      readonly kind: 'able';
      /** Megapixels per second of the whole device with as many encodes at once as it takes; null while not measured. */
      readonly megapixelsPerSecond: number | null;
      /** What one encode reaches at most, having the device to itself; null while not measured: then all of it. */
      readonly aloneMegapixelsPerSecond: number | null;
    }
  | { readonly kind: 'unable'; readonly reason: Problem };

export interface PlanWork {
  readonly id: WorkId;
  /** Every device of the plan has an entry. */
  readonly on: ReadonlyMap<DeviceId, Ability>;
}

export interface PlanDevice {
  readonly id: DeviceId;
  readonly kind: 'gpu' | 'cpu';
  readonly name: string;
  readonly host: HostId;
  /** Why nothing is started on it, whatever it can do: it failed, or is being benchmarked; null when it is in service. */
  readonly outOfService: Problem | null;
  /** Encodes at once, and how many of these may start now; 0 or less when it is full. */
  readonly slots: number;
  readonly freeSlots: number;
  /** Encodes that share it now, other programs' included where they can be counted. */
  readonly encodes: number;
  /**
   * Seconds until all that runs on it now will have ended, with nothing added: as its encodes share it and each makes room as it
   * ends, the mean of the times they have left as they run now. 0 when nothing of ours runs, null while not known.
   */
  readonly busySeconds: number | null;
  /** Null where it is not told. */
  readonly freeMemoryBytes: number | null;
  readonly utilizationPercent: number | null;
}

/** Encodes that may start on all GPUs of a host together, where its driver limits these. */
export interface PlanHost {
  readonly id: HostId;
  /** Infinity where no limit is known. */
  readonly freeGpuSessions: number;
}

/** Tasks of one kind that wait, added up. */
export interface WaitingGroup {
  readonly choice: DeviceChoice;
  /** Null for sources that were not read yet. */
  readonly work: WorkId | null;
  readonly count: number;
  /** Megapixels of those whose amount is known. */
  readonly amount: number;
  readonly unknownCount: number;
}

export interface PlanInput {
  /** The first that wait, in the order in which they should run. */
  readonly tasks: readonly PlanTask[];
  /** What waits behind them; may be some seconds old. Absent: nothing. Their classes of work are in `works` as well. */
  readonly behind?: readonly WaitingGroup[];
  readonly works: ReadonlyMap<WorkId, PlanWork>;
  readonly devices: readonly PlanDevice[];
  readonly hosts: readonly PlanHost[];
  readonly policy: Pick<Settings, 'onGpuFailure' | 'cpuBesideGpus'>;
  /** False while devices are still being looked for and proven: nothing is impossible yet. */
  readonly devicesAreKnown: boolean;
  /** Why there is no GPU at all, for the job that wanted one; null when there is one. */
  readonly gpuNotice: Problem | null;
}

export interface Plan {
  readonly assignments: readonly {
    readonly taskId: TaskId;
    readonly deviceId: DeviceId;
    /** Why the CPU does what a GPU was wanted for; null when nothing stands in for anything. */
    readonly fallback: Problem | null;
  }[];
  /** Why a task that could not start now waits, as a plain sentence part: "a free CPU slot". */
  readonly waiting: readonly { readonly jobId: JobId; readonly waitingFor: string }[];
  /** Tasks that no device here can ever do. */
  readonly impossible: readonly { readonly taskId: TaskId; readonly problem: Problem }[];
}
