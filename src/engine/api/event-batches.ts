import type { BenchId, BenchRun } from '../../common/bench.ts';
import type { DeviceList, Telemetry } from '../../common/device.ts';
import type { EventBatch } from '../../common/events.ts';
import type { DeviceId, JobId } from '../../common/ids.ts';
import type { Job, Progress, QueueSummary } from '../../common/job.ts';

/** At most ten batches a second reach a subscriber. */
export const BATCH_INTERVAL_MS = 100;
/** More changes than this in one batch and the client is told to reload what it shows. */
export const MAX_BATCH_CHANGES = 500;

/** Where the content of a batch is read from, at the moment when the batch is taken and not before. */
export interface BatchSource {
  /** Null when the job is gone. */
  readJob(id: JobId): Job | null;
  readSummary(): QueueSummary;
  readDevices(): DeviceList;
}

/** A clock that tests can drive. */
export interface BatchTimer {
  nowMs(): number;
  /** Runs `callback` once after `delayMs`; the returned function calls it off. */
  schedule(callback: () => void, delayMs: number): () => void;
}

const systemTimer: BatchTimer = {
  nowMs: () => performance.now(),
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * Turns what the engine notifies into batches for each subscriber. A subscriber holds marks of what changed, never a
 * queue of messages: whoever reads slowly gets fewer, newer batches, and memory stays bounded.
 */
export class EventBatcher {
  readonly #source: BatchSource;
  readonly #timer: BatchTimer;
  readonly #subscribers = new Set<Subscriber>();

  constructor(source: BatchSource, timer: BatchTimer = systemTimer) {
    this.#source = source;
    this.#timer = timer;
  }

  /** How many listen now. */
  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  /** These jobs are new or their state changed. */
  jobsChanged(ids: readonly JobId[]): void {
    if (ids.length > 0) this.#mark((changes) => changes.jobsChanged(ids));
  }

  progress(id: JobId, progress: Progress): void {
    this.#mark((changes) => changes.progress(id, progress));
  }

  removed(ids: readonly JobId[]): void {
    if (ids.length > 0) this.#mark((changes) => changes.removed(ids));
  }

  summaryChanged(): void {
    this.#mark((changes) => {
      changes.summary = true;
    });
  }

  /** Something about a device changed that is not only a reading. */
  devicesChanged(): void {
    this.#mark((changes) => {
      changes.devices = true;
    });
  }

  /** A new reading of a device. Of those that come between two batches the latest is sent. */
  telemetry(id: DeviceId, telemetry: Telemetry): void {
    this.#mark((changes) => changes.telemetry.set(id, telemetry));
  }

  /** How far the benchmark is that runs, or ran last. */
  bench(run: BenchRun): void {
    this.#mark((changes) => changes.bench.set(run.id, run));
  }

  /** Batches from now on, the first one at once. Ends when `signal` aborts or the iterator is returned. */
  subscribe(signal?: AbortSignal): AsyncIterableIterator<EventBatch, undefined> {
    const subscriber = new Subscriber(this.#source, this.#timer, () => {
      signal?.removeEventListener('abort', end);
      this.#subscribers.delete(subscriber);
    });
    const end = () => subscriber.end();
    if (signal?.aborted) subscriber.end();
    else {
      this.#subscribers.add(subscriber);
      signal?.addEventListener('abort', end, { once: true });
    }
    return subscriber;
  }

  #mark(apply: (changes: PendingChanges) => void): void {
    for (const subscriber of this.#subscribers) subscriber.mark(apply);
  }
}

/** What changed since the last batch: marks, merged as they come in. */
class PendingChanges {
  reset = false;
  summary = false;
  devices = false;
  truncated = false;
  /** By run, in the order of their first change: a batch has room for one, and the end of each is to be told. */
  readonly bench = new Map<BenchId, BenchRun>();
  /** Bounded by the number of devices, so never cut short. */
  readonly telemetry = new Map<DeviceId, Telemetry>();
  readonly #jobs = new Set<JobId>();
  readonly #progress = new Map<JobId, Progress>();
  readonly #removed = new Set<JobId>();

  get isEmpty(): boolean {
    return !(
      this.reset ||
      this.summary ||
      this.devices ||
      this.bench.size > 0 ||
      this.telemetry.size > 0 ||
      this.truncated ||
      this.#jobs.size > 0 ||
      this.#progress.size > 0 ||
      this.#removed.size > 0
    );
  }

  jobsChanged(ids: readonly JobId[]): void {
    this.#each(ids, (id) => {
      if (this.#removed.has(id)) return;
      this.#jobs.add(id);
      // The job is read whole when the batch is taken, which is newer than this progress.
      this.#progress.delete(id);
    });
  }

  progress(id: JobId, progress: Progress): void {
    this.#each([id], () => {
      if (!this.#removed.has(id)) this.#progress.set(id, progress);
    });
  }

  removed(ids: readonly JobId[]): void {
    this.#each(ids, (id) => {
      this.#jobs.delete(id);
      this.#progress.delete(id);
      this.#removed.add(id);
    });
  }

  toBatch(source: BatchSource): EventBatch {
    const jobs: Job[] = [];
    const removed = new Set(this.#removed);
    for (const id of this.#jobs) {
      const job = source.readJob(id);
      if (job === null) removed.add(id);
      else jobs.push(job);
    }
    return {
      reset: this.reset,
      jobs,
      progress: [...this.#progress]
        .filter(([id]) => !removed.has(id))
        .map(([id, progress]) => ({ id, progress })),
      removed: [...removed],
      summary: this.summary ? source.readSummary() : null,
      devices: this.devices ? source.readDevices() : null,
      telemetry: [...this.telemetry].map(([id, telemetry]) => ({ id, telemetry })),
      bench: this.bench.values().next().value ?? null,
      truncated: this.truncated,
    };
  }

  /** What the batch had no room for. */
  rest(): PendingChanges {
    const rest = new PendingChanges();
    for (const [id, run] of [...this.bench].slice(1)) rest.bench.set(id, run);
    return rest;
  }

  #each(ids: readonly JobId[], mark: (id: JobId) => void): void {
    for (const id of ids) {
      if (this.truncated) return;
      mark(id);
      if (this.#jobs.size + this.#progress.size + this.#removed.size > MAX_BATCH_CHANGES) this.#truncate();
    }
  }

  #truncate(): void {
    this.truncated = true;
    this.#jobs.clear();
    this.#progress.clear();
    this.#removed.clear();
  }
}

class Subscriber implements AsyncIterableIterator<EventBatch, undefined> {
  readonly #source: BatchSource;
  readonly #timer: BatchTimer;
  readonly #onEnd: () => void;
  #changes = new PendingChanges();
  #lastBatchAtMs = Number.NEGATIVE_INFINITY;
  #waiting: PromiseWithResolvers<IteratorResult<EventBatch, undefined>> | null = null;
  #cancelTimer: (() => void) | null = null;
  #hasEnded = false;

  constructor(source: BatchSource, timer: BatchTimer, onEnd: () => void) {
    this.#source = source;
    this.#timer = timer;
    this.#onEnd = onEnd;
    this.#changes.reset = true;
    this.#changes.summary = true;
    this.#changes.devices = true;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  mark(apply: (changes: PendingChanges) => void): void {
    apply(this.#changes);
    this.#scheduleDelivery();
  }

  /** Calls that overlap wait for the same batch. */
  next(): Promise<IteratorResult<EventBatch, undefined>> {
    if (this.#hasEnded) return Promise.resolve({ done: true, value: undefined });
    this.#waiting ??= Promise.withResolvers();
    this.#scheduleDelivery();
    return this.#waiting.promise;
  }

  return(): Promise<IteratorResult<EventBatch, undefined>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#changes = new PendingChanges();
    this.#onEnd();
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = null;
  }

  #scheduleDelivery(): void {
    if (this.#waiting === null || this.#cancelTimer !== null || this.#changes.isEmpty) return;
    const dueInMs = Math.max(0, this.#lastBatchAtMs + BATCH_INTERVAL_MS - this.#timer.nowMs());
    this.#cancelTimer = this.#timer.schedule(() => this.#deliver(), Math.ceil(dueInMs));
  }

  #deliver(): void {
    this.#cancelTimer = null;
    const waiting = this.#waiting;
    if (waiting === null || this.#hasEnded) return;
    const changes = this.#changes;
    this.#changes = changes.rest();
    this.#waiting = null;
    this.#lastBatchAtMs = this.#timer.nowMs();
    try {
      waiting.resolve({ done: false, value: changes.toBatch(this.#source) });
    } catch (error) {
      this.end();
      waiting.reject(error);
    }
  }
}
