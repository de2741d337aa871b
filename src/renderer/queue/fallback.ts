import type { Device } from '../../common/device.ts';
import type { Job, QueueSummary } from '../../common/job.ts';
import type { Settings } from '../../common/settings.ts';
import { isOutOfService } from '../devices/device-state.ts';
import { text } from '../text/en.ts';

/**
 * Why the CPU does or did the work that a GPU was wanted for; null where nothing stands in for anything. A job that waits
 * says nothing: where it will run is not decided.
 */
export function fallbackOf(job: Job): string | null {
  if (job.status === 'queued') return null;
  if (job.metadata !== null) {
    return job.metadata.gpuFallback ? (job.metadata.fallbackReason ?? text.queue.fallbackUnknown) : null;
  }
  return job.attempts.at(-1)?.fallback?.message ?? null;
}

/** The whole sentence for a mark beside the job. */
export function fallbackSentence(job: Job, reason: string): string {
  return job.status === 'done' ? text.queue.fallbackDone(reason) : text.queue.fallback(reason);
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
