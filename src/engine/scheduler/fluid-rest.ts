import type { DeviceId } from '../../common/ids.ts';

/** Much work of one kind, and how fast each device that may do it does so, in megapixels per second. */
export interface FluidWork {
  readonly amount: number;
  readonly speeds: ReadonlyMap<DeviceId, number>;
}

/**
 * Pours work over devices as if it were a fluid: each kind goes where it is done soonest. Kinds that fewer devices may do go
 * first, as others can make room for them.
 * @param doneAt when each device has done what it has, in seconds; infinite takes no more
 * @returns when each has done all; null when some work has no device to go to
 */
export function pour(
  doneAt: ReadonlyMap<DeviceId, number>,
  works: readonly FluidWork[],
): Map<DeviceId, number> | null {
  const levels = new Map(doneAt);
  for (const { amount, speeds } of works.toSorted((a, b) => a.speeds.size - b.speeds.size)) {
    if (amount <= 0) continue;
    const level = levelOf(amount, speeds, levels);
    if (level === null) return null;
    for (const id of speeds.keys()) levels.set(id, Math.max(level, levels.get(id) ?? 0));
  }
  return levels;
}

/** The moment up to which the devices together do the work, each from when it is free. */
function levelOf(
  amount: number,
  speeds: ReadonlyMap<DeviceId, number>,
  levels: ReadonlyMap<DeviceId, number>,
): number | null {
  const byLevel = [...speeds]
    .map(([id, speed]) => ({ speed, from: levels.get(id) ?? Number.POSITIVE_INFINITY }))
    .filter(({ speed, from }) => speed > 0 && Number.isFinite(from))
    .sort((a, b) => a.from - b.from);
  let speed = 0;
  let done = 0;
  for (const [n, device] of byLevel.entries()) {
    speed += device.speed;
    done += device.speed * device.from;
    const level = (amount + done) / speed;
    const next = byLevel[n + 1];
    if (next === undefined || level <= next.from) return level;
  }
  return null;
}
