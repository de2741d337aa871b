import type { BenchResult } from '../../common/bench.ts';
import type { BenchPair } from '../../common/bench-table.ts';
import type { DeviceId } from '../../common/ids.ts';

/** One encode as a bar. Lengths are shares, 0 to 1, of the longest bar of the chart. */
export interface BenchBar {
  readonly result: BenchResult;
  readonly share: number;
  /** Where the same encode stood in the run that it is compared with; null where there is none. */
  readonly beforeShare: number | null;
}

export interface DeviceBars {
  readonly deviceId: DeviceId;
  readonly first: BenchResult;
  readonly bars: readonly BenchBar[];
}

/** Frames per second as bars, a group for each device, all on one scale. What was not measured has no bar. */
export function deviceBars(results: readonly BenchResult[], pairs: readonly BenchPair[]): DeviceBars[] {
  const beforeOf = new Map(pairs.map((pair) => [pair.after, pair.before.fps]));
  const longest = Math.max(0, ...results.flatMap((result) => [result.fps ?? 0, beforeOf.get(result) ?? 0]));
  const share = (fps: number | null | undefined) =>
    fps === null || fps === undefined || longest === 0 ? null : fps / longest;
  const groups = new Map<DeviceId, { first: BenchResult; bars: BenchBar[] }>();
  for (const result of results) {
    const length = share(result.fps);
    if (length === null) continue;
    const group = groups.get(result.deviceId) ?? { first: result, bars: [] };
    group.bars.push({ result, share: length, beforeShare: share(beforeOf.get(result)) });
    groups.set(result.deviceId, group);
  }
  return [...groups].map(([deviceId, group]) => ({ deviceId, ...group }));
}
