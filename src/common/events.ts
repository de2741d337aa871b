import { z } from 'zod';
import { BenchRun } from './bench.ts';
import { DeviceList, Telemetry } from './device.ts';
import { DeviceId, JobId } from './ids.ts';
import { Job, Progress, QueueSummary } from './job.ts';

/**
 * One batch of changes. At most ten a second are sent to a subscriber, however busy the engine is.
 * The first batch after subscribing has `reset: true`: what the client holds may be stale, and it reloads the list.
 */
export const EventBatch = z.object({
  reset: z.boolean(),
  /** Jobs that are new or whose state changed, whole. */
  jobs: z.array(Job),
  /** Progress of running jobs. */
  progress: z.array(z.object({ id: JobId, progress: Progress })),
  removed: z.array(JobId),
  /** Present when counts, pause or ETA changed. */
  summary: QueueSummary.nullable(),
  /** Present when a device changed by more than its readings. */
  devices: DeviceList.nullable(),
  /** New readings, about one a second for each device. */
  telemetry: z.array(z.object({ id: DeviceId, telemetry: Telemetry })),
  /** Present when the benchmark that runs, or ran last, changed. */
  bench: BenchRun.nullable(),
  /** True when more jobs changed than a batch carries: the client reloads what it shows. */
  truncated: z.boolean(),
});
export type EventBatch = z.infer<typeof EventBatch>;
