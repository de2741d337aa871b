import { CPU_DEVICE_ID } from '../../common/ids.ts';
import type { JobMetadata } from '../../common/job.ts';
import type { SourceInfo } from '../../common/source.ts';
import { isGpuFault } from '../media/classify-failure.ts';
import type { EncodeTarget } from '../media/encode-request.ts';
import type { TaskContext, TaskRun } from './task-context.ts';

/** Why the CPU does a job that asked for the best device; null when it did not ask, or a GPU does it. */
function fallbackReason({ registry }: TaskContext, run: TaskRun, target: EncodeTarget): string | null {
  if (run.job.device !== 'auto' || target.kind !== 'cpu') return null;
  const fault = run.job.attempts.findLast(
    (a) => a.device !== CPU_DEVICE_ID && a.error !== null && isGpuFault(a.error),
  );
  if (fault?.error) return fault.error.message;
  const { devices, gpuNotice } = registry.list();
  for (const device of devices) {
    if (device.kind !== 'gpu') continue;
    const answer = registry.targetFor(device.id, run.recipe.preset);
    if ('code' in answer) return answer.message;
  }
  return gpuNotice?.message ?? 'No NVIDIA GPU was found.';
}

/** What is kept of how a job was done. `seconds` is the wall time of the encode. */
export function jobMetadata(
  context: TaskContext,
  run: TaskRun,
  facts: { target: EncodeTarget; source: SourceInfo; durationMs: number; seconds: number },
): JobMetadata {
  const { target, source, seconds } = facts;
  const reason = fallbackReason(context, run, target);
  const isGpu = target.kind === 'nvenc';
  const device = context.registry.list().devices.find((d) => d.id === target.deviceId);
  const mediaSeconds = (source.durationMs ?? facts.durationMs) / 1000;
  return {
    gpuEnabled: isGpu,
    gpuDevice: isGpu ? (device?.name ?? target.gpuUuid) : null,
    gpuCodec: isGpu ? target.encoder : null,
    gpuFallback: reason !== null,
    fallbackReason: reason,
    processingTimeSeconds: Math.round(seconds * 1000) / 1000,
    processingSpeed: seconds > 0 ? Math.round((mediaSeconds / seconds) * 100) / 100 : 0,
  };
}
