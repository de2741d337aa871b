import type { BenchResult, BenchRun } from '../../common/bench.ts';
import type { Device } from '../../common/device.ts';
import { formatDuration } from '../../common/format.ts';
import type { DeviceId } from '../../common/ids.ts';
import { deviceName, shortDeviceName } from '../devices/device-words.ts';
import { text } from '../text/en.ts';

/** What a measured device is called: as everywhere else while it is here, by its own name when it is gone. */
export function measuredName(
  devices: readonly Device[],
  measured: Pick<BenchResult, 'deviceId' | 'deviceName'> & { readonly deviceKind?: Device['kind'] },
): string {
  const device = devices.find(({ id }) => id === measured.deviceId);
  if (device !== undefined) return deviceName(devices, device);
  return shortDeviceName({ kind: measured.deviceKind ?? 'gpu', name: measured.deviceName });
}

/** An encoder's preset with its rate control, where that is not the usual one. */
export function caseName({ encoderPreset, rate }: Pick<BenchResult, 'encoderPreset' | 'rate'>): string {
  const words = text.bench.rate[rate];
  return words === '' ? encoderPreset : `${encoderPreset} · ${words}`;
}

/** What a run did: how thorough, how many encodes, how long, of what. */
export function runFacts(run: BenchRun): string[] {
  const [first] = run.results;
  const tookMs = run.endedAt === null ? null : Date.parse(run.endedAt) - Date.parse(run.startedAt);
  return [
    run.quick ? text.bench.quick : text.bench.full,
    run.done < run.total ? text.bench.progress(run.done, run.total) : text.bench.encodes(run.total),
    tookMs === null ? null : text.bench.tookTime(formatDuration(tookMs)),
    first === undefined
      ? null
      : text.bench.clip(first.source.width, first.source.height, formatDuration(first.source.durationMs)),
  ].filter((part) => part !== null);
}

/** What a run does now; null once it has ended. */
export function underWay(run: Pick<BenchRun, 'status' | 'current'>): string | null {
  if (run.status === 'waiting') {
    return run.current === null ? text.bench.status.waiting : text.bench.waitingFor(run.current);
  }
  return run.status === 'running' ? (run.current ?? text.bench.status.running) : null;
}

/** A ratio as a change, e.g. `+4 %`, `−12 %`; a change too small to mean anything is `0 %`. */
export function changeWords(ratio: number): string {
  const percent = Math.round((ratio - 1) * 100);
  if (percent === 0) return '0 %';
  return percent > 0 ? `+${percent} %` : `−${-percent} %`;
}

/** Points of VMAF gained or lost, e.g. `+0.4`, `−1.2`. */
export function gainWords(points: number): string {
  const rounded = Math.round(points * 10) / 10;
  if (rounded === 0) return '0.0';
  return rounded > 0 ? `+${rounded.toFixed(1)}` : `−${Math.abs(rounded).toFixed(1)}`;
}

/** A file name for what a run measured, by its moment. */
export function exportName(run: Pick<BenchRun, 'startedAt'>, extension: string): string {
  return `gantry-bench-${run.startedAt.slice(0, 16).replaceAll(':', '')}.${extension}`;
}

/** Devices in the order in which they were measured. */
export function measuredDevices(results: readonly BenchResult[]): DeviceId[] {
  return [...new Set(results.map((result) => result.deviceId))];
}
