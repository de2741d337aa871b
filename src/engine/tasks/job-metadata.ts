import type { JobMetadata } from '../../common/job.ts';
import type { SourceInfo } from '../../common/source.ts';
import type { EncodeTarget } from '../media/encode-request.ts';
import type { TaskContext, TaskRun } from './task-context.ts';

/** What is kept of how a job was done. `seconds` is the wall time of the encode. */
export function jobMetadata(
  context: TaskContext,
  run: TaskRun,
  facts: { target: EncodeTarget; source: SourceInfo; durationMs: number; seconds: number },
): JobMetadata {
  const { target, source, seconds } = facts;
  const fallback = run.job.attempts.at(-1)?.fallback ?? null;
  const isGpu = target.kind === 'nvenc';
  const device = context.registry.list().devices.find((d) => d.id === target.deviceId);
  const mediaSeconds = (source.durationMs ?? facts.durationMs) / 1000;
  return {
    gpuEnabled: isGpu,
    gpuDevice: isGpu ? (device?.name ?? target.gpuUuid) : null,
    gpuCodec: isGpu ? target.encoder : null,
    gpuFallback: fallback !== null,
    fallbackReason: fallback?.message ?? null,
    processingTimeSeconds: Math.round(seconds * 1000) / 1000,
    processingSpeed: seconds > 0 ? Math.round((mediaSeconds / seconds) * 100) / 100 : 0,
  };
}
