import type { DeviceId, JobId, TaskId } from '../../common/ids.ts';
import type { Progress } from '../../common/job.ts';
import type { Lease } from '../queue/records.ts';
import type { TaskControl } from '../tasks/task-control.ts';
import type { Work } from './work.ts';

/** From this part of the way on the pace of an encode tells when it ends. */
const SURE_FROM = 0.1;

/** A task of this engine that runs now. */
export interface RunningTask {
  readonly lease: Lease;
  readonly control: TaskControl;
  /** When it was claimed, on the clock of `performance.now()`. */
  readonly startedAtMs: number;
  /** What the encode costs; null for other tasks. */
  readonly work: Work | null;
  /** How long the encode was expected to take; null where nothing is known of its kind. */
  readonly expectedMs: number | null;
  /** Null until it has moved. */
  progress: Progress | null;
  readonly ended: Promise<void>;
}

/** What runs now, by task. */
export class RunningTasks {
  readonly #byTask = new Map<TaskId, RunningTask>();

  get size(): number {
    return this.#byTask.size;
  }

  all(): RunningTask[] {
    return [...this.#byTask.values()];
  }

  get(id: TaskId): RunningTask | undefined {
    return this.#byTask.get(id);
  }

  ofJob(id: JobId): RunningTask | undefined {
    return this.all().find((running) => running.lease.jobId === id);
  }

  add(running: RunningTask): void {
    this.#byTask.set(running.lease.taskId, running);
  }

  delete(id: TaskId): void {
    this.#byTask.delete(id);
  }

  /** Encodes on a device. Suspended ones take no CPU slot, and keep their session on a GPU. */
  encodesOn(device: DeviceId, { countSuspended = true } = {}): RunningTask[] {
    return this.all().filter(
      ({ lease, control }) =>
        lease.deviceId === device && lease.kind !== 'inspect' && (countSuspended || !control.isSuspended),
    );
  }

  /**
   * Milliseconds until an encode ends. The pace of its first frames says little: up to a tenth of the way what was expected of
   * it counts as well, the less the further it is. Null while not known.
   */
  remainingMs({ progress, expectedMs, startedAtMs }: RunningTask, nowMs: number): number | null {
    const asExpected = expectedMs === null ? null : Math.max(0, startedAtMs + expectedMs - nowMs);
    const asItRuns = progress?.etaMs ?? null;
    if (asItRuns === null || asExpected === null) {
      const known = asItRuns ?? asExpected;
      return known === null ? null : Math.round(known);
    }
    const trust = Math.min(1, (progress?.fraction ?? 0) / SURE_FROM);
    return Math.round(trust * asItRuns + (1 - trust) * asExpected);
  }
}
