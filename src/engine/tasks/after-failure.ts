import { CPU_DEVICE_ID, type DeviceId } from '../../common/ids.ts';
import type { Problem, ProblemCode } from '../../common/problem.ts';
import { isBackPressure, isGpuFault } from '../media/classify-failure.ts';
import { giveUp } from './give-up.ts';
import type { TaskContext, TaskRun } from './task-context.ts';
import type { TaskOutcome } from './task-outcome.ts';

/** Tries of a job that fails for reasons which may pass before it fails for good. */
const MOST_TRIES = 3;
/** A GPU that went out of service so often under one and the same job: then it is the job that is looked at. */
const MOST_LOST_GPUS = 5;
/** Another program may have taken the session in this moment; the room of the device is known anew by then. */
const BACK_PRESSURE_DELAY_MS = 1_000;
const MEMORY_DELAY_MS = 5_000;

/** With less free memory than this a session is refused for want of it, in the same words as at the session limit. */
export const LEAST_GPU_MEMORY_BYTES = 500 * 1024 * 1024;

const GPU_MEMORY_FULL: Problem = {
  code: 'gpu-out-of-memory',
  message: "The GPU's memory is nearly full, so it refused another encode.",
  nextStep:
    'Nothing needs to be done: the job waits for memory or goes elsewhere. Closing other programs helps.',
};

/** Failures of an encode on a GPU that may be the GPU's, though ffmpeg names no GPU: somewhere else it may succeed. */
const MAY_BE_THE_GPU: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'encode-stalled',
  'encode-failed',
  'output-incomplete',
]);

export interface Failure {
  readonly error: Problem;
  readonly exitCode: number | null;
}

/**
 * Decides what a failed try means for the job. A GPU-side failure has the GPU tested on the spot: when it is out of service
 * the job goes back unharmed; when it works, the try counts against the job.
 */
export async function afterFailure(
  context: TaskContext,
  run: TaskRun,
  { error, exitCode }: Failure,
): Promise<TaskOutcome> {
  const { registry, store, settings } = context;
  const { deviceId } = run.lease;
  const back = (found: Problem, delayMs: number, countsAsAttempt: boolean): TaskOutcome => ({
    kind: 'requeue',
    error: found,
    delayMs,
    countsAsAttempt,
    exitCode,
  });
  if (isBackPressure(error)) {
    return isMemoryFull(context, deviceId)
      ? back(withDetailOf(GPU_MEMORY_FULL, error), MEMORY_DELAY_MS, false)
      : back(error, BACK_PRESSURE_DELAY_MS, false);
  }
  // Its encoders began to be checked anew between the plan and the start.
  if (error.code === 'device-unavailable') return back(error, BACK_PRESSURE_DELAY_MS, false);
  const isOnGpu = deviceId !== CPU_DEVICE_ID;
  const tries = store.failures(run.job.id).length + 1;
  const failed = (): TaskOutcome => ({ kind: 'failed', error: storyOf(context, run, error), exitCode });
  if (isOnGpu && (isGpuFault(error) || MAY_BE_THE_GPU.has(error.code))) {
    // What the GPU cannot do says nothing about its health.
    const isUnable = error.code === 'capability-missing';
    const fault = isUnable ? null : await registry.reportFault(deviceId, error);
    if (fault !== null && lostGpus(run) < MOST_LOST_GPUS) return back(error, 0, false);
    if (isUnable && run.job.device === deviceId) return failed();
    // After its last try on a GPU a job may have one on the CPU.
    const cpuIsLeft =
      run.job.device === 'auto' && settings().onGpuFailure === 'use-cpu' && tries === MOST_TRIES;
    return tries < MOST_TRIES || cpuIsLeft ? back(error, 0, true) : failed();
  }
  return error.code === 'encode-stalled' && tries < MOST_TRIES ? back(error, 0, true) : failed();
}

/**
 * GPUs that a job should not be given to again while others are left, with why: those on which tries failed, and all of
 * them after three such tries.
 */
export function gpusThatFailed(
  failures: readonly { readonly device: DeviceId; readonly error: Problem }[],
  gpus: readonly DeviceId[],
): Map<DeviceId, Problem> {
  const onGpus = failures.filter(({ device }) => device !== CPU_DEVICE_ID);
  const failedOn = new Map(onGpus.map(({ device, error }) => [device, error]));
  const last = onGpus.at(-1);
  // A GPU that passed its test after one failure gets a second chance where there is no other.
  if (gpus.length === 1 && onGpus.length === 1 && last?.error.code !== 'capability-missing') return new Map();
  if (onGpus.length < MOST_TRIES || last === undefined) return failedOn;
  return new Map(gpus.map((gpu) => [gpu, failedOn.get(gpu) ?? last.error]));
}

function isMemoryFull({ registry }: TaskContext, deviceId: DeviceId): boolean {
  const telemetry = registry.list().devices.find((device) => device.id === deviceId)?.telemetry;
  const { memoryUsedBytes, memoryTotalBytes } = telemetry ?? {};
  if (memoryUsedBytes == null || memoryTotalBytes == null) return false;
  return memoryTotalBytes - memoryUsedBytes < LEAST_GPU_MEMORY_BYTES;
}

function withDetailOf(problem: Problem, { detail }: Problem): Problem {
  return detail === undefined ? problem : { ...problem, detail };
}

/** How often a GPU failed under this job since it was added or last retried, this time included. */
function lostGpus({ job }: TaskRun): number {
  const since = job.startedAt ?? job.createdAt;
  const earlier = job.attempts.filter(
    (attempt) => attempt.startedAt >= since && attempt.error !== null && isGpuFault(attempt.error),
  );
  return earlier.length + 1;
}

function storyOf({ registry, store }: TaskContext, { job, lease }: TaskRun, error: Problem): Problem {
  const names = new Map(registry.list().devices.map((device) => [device.id, device.name]));
  const tries = store
    .failures(job.id)
    .map((failure) => ({ deviceName: names.get(failure.device) ?? failure.device, error: failure.error }));
  return giveUp([...tries, { deviceName: names.get(lease.deviceId) ?? lease.deviceId, error }], error);
}
