import type { Device } from '../../common/device.ts';
import type { Job, QueueSummary } from '../../common/job.ts';
import type { Settings } from '../../common/settings.ts';
import { isOutOfService } from '../devices/device-state.ts';
import { text } from '../text/en.ts';

/** Why the CPU does or did the work that a GPU was wanted for. */
export interface Fallback {
  readonly reason: string;
  /** False where nothing failed: the machine has no GPU, or the settings let the CPU help. */
  readonly isTrouble: boolean;
}

/**
 * What to tell of a job that the CPU does in place of a GPU; null where nothing stands in for anything. A job that waits
 * says nothing: where it will run is not decided.
 */
export function fallbackOf(job: Job, devices: readonly Pick<Device, 'kind'>[]): Fallback | null {
  if (job.status === 'queued') return null;
  const last = job.attempts.at(-1)?.fallback ?? null;
  const isWanted = job.metadata === null ? last !== null : job.metadata.gpuFallback;
  if (!isWanted) return null;
  return {
    reason: job.metadata?.fallbackReason ?? last?.message ?? text.queue.fallbackUnknown,
    // `session-limit` is the one cause that is no fault: the GPUs are busy, and the CPU was allowed to help.
    isTrouble: last?.code !== 'session-limit' && devices.some((device) => device.kind === 'gpu'),
  };
}

/** The whole sentence for a mark beside the job. */
export function fallbackSentence({ status }: Pick<Job, 'status'>, { reason }: Fallback): string {
  switch (status) {
    case 'queued':
    case 'running':
    case 'paused':
      return text.queue.fallback.now(reason);
    case 'done':
      return text.queue.fallback.done(reason);
    case 'failed':
    case 'cancelled':
      return text.queue.fallback.ended(reason);
  }
}

export interface NoGpu {
  readonly policy: Settings['onGpuFailure'];
  /** GPUs that failed. */
  readonly failed: readonly Device[];
}

/**
 * Set while work is under way or waits, GPUs failed and no other one is left: what the policy then does is worth a bar.
 * A machine on which no GPU ever could has nothing to tell.
 */
export function noGpuLeft(
  devices: readonly Device[],
  policy: Settings['onGpuFailure'],
  summary: QueueSummary,
): NoGpu | null {
  if (summary.counts.queued + summary.counts.running === 0) return null;
  const failed = devices.filter(isOutOfService);
  const isOneLeft = devices.some((device) => device.kind === 'gpu' && device.status !== 'unavailable');
  return failed.length === 0 || isOneLeft ? null : { policy, failed };
}
