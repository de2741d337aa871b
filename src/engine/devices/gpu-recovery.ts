import type { DeviceId } from '../../common/ids.ts';
import type { Problem } from '../../common/problem.ts';
import type { DeviceEntries } from './device-entries.ts';
import { type DeviceEntry, faultOf, isListedAsLost } from './device-entry.ts';
import {
  type OutageDelays,
  type Recovery,
  recovered,
  stillOut,
  takenOut,
  takesOutAtOnce,
} from './out-of-service.ts';

export interface GpuRecoveryDeps {
  readonly entries: DeviceEntries;
  readonly now: () => number;
  readonly delays: OutageDelays;
  /** Tries the GPU with a short encode. Null when it works, or is only full. Rejects only when the registry closes. */
  readonly test: (entry: DeviceEntry) => Promise<Problem | null>;
  /** Asks nvidia-smi anew, where its last answer is old. */
  readonly relist: () => Promise<void>;
  /** The GPU is back in service; what it can do may have to be proven anew. */
  readonly onBack: (id: DeviceId) => void;
}

/** Takes GPUs out of service that fail, and brings them back: a test now and then, each later than the one before. */
export class GpuRecovery {
  readonly #deps: GpuRecoveryDeps;
  readonly #past = new Map<DeviceId, Recovery>();
  readonly #timers = new Map<DeviceId, NodeJS.Timeout>();
  /** Tests that run, shared by all who want one of that GPU. */
  readonly #tests = new Map<DeviceId, Promise<Problem | null>>();
  #isClosed = false;

  constructor(deps: GpuRecoveryDeps) {
    this.#deps = deps;
  }

  /** A real encode failed because of the GPU. Resolves to why it is out of service now; null when it is not. */
  async reportFault(id: DeviceId, problem: Problem): Promise<Problem | null> {
    const entry = this.#deps.entries.get(id);
    if (entry === undefined || entry.kind !== 'gpu') return null;
    const fault = faultOf(entry);
    if (fault !== null) return fault;
    if (takesOutAtOnce(problem)) {
      this.takeOut(id, problem);
      return problem;
    }
    const failure = await this.#test(entry);
    if (failure === null) return null;
    this.takeOut(id, failure);
    return this.#deps.entries.get(id)?.outage?.problem ?? failure;
  }

  /** Nothing starts on the GPU until a test passes. Does nothing where it is out of service already. */
  takeOut(id: DeviceId, problem: Problem): void {
    const { entries, now, delays } = this.#deps;
    const entry = entries.get(id);
    if (this.#isClosed || entry === undefined || entry.outage !== null) return;
    const outage = takenOut(problem, this.#past.get(id) ?? null, now(), delays);
    entries.update(id, (current) => ({ ...current, outage }));
    this.#retryAt(id, outage.retryAtMs);
  }

  /** Tests the GPU now where it is out of service. Resolves when it is back or has failed again. */
  async retryNow(id: DeviceId): Promise<void> {
    const { entries, now, delays, onBack, relist } = this.#deps;
    const entry = entries.get(id);
    if (entry === undefined || entry.outage === null) return;
    clearTimeout(this.#timers.get(id));
    // What nvidia-smi says is worth knowing, but not worth waiting for: it may hang.
    relist().catch(() => {});
    const failure = await this.#test(entry);
    const before = entries.get(id);
    if (this.#isClosed || before === undefined || before.outage === null) return;
    if (failure === null) {
      this.#past.set(id, recovered(before.outage, now()));
      entries.update(id, (current) => ({ ...current, outage: null }));
      onBack(id);
      return;
    }
    // Where nvidia-smi says that the GPU is gone, that is the cause, and what ffmpeg met the consequence.
    const problem = isListedAsLost(before) && before.listed !== null ? before.listed : failure;
    const outage = stillOut(before.outage, problem, now(), delays);
    entries.update(id, (current) => ({ ...current, outage }));
    this.#retryAt(id, outage.retryAtMs);
  }

  /** Starts no more tests. */
  dispose(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #retryAt(id: DeviceId, atMs: number): void {
    clearTimeout(this.#timers.get(id));
    const timer = setTimeout(
      () => {
        // Rejects only while closing.
        this.retryNow(id).catch(() => {});
      },
      Math.max(0, atMs - this.#deps.now()),
    );
    timer.unref();
    this.#timers.set(id, timer);
  }

  #test(entry: DeviceEntry): Promise<Problem | null> {
    const { entries, test } = this.#deps;
    const running = this.#tests.get(entry.id);
    if (running !== undefined) return running;
    entries.update(entry.id, (current) => ({ ...current, isBeingTested: true }));
    const started = test(entry).finally(() => {
      this.#tests.delete(entry.id);
      entries.update(entry.id, (current) => ({ ...current, isBeingTested: false }));
    });
    this.#tests.set(entry.id, started);
    return started;
  }
}
