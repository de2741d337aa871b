/**
 * What refused encodes teach about how many a GPU, or all GPUs of a host together, take at once. Drivers of GeForce cards
 * have allowed 3, 5, 8 and 12 per system over the years, others any number, and none of them tells: a limit is known by
 * running into it. Pure: every function gives a new state, and the time is handed in.
 */

/** As many as were seen running when one more was refused. */
export interface LearnedLimit {
  readonly limit: number;
  /** When it was last run into, or raised; milliseconds since 1970. */
  readonly atMs: number;
}

/** A GPU under the driver that it has: another driver may allow another number. */
export type GpuKey = string;

interface Refusal {
  readonly gpu: GpuKey;
  /** Encodes of all programs on the GPU and on the host, without the refused one. */
  readonly onGpu: number;
  readonly onHost: number;
  readonly atMs: number;
}

export interface SessionLimits {
  readonly gpus: ReadonlyMap<GpuKey, LearnedLimit>;
  readonly host: LearnedLimit | null;
  /** Refusals of late that no limit known by then explained, oldest first. */
  readonly refusals: readonly Refusal[];
  /** GPUs that refused their only encode, with until when they are left alone. */
  readonly restingUntilMs: ReadonlyMap<GpuKey, number>;
}

export interface SessionDelays {
  /** A learned limit is tried one higher again after so long: programs come and go, and a refusal costs little. */
  readonly tryHigherMs: number;
  /** A GPU that refused although nothing is known to run on it is left alone for so long. */
  readonly restMs: number;
}

export const SESSION_DELAYS: SessionDelays = { tryHigherMs: 10 * 60_000, restMs: 10_000 };

export const NO_LIMITS: SessionLimits = {
  gpus: new Map(),
  host: null,
  refusals: [],
  restingUntilMs: new Map(),
};

/** How many may run at once by a learned limit now. Infinity where none is known. */
export function allowedSessions(
  learned: LearnedLimit | null | undefined,
  nowMs: number,
  delays = SESSION_DELAYS,
): number {
  if (!learned) return Number.POSITIVE_INFINITY;
  return nowMs - learned.atMs >= delays.tryHigherMs ? learned.limit + 1 : learned.limit;
}

export function isResting(limits: SessionLimits, gpu: GpuKey, nowMs: number): boolean {
  return (limits.restingUntilMs.get(gpu) ?? 0) > nowMs;
}

/** A GPU refused one encode more than ran on it. */
export function afterRefusal(
  before: SessionLimits,
  refusal: { gpu: GpuKey; onGpu: number; onHost: number },
  nowMs: number,
  delays = SESSION_DELAYS,
): SessionLimits {
  const { gpu, onGpu, onHost } = refusal;
  const rested = onGpu === 0 ? withEntry(before.restingUntilMs, gpu, nowMs + delays.restMs) : null;
  const limits = rested === null ? before : { ...before, restingUntilMs: rested };
  if (limits.host !== null && onHost >= limits.host.limit) {
    return { ...limits, host: { ...limits.host, atMs: nowMs } };
  }
  const learned = limits.gpus.get(gpu);
  if (learned !== undefined && onGpu >= learned.limit) {
    return { ...limits, gpus: withEntry(limits.gpus, gpu, { ...learned, atMs: nowMs }) };
  }
  const recent = limits.refusals.filter(({ atMs }) => nowMs - atMs < delays.tryHigherMs);
  const latest: Refusal = { gpu, onGpu, onHost, atMs: nowMs };
  const alike = recent.filter((one) => one.onHost === onHost && onHost > 0);
  // At one number of encodes on the host two GPUs refuse, or one on which nothing runs keeps refusing: it is that number.
  const isOfHost = alike.some((one) => one.gpu !== gpu || (one.onGpu === 0 && onGpu === 0));
  if (isOfHost) {
    return {
      ...limits,
      host: { limit: onHost, atMs: nowMs },
      gpus: withoutLearnedFrom(limits.gpus, alike),
      refusals: [],
    };
  }
  const refusals = [...recent, latest];
  if (onGpu === 0) return { ...limits, refusals };
  return { ...limits, refusals, gpus: withEntry(limits.gpus, gpu, { limit: onGpu, atMs: nowMs }) };
}

/** So many encodes were seen running on a GPU, or (`gpu` null) on the host: a limit below that was a wrong guess. */
export function afterSeeing(
  before: SessionLimits,
  seen: { gpu: GpuKey | null; count: number },
  nowMs: number,
): SessionLimits {
  const { gpu, count } = seen;
  if (gpu === null) {
    const refusals = before.refusals.filter(({ onHost }) => onHost >= count);
    const isHigher = before.host !== null && count > before.host.limit;
    if (!isHigher && refusals.length === before.refusals.length) return before;
    return { ...before, refusals, host: isHigher ? { limit: count, atMs: nowMs } : before.host };
  }
  const learned = before.gpus.get(gpu);
  if (learned === undefined || count <= learned.limit) return before;
  return { ...before, gpus: withEntry(before.gpus, gpu, { limit: count, atMs: nowMs }) };
}

/** Something changed in what runs on a GPU, so that it is worth another try. */
export function withoutRest(before: SessionLimits, gpu: GpuKey): SessionLimits {
  if (!before.restingUntilMs.has(gpu)) return before;
  const restingUntilMs = new Map(before.restingUntilMs);
  restingUntilMs.delete(gpu);
  return { ...before, restingUntilMs };
}

/** The next moment at which more may be allowed than now, without anything else happening; null when there is none. */
export function nextRelief(limits: SessionLimits, nowMs: number, delays = SESSION_DELAYS): number | null {
  const moments = [
    ...limits.restingUntilMs.values(),
    ...[...limits.gpus.values(), ...(limits.host === null ? [] : [limits.host])].map(
      ({ atMs }) => atMs + delays.tryHigherMs,
    ),
  ].filter((moment) => moment > nowMs);
  return moments.length === 0 ? null : Math.min(...moments);
}

function withoutLearnedFrom(
  gpus: ReadonlyMap<GpuKey, LearnedLimit>,
  refusals: readonly Refusal[],
): ReadonlyMap<GpuKey, LearnedLimit> {
  const kept = new Map(gpus);
  for (const { gpu, onGpu, atMs } of refusals) {
    const learned = kept.get(gpu);
    if (learned?.limit === onGpu && learned.atMs >= atMs) kept.delete(gpu);
  }
  return kept;
}

function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map(map).set(key, value);
}
