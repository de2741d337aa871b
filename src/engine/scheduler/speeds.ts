import { z } from 'zod';
import { DeviceId } from '../../common/ids.ts';
import type { WorkId } from './work.ts';

/** Encodes of a class of work that are kept per device: so many while it was full, and as many while it was not. */
const KEPT = 16;
/** However few those of its kind are, an encode is forgotten after so many newer ones. */
const FORGOTTEN_AFTER = 200;
/** A device counts as full where it was shared by this part of the most that ever shared it. */
const FULL = 0.75;
/** Encodes did not use all of a device where together they did less than this part of what it does when full. */
const ALL = 0.8;
/** After so many newer encodes one counts half. */
const HALF_LIFE = 6;
/** An encode that was this many times faster or slower than the others tells nothing about the device. */
const ODD_ONE_OUT = 2;

const EncodeRun = z.object({
  /** Megapixels encoded. */
  amount: z.number().positive(),
  seconds: z.number().positive(),
  /** Mean number of encodes on the device while it ran, itself included. */
  sharedBy: z.number().min(1),
  /** Counts the encodes of its class on its device. */
  number: z.number().int().positive(),
});
type EncodeRun = z.infer<typeof EncodeRun>;

/** The last encodes of a class of work on a device, oldest first. */
export const SpeedEntry = z.object({
  deviceId: DeviceId,
  work: z.string().min(1),
  runs: z
    .array(EncodeRun)
    .min(1)
    .max(2 * KEPT),
});
export type SpeedEntry = z.infer<typeof SpeedEntry>;

export interface MeasuredSpeed extends Omit<EncodeRun, 'number'> {
  readonly deviceId: DeviceId;
  readonly work: WorkId;
}

export interface DeviceSpeed {
  /** Of the whole device, with as many encodes at once as it takes. */
  readonly value: number;
  /**
   * What one encode reaches at most, having the device to itself: less than the whole on a GPU with several encoders. Null while
   * not measured.
   */
  readonly alone: number | null;
  /** `similar`: learned from other work with the same codec on the same device. */
  readonly basis: 'measured' | 'similar';
}

interface Learned {
  readonly work: WorkId;
  readonly runs: readonly EncodeRun[];
  readonly value: number;
  readonly alone: number | null;
}

/** How fast each device does each class of work, learned from encodes that ended. */
export class SpeedBook {
  readonly #byDevice = new Map<DeviceId, Map<WorkId, Learned>>();

  /** Entries as {@link SpeedBook.toJSON} gave them. */
  static from(entries: Iterable<SpeedEntry>): SpeedBook {
    const book = new SpeedBook();
    for (const { deviceId, work, runs } of entries) book.#set(deviceId, work as WorkId, runs);
    return book;
  }

  /** Takes in an encode that ended well. One that cannot be (no time, no work) is passed over. */
  record({ deviceId, work, amount, seconds, sharedBy }: MeasuredSpeed): void {
    const earlier = this.#byDevice.get(deviceId)?.get(work)?.runs ?? [];
    const number = Math.max(0, ...earlier.map((run) => run.number)) + 1;
    const run = EncodeRun.safeParse({ amount, seconds, sharedBy, number });
    if (run.success) this.#set(deviceId, work, withoutOldest([...earlier, run.data]));
  }

  /** As measured for that very class; else for the one that is most like it, by the same codec; else null. */
  megapixelsPerSecond(deviceId: DeviceId, work: WorkId): DeviceSpeed | null {
    const known = this.#byDevice.get(deviceId);
    if (known === undefined) return null;
    const exact = known.get(work);
    if (exact !== undefined) return { value: exact.value, alone: exact.alone, basis: 'measured' };
    let best: Learned | null = null;
    let bestLikeness = 0;
    for (const learned of known.values()) {
      const alike = likeness(work, learned.work);
      if (alike > bestLikeness || (alike === bestLikeness && best !== null && learned.work < best.work)) {
        best = learned;
        bestLikeness = alike;
      }
    }
    if (best === null || bestLikeness === 0) return null;
    return { value: best.value, alone: best.alone, basis: 'similar' };
  }

  /** What is kept of a device and a class of work; null when nothing is. */
  entry(deviceId: DeviceId, work: WorkId): SpeedEntry | null {
    const learned = this.#byDevice.get(deviceId)?.get(work);
    return learned === undefined ? null : { deviceId, work, runs: [...learned.runs] };
  }

  toJSON(): SpeedEntry[] {
    return [...this.#byDevice].flatMap(([deviceId, works]) =>
      [...works.values()].map(({ work, runs }) => ({ deviceId, work, runs: [...runs] })),
    );
  }

  #set(deviceId: DeviceId, work: WorkId, runs: readonly EncodeRun[]): void {
    const works = this.#byDevice.get(deviceId) ?? new Map<WorkId, Learned>();
    works.set(work, { work, runs, ...speedsOf(runs) });
    this.#byDevice.set(deviceId, works);
  }
}

function byFullness(runs: readonly EncodeRun[]): { full: EncodeRun[]; roomy: EncodeRun[] } {
  const most = Math.max(...runs.map(({ sharedBy }) => sharedBy));
  return {
    full: runs.filter(({ sharedBy }) => sharedBy >= FULL * most),
    roomy: runs.filter(({ sharedBy }) => sharedBy < FULL * most),
  };
}

function withoutOldest(runs: readonly EncodeRun[]): EncodeRun[] {
  const { full, roomy } = byFullness(runs);
  const newest = runs.at(-1)?.number ?? 0;
  return [...full.slice(-KEPT), ...roomy.slice(-KEPT)]
    .filter(({ number }) => number > newest - FORGOTTEN_AFTER)
    .sort((a, b) => a.number - b.number);
}

/**
 * What a device does when it is full; and, where encodes that had more of it than their share did not use it, what one of them
 * reaches by itself. That is no less than its share of a full device.
 */
function speedsOf(runs: readonly EncodeRun[]): { value: number; alone: number | null } {
  const { full, roomy } = byFullness(runs);
  const value = speedOf(full);
  const isShort = ({ amount, seconds, sharedBy }: EncodeRun) => (amount * sharedBy) / seconds < ALL * value;
  if (roomy.filter(isShort).length <= roomy.length / 2) return { value, alone: null };
  const share = value / (full.reduce((sum, { sharedBy }) => sum + sharedBy, 0) / full.length);
  const alone = speedOf(roomy.map((run) => ({ ...run, sharedBy: 1 })));
  return { value, alone: Math.min(value, Math.max(share, alone)) };
}

/**
 * Speed of the whole device, from the time that it took per megapixel. Newer encodes count more, long ones (a short one is
 * mostly start) and those that shared the device (they tell more of the whole) too. An encode that was far off the others
 * (another program was busy, the machine slept) counts as if it had been a little off.
 */
function speedOf(runs: readonly EncodeRun[]): number {
  const samples = runs.map(({ amount, seconds, sharedBy }, n) => ({
    pace: seconds / (amount * sharedBy),
    recency: 0.5 ** ((runs.length - 1 - n) / HALF_LIFE),
    weight: amount * sharedBy,
  }));
  const middle = weightedMedian(samples.map(({ pace, recency }) => ({ value: pace, weight: recency })));
  let total = 0;
  let weights = 0;
  for (const { pace, recency, weight } of samples) {
    total += recency * weight * Math.min(middle * ODD_ONE_OUT, Math.max(middle / ODD_ONE_OUT, pace));
    weights += recency * weight;
  }
  return weights / total;
}

function weightedMedian(samples: readonly { value: number; weight: number }[]): number {
  const sorted = samples.toSorted((a, b) => a.value - b.value);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let below = 0;
  for (const { value, weight } of sorted) {
    below += weight;
    if (below >= half) return value;
  }
  return sorted.at(-1)?.value ?? Number.NaN;
}

/** How much two classes of work have in common; 0 when not even the codec. Effort counts most, then depth, rate and size. */
function likeness(a: WorkId, b: WorkId): number {
  const [codec, effort, depth, rate, size] = a.split('/');
  const other = b.split('/');
  if (codec !== other[0]) return 0;
  return (
    1 +
    (effort === other[1] ? 8 : 0) +
    (depth === other[2] ? 4 : 0) +
    (rate === other[3] ? 2 : 0) +
    (size === other[4] ? 1 : 0)
  );
}
