import type { Telemetry } from '../../common/device.ts';
import type { DeviceId } from '../../common/ids.ts';

/** Readings of the last minute are held for every device, with a little more for the left edge of a chart. */
const HELD_MS = 65_000;

/** A device that has not been read for this long has no current reading. */
const CURRENT_MS = 5_000;

/** A reading with its time as a number, so that a chart need not parse it. */
export interface Reading extends Telemetry {
  readonly atMs: number;
}

export type LiveReadings = ReadonlyMap<DeviceId, readonly Reading[]>;

export function toReading(telemetry: Telemetry): Reading {
  return { ...telemetry, atMs: Date.parse(telemetry.at) };
}

/** Both lists as one, oldest first, each moment once. */
export function mergeReadings(older: readonly Reading[], newer: readonly Reading[]): readonly Reading[] {
  const firstNew = newer[0];
  const lastOld = older.at(-1);
  if (firstNew === undefined) return older;
  if (lastOld === undefined || lastOld.atMs < firstNew.atMs) return [...older, ...newer];
  const byTime = new Map([...older, ...newer].map((reading) => [reading.atMs, reading]));
  return [...byTime.values()].sort((a, b) => a.atMs - b.atMs);
}

/** Takes new readings in. What is older than a minute, by the newest reading of any device, leaves. */
export function withReadings(
  live: LiveReadings,
  news: readonly { readonly id: DeviceId; readonly readings: readonly Reading[] }[],
): LiveReadings {
  const next = new Map(live);
  for (const { id, readings } of news) next.set(id, mergeReadings(next.get(id) ?? [], readings));
  const newestMs = newestOf(next);
  if (newestMs === null) return next;
  for (const [id, readings] of next) {
    if ((readings[0]?.atMs ?? newestMs) >= newestMs - HELD_MS) continue;
    next.set(
      id,
      readings.filter((reading) => reading.atMs >= newestMs - HELD_MS),
    );
  }
  return next;
}

/** When the newest reading of any device was taken: the right edge of every chart. Null while there is none. */
export function newestOf(live: LiveReadings): number | null {
  let newest: number | null = null;
  for (const readings of live.values()) {
    const last = readings.at(-1);
    if (last !== undefined && (newest === null || last.atMs > newest)) newest = last.atMs;
  }
  return newest;
}

/** A device's newest reading; null where it is so old that it says nothing of now. */
export function currentReading(readings: readonly Reading[], nowMs: number | null): Reading | null {
  const last = readings.at(-1);
  return last === undefined || nowMs === null || nowMs - last.atMs > CURRENT_MS ? null : last;
}

/** The reading nearest to a moment; null where none is within `withinMs` of it: a gap. */
export function readingAt(readings: readonly Reading[], atMs: number, withinMs: number): Reading | null {
  let low = 0;
  let high = readings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((readings[middle]?.atMs ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  const candidates = [readings[low - 1], readings[low]].filter((reading) => reading !== undefined);
  const nearest = candidates.sort((a, b) => Math.abs(a.atMs - atMs) - Math.abs(b.atMs - atMs))[0];
  return nearest === undefined || Math.abs(nearest.atMs - atMs) > withinMs ? null : nearest;
}
