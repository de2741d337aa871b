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
  /** How often in a row it was run into: each makes it more certain. */
  readonly refusals: number;
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
  /**
   * A learned limit is tried one higher again after so long at first, and after twice as long with each refusal in a row:
   * programs come and go, a guess may be wrong, and a refusal costs little.
   */
  readonly tryHigherMs: number;
  /** The longest of these times. */
  readonly tryHigherAtMostMs: number;
  /** A GPU that refused although nothing is known to run on it is left alone for so long. */
  readonly restMs: number;
}

export const SESSION_DELAYS: SessionDelays = {
  tryHigherMs: 60_000,
  tryHigherAtMostMs: 10 * 60_000,
  restMs: 10_000,
};

export const NO_LIMITS: SessionLimits = {
  gpus: new Map(),
  host: null,
  refusals: [],
  restingUntilMs: new Map(),
};

/**
 * How many may run at once by a learned limit now. Infinity where none is known.
 * @param own encodes of this engine that it holds for: with none of them a refusal costs nothing, and the limit is tried
 *   higher more often
 */
export function allowedSessions(
  learned: LearnedLimit | null | undefined,
  own: number,
  nowMs: number,
  delays = SESSION_DELAYS,
): number {
  if (!learned) return Number.POSITIVE_INFINITY;
  return nowMs >= triedHigherAtMs(learned, own, delays) ? learned.limit + 1 : learned.limit;
}

/** When a learned limit is tried one higher, with nothing else happening; milliseconds since 1970. */
export function triedHigherAtMs(
  { atMs, refusals }: LearnedLimit,
  own: number,
  delays = SESSION_DELAYS,
): number {
  const delayMs = own === 0 ? delays.tryHigherMs : delays.tryHigherMs * 2 ** Math.max(0, refusals - 1);
  return atMs + Math.min(delayMs, delays.tryHigherAtMostMs);
}

export function isResting(limits: SessionLimits, gpu: GpuKey, nowMs: number): boolean {
  return (limits.restingUntilMs.get(gpu) ?? 0) > nowMs;
}

/**
 * A GPU refused one encode more than ran on it.
 * @param refusal `hungry`: GPUs that have taken encodes and would take more, the refusing one among them
 */
export function afterRefusal(
  before: SessionLimits,
  refusal: { gpu: GpuKey; onGpu: number; onHost: number; hungry: readonly GpuKey[] },
  nowMs: number,
  delays = SESSION_DELAYS,
): SessionLimits {
  const { gpu, onGpu, onHost, hungry } = refusal;
  const rested = onGpu === 0 ? withEntry(before.restingUntilMs, gpu, nowMs + delays.restMs) : null;
  const limits = rested === null ? before : { ...before, restingUntilMs: rested };
  if (limits.host !== null && onHost >= limits.host.limit) {
    return { ...limits, host: confirmed(limits.host, nowMs) };
  }
  const learned = limits.gpus.get(gpu);
  if (learned !== undefined && onGpu >= learned.limit) {
    return { ...limits, gpus: withEntry(limits.gpus, gpu, confirmed(learned, nowMs)) };
  }
  const recent = limits.refusals.filter(({ atMs }) => nowMs - atMs < delays.tryHigherAtMostMs);
  const latest: Refusal = { gpu, onGpu, onHost, atMs: nowMs };
  const alike = recent.filter((one) => one.onHost === onHost && onHost > 0);
  // At one number of encodes on the host every GPU refuses, or one on which nothing runs keeps refusing: it is that number.
  const isRepeated = alike.some((one) => one.gpu !== gpu || (one.onGpu === 0 && onGpu === 0));
  const isOfAll = hungry.every(
    (each) => each === gpu || limits.gpus.has(each) || alike.some((one) => one.gpu === each),
  );
  const isOfHost = isRepeated && isOfAll;
  if (isOfHost) {
    return {
      ...limits,
      host: { limit: onHost, atMs: nowMs, refusals: 1 },
      gpus: withoutLearnedFrom(limits.gpus, alike),
      refusals: [],
    };
  }
  const refusals = [...recent, latest];
  if (onGpu === 0) return { ...limits, refusals };
  return {
    ...limits,
    refusals,
    gpus: withEntry(limits.gpus, gpu, { limit: onGpu, atMs: nowMs, refusals: 1 }),
  };
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
    return { ...before, refusals, host: isHigher ? { limit: count, atMs: nowMs, refusals: 0 } : before.host };
  }
  const learned = before.gpus.get(gpu);
  if (learned === undefined || count <= learned.limit) return before;
  return { ...before, gpus: withEntry(before.gpus, gpu, { limit: count, atMs: nowMs, refusals: 0 }) };
}

/** Something changed in what runs on a GPU, so that it is worth another try. */
export function withoutRest(before: SessionLimits, gpu: GpuKey): SessionLimits {
  if (!before.restingUntilMs.has(gpu)) return before;
  const restingUntilMs = new Map(before.restingUntilMs);
  restingUntilMs.delete(gpu);
  return { ...before, restingUntilMs };
}

function confirmed(learned: LearnedLimit, nowMs: number): LearnedLimit {
  return { ...learned, atMs: nowMs, refusals: learned.refusals + 1 };
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
