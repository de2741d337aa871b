import type { DeviceId } from '../../common/ids.ts';
import { type OwnCount, otherSessions, steadyOwn, withOwnCount, withoutRefused } from './other-sessions.ts';
import {
  afterRefusal,
  afterSeeing,
  allowedSessions,
  type GpuKey,
  isResting,
  type LearnedLimit,
  NO_LIMITS,
  SESSION_DELAYS,
  type SessionDelays,
  type SessionLimits,
  triedHigherAtMs,
  withoutRest,
} from './session-limits.ts';

/** Where learned limits are kept over restarts. */
export interface LearnedLimits {
  get(key: string): LearnedLimit | null;
  set(key: string, learned: LearnedLimit): void;
  delete(key: string): void;
}

/**
 * Encodes at once that are given to a GPU. One to three NVENC engines are kept busy by as many, with one encode reading
 * and another writing its file meanwhile. A choice, not a limit of the driver.
 */
export const GPU_ENCODES_AT_ONCE = 3;

/** A count of other programs' encodes that is older than this says nothing any more. */
const OTHERS_AGE_MS = 10_000;

interface GpuUse {
  readonly key: GpuKey;
  own: number;
  /** Whether it was ever given an encode. */
  isUsed: boolean;
  probes: number;
  counted: number | null;
  others: number;
  readAtMs: number;
  history: OwnCount[];
}

export interface SessionView {
  readonly used: number;
  readonly others: number;
  /** Encodes of all programs on it at which nothing more is started here. */
  readonly limit: number;
  /** Encodes of this engine at once, and how many more may start now: 0 or less when it is full. */
  readonly slots: number;
  readonly free: number;
}

/**
 * Encodes on the GPUs of a host: this engine's, its probes and other programs', and how many more may start. Limits are
 * learned from refusals (`session-limits.ts`) and kept per GPU and driver.
 */
export class GpuSessions {
  readonly #store: LearnedLimits | null;
  readonly #now: () => number;
  readonly #delays: SessionDelays;
  readonly #gpus = new Map<DeviceId, GpuUse>();
  #hostKey: string | null = null;
  #limits: SessionLimits = NO_LIMITS;

  constructor(deps: { store: LearnedLimits | null; now: () => number; delays?: SessionDelays }) {
    this.#store = deps.store;
    this.#now = deps.now;
    this.#delays = deps.delays ?? SESSION_DELAYS;
  }

  /** The GPUs that there are now. What is known of one stays as long as its driver does. */
  setGpus(gpus: readonly { id: DeviceId; driverVersion: string | null }[], hostId: string): void {
    const driver = gpus[0]?.driverVersion ?? '-';
    const hostKey = `host|${hostId}|${driver}`;
    if (gpus.length > 0 && hostKey !== this.#hostKey) {
      this.#hostKey = hostKey;
      this.#limits = { ...this.#limits, host: this.#store?.get(hostKey) ?? null, refusals: [] };
    }
    const ids = new Set(gpus.map(({ id }) => id));
    for (const id of [...this.#gpus.keys()]) if (!ids.has(id)) this.#gpus.delete(id);
    for (const { id, driverVersion } of gpus) {
      const key = `gpu|${id}|${driverVersion ?? '-'}`;
      const before = this.#gpus.get(id);
      if (before?.key === key) continue;
      this.#gpus.set(id, {
        own: 0,
        isUsed: false,
        probes: 0,
        counted: null,
        others: 0,
        readAtMs: Number.NEGATIVE_INFINITY,
        history: [],
        ...before,
        key,
      });
      const learned = this.#store?.get(key) ?? null;
      if (learned !== null) {
        this.#limits = { ...this.#limits, gpus: new Map(this.#limits.gpus).set(key, learned) };
      }
    }
  }

  /** Encodes of this engine on the GPU. Returns whether that is news. */
  setOwn(id: DeviceId, own: number): boolean {
    const gpu = this.#gpus.get(id);
    if (gpu === undefined || gpu.own === own) return false;
    gpu.own = own;
    gpu.isUsed ||= own > 0;
    this.#note(gpu);
    return true;
  }

  /** Test encodes of this engine on the GPU. */
  addProbes(id: DeviceId, change: 1 | -1): void {
    const gpu = this.#gpus.get(id);
    if (gpu === undefined) return;
    gpu.probes = Math.max(0, gpu.probes + change);
    this.#note(gpu);
  }

  /** What the driver counts on each GPU, all read at one moment; null where it does not count. Returns whether that is news. */
  setCounted(counts: ReadonlyMap<DeviceId, number | null>): boolean {
    const nowMs = this.#now();
    let isNews = false;
    for (const [id, counted] of counts) {
      const gpu = this.#gpus.get(id);
      if (gpu === undefined) continue;
      const others = counted === null ? 0 : otherSessions(counted, gpu.history, nowMs);
      const hasChanged = counted !== gpu.counted;
      isNews ||= others !== gpu.others || gpu.readAtMs < nowMs - OTHERS_AGE_MS;
      gpu.counted = counted;
      gpu.others = others;
      gpu.readAtMs = nowMs;
      if (hasChanged) this.#learn(withoutRest(this.#limits, gpu.key));
      const seen = counted ?? steadyOwn(gpu.history, nowMs);
      this.#learn(afterSeeing(this.#limits, { gpu: gpu.key, count: seen }, nowMs));
    }
    const onHost = [...this.#gpus.values()].reduce(
      (sum, gpu) =>
        sum + (gpu.readAtMs === nowMs && gpu.counted !== null ? gpu.counted : steadyOwn(gpu.history, nowMs)),
      0,
    );
    this.#learn(afterSeeing(this.#limits, { gpu: null, count: onHost }, nowMs));
    return isNews;
  }

  /** The GPU refused an encode or a probe that is still counted here. */
  refused(id: DeviceId): void {
    const gpu = this.#gpus.get(id);
    if (gpu === undefined) return;
    const all = [...this.#gpus.values()];
    const refusal = {
      gpu: gpu.key,
      onGpu: Math.max(0, this.#on(gpu) - 1),
      onHost: Math.max(0, this.#onHost() - 1),
      hungry: all
        .filter((one) => one === gpu || (one.isUsed && one.own < GPU_ENCODES_AT_ONCE))
        .map(({ key }) => key),
    };
    gpu.history = withoutRefused(gpu.history);
    this.#learn(afterRefusal(this.#limits, refusal, this.#now(), this.#delays));
  }

  /** @param suspended own encodes that stand still: they keep their session and leave their place to others */
  view(id: DeviceId, suspended = 0): SessionView {
    const gpu = this.#gpus.get(id);
    if (gpu === undefined) return { used: 0, others: 0, limit: 1, slots: 0, free: 0 };
    const others = this.#others(gpu);
    const limit = Math.max(
      1,
      Math.min(GPU_ENCODES_AT_ONCE + others, this.#allowedOn(gpu), this.#allowedOnHost()),
    );
    const slots = Math.max(0, Math.min(GPU_ENCODES_AT_ONCE, this.#allowedOn(gpu) - others));
    return {
      used: gpu.own + others,
      others,
      limit,
      slots,
      free: Math.min(GPU_ENCODES_AT_ONCE - gpu.own + suspended, this.sessionRoom(id)),
    };
  }

  /** Sessions that the driver is thought to grant on the GPU now. Infinity where no limit is known. */
  sessionRoom(id: DeviceId): number {
    const gpu = this.#gpus.get(id);
    if (gpu === undefined) return 0;
    const room = Math.min(this.#allowedOn(gpu) - this.#on(gpu), this.hostRoom());
    return isResting(this.#limits, gpu.key, this.#now()) ? Math.min(0, room) : room;
  }

  /** Sessions that the driver is thought to grant on all GPUs together. Infinity where no limit is known. */
  hostRoom(): number {
    return this.#allowedOnHost() - this.#onHost();
  }

  host(): { used: number; limit: number | null } {
    const used = [...this.#gpus.values()].reduce((sum, gpu) => sum + gpu.own + this.#others(gpu), 0);
    const limit = this.#allowedOnHost();
    return { used, limit: Number.isFinite(limit) ? limit : null };
  }

  /** The next moment at which there may be more room with nothing else happening; null when there is none. */
  nextReliefAtMs(): number | null {
    const nowMs = this.#now();
    const { host, restingUntilMs } = this.#limits;
    const moments = [...this.#gpus.values()].flatMap((gpu) => {
      const learned = this.#limits.gpus.get(gpu.key);
      return [
        restingUntilMs.get(gpu.key) ?? 0,
        this.#others(gpu) > 0 ? gpu.readAtMs + OTHERS_AGE_MS : 0,
        learned ? triedHigherAtMs(learned, gpu.own, this.#delays) : 0,
      ];
    });
    if (host !== null) moments.push(triedHigherAtMs(host, this.#ownOnHost(), this.#delays));
    const ahead = moments.filter((moment) => moment > nowMs);
    return ahead.length === 0 ? null : Math.min(...ahead);
  }

  #others(gpu: GpuUse): number {
    return this.#now() - gpu.readAtMs < OTHERS_AGE_MS ? gpu.others : 0;
  }

  #on(gpu: GpuUse): number {
    return gpu.own + gpu.probes + this.#others(gpu);
  }

  #onHost(): number {
    return [...this.#gpus.values()].reduce((sum, gpu) => sum + this.#on(gpu), 0);
  }

  #ownOnHost(): number {
    return [...this.#gpus.values()].reduce((sum, gpu) => sum + gpu.own, 0);
  }

  #allowedOn(gpu: GpuUse): number {
    return allowedSessions(this.#limits.gpus.get(gpu.key), gpu.own, this.#now(), this.#delays);
  }

  #allowedOnHost(): number {
    return allowedSessions(this.#limits.host, this.#ownOnHost(), this.#now(), this.#delays);
  }

  #note(gpu: GpuUse): void {
    gpu.history = withOwnCount(gpu.history, gpu.own + gpu.probes, this.#now());
  }

  #learn(after: SessionLimits): void {
    const before = this.#limits;
    this.#limits = after;
    if (this.#store === null) return;
    try {
      for (const [key, learned] of after.gpus) {
        if (before.gpus.get(key) !== learned) this.#store.set(key, learned);
      }
      for (const key of before.gpus.keys()) if (!after.gpus.has(key)) this.#store.delete(key);
      if (this.#hostKey !== null && after.host !== null && after.host !== before.host) {
        this.#store.set(this.#hostKey, after.host);
      }
    } catch {
      // A full disk costs the memory of it, not the work: the limit is met again after the next start.
    }
  }
}
