import type { DeviceId, JobId } from '../../src/common/ids.ts';
import type { Job, JobStatus, QueueSummary } from '../../src/common/job.ts';

export function jobId(number: number): JobId {
  return String(number) as JobId;
}

/** A job for tests of what the window makes of jobs. */
export function aJob(number: number, status: JobStatus, more: Partial<Job> = {}): Job {
  return {
    id: jobId(number),
    status,
    source: `/films/clip-${number}.mp4`,
    sourceSizeBytes: 1_000_000,
    sourceDurationMs: 10_000,
    sourceSummary: null,
    preset: 'h264',
    device: 'auto',
    deviceId: null as DeviceId | null,
    priority: 0,
    progress: { fraction: 0, fps: null, speedX: null, etaMs: null },
    waitingFor: null,
    output: null,
    error: null,
    attempts: [],
    metadata: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    endedAt: null,
    ...more,
  };
}

export const NO_JOBS: QueueSummary = {
  counts: { queued: 0, running: 0, paused: 0, done: 0, failed: 0, cancelled: 0 },
  total: 0,
  isPaused: false,
  etaMs: null,
};
