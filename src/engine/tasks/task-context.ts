import type { JobId } from '../../common/ids.ts';
import type { Job, JobRecipe, Progress } from '../../common/job.ts';
import type { Settings } from '../../common/settings.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import type { Host } from '../hosts/host.ts';
import type { QueueStore } from '../queue/queue-store.ts';
import type { Lease } from '../queue/records.ts';
import type { JobLogs } from './job-log.ts';
import type { TaskControl } from './task-control.ts';

/** What a task kind works with. */
export interface TaskContext {
  readonly host: Host;
  readonly store: QueueStore;
  readonly registry: DeviceRegistry;
  readonly logs: JobLogs;
  /** Private folder for what belongs to a job and is not its output, such as two-pass statistics. */
  readonly workFolder: string;
  readonly settings: () => Settings;
  readonly onProgress: (jobId: JobId, progress: Progress) => void;
}

/** One run of one task. */
export interface TaskRun {
  readonly lease: Lease;
  readonly job: Job;
  readonly recipe: JobRecipe;
  readonly control: TaskControl;
}
