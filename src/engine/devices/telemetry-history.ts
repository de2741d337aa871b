import type { Telemetry, TelemetryHistory as TelemetryPoints } from '../../common/device.ts';
import type { DeviceId } from '../../common/ids.ts';
import { type Bucket, type MeanPoint, meanOf, withReading } from './telemetry-means.ts';

/** Readings of the last ten minutes are kept as they came. */
export const LIVE_SECONDS = 600;
const LIVE_RESOLUTION_MS = 1_000;
/** A reading that follows closer than this on another is left out of the live ones, so that these have a bound. */
const CLOSEST_MS = 500;

export interface TelemetryLevel {
  /** Seconds that one point stands for. */
  readonly resolutionS: number;
  readonly keepS: number;
}

/** What is kept on the disk, finest first. */
export const TELEMETRY_LEVELS: readonly TelemetryLevel[] = [
  { resolutionS: 10, keepS: 2 * 3600 },
  { resolutionS: 60, keepS: 24 * 3600 },
];

/** Writes come no closer than this: each wakes the disk. */
const FLUSH_EVERY_MS = 30_000;

export interface TelemetryPoint extends MeanPoint {
  readonly deviceId: DeviceId;
  readonly resolutionS: number;
}

/** Where points are kept over restarts. */
export interface TelemetryPointStore {
  /** Adds points, or puts them in the place of those of the same time, and removes what `levels` no longer keep; all or none. */
  write(points: readonly TelemetryPoint[], nowS: number, levels: readonly TelemetryLevel[]): void;
  /** Points whose time is in `[fromS, toS]`, oldest first. */
  read(deviceId: DeviceId, resolutionS: number, fromS: number, toS: number): MeanPoint[];
}

export interface TelemetryHistoryDeps {
  readonly store: TelemetryPointStore;
  /** Milliseconds since 1970, by the clock that stamps the readings. */
  readonly now?: () => number;
  /** Told when writing begins to fail. The history goes on in memory. */
  readonly onFault?: (error: unknown) => void;
}

interface LiveReading {
  readonly atMs: number;
  readonly telemetry: Telemetry;
}

interface LevelState {
  bucket: Bucket | null;
  /** Finished and not yet written. */
  pending: MeanPoint[];
}

interface DeviceHistory {
  live: LiveReading[];
  newestMs: number;
  readonly levels: readonly LevelState[];
}

/**
 * The readings of all devices: the last ten minutes in memory, and on the disk means over ever longer times for up to 24
 * hours. A time without readings stays a gap.
 */
export class TelemetryHistory {
  readonly #store: TelemetryPointStore;
  readonly #now: () => number;
  readonly #onFault: (error: unknown) => void;
  readonly #devices = new Map<DeviceId, DeviceHistory>();
  #flushedAtMs: number;
  #isFailing = false;

  constructor(deps: TelemetryHistoryDeps) {
    this.#store = deps.store;
    this.#now = deps.now ?? Date.now;
    this.#onFault = deps.onFault ?? (() => {});
    this.#flushedAtMs = this.#now();
  }

  /** Takes in a reading, and writes what is due: a history needs no timer of its own. */
  add(id: DeviceId, telemetry: Telemetry): void {
    const atMs = Date.parse(telemetry.at);
    if (Number.isNaN(atMs)) return;
    const device = this.#device(id);
    device.newestMs = atMs;
    addLive(device, { atMs, telemetry });
    TELEMETRY_LEVELS.forEach(({ resolutionS, keepS }, at) => {
      const level = device.levels[at];
      if (level === undefined) return;
      const { bucket, finished } = withReading(level.bucket, resolutionS, atMs, telemetry);
      level.bucket = bucket;
      if (finished === null) return;
      level.pending.push(finished);
      // Where nothing can be written, memory stands in, and is no larger than the disk would be.
      if (level.pending.length > keepS / resolutionS) level.pending.shift();
    });
    // Either way: the clock may have been set back.
    if (Math.abs(this.#now() - this.#flushedAtMs) >= FLUSH_EVERY_MS) this.flush();
  }

  /**
   * Readings of the last `seconds`, in the finest resolution that is kept for so long. Where that begins late, because the
   * program was started in between, a coarser one that reaches further back is given.
   */
  read(id: DeviceId, seconds: number): TelemetryPoints {
    const toMs = this.#now();
    const fromMs = toMs - seconds * 1000;
    const choices = [
      ...(seconds <= LIVE_SECONDS ? [this.#live(id, fromMs, toMs)] : []),
      ...TELEMETRY_LEVELS.filter(
        ({ keepS }, at) => seconds <= keepS || at === TELEMETRY_LEVELS.length - 1,
      ).map((level) => this.#means(id, level, fromMs, toMs)),
    ];
    return choices.reduce((finer, coarser) => (reachesFurther(coarser, finer) ? coarser : finer));
  }

  /** Writes the means that are complete and removes what is too old. Never throws: see `onFault`. */
  flush(): void {
    this.#write(false);
  }

  /** Writes all, also the means that are not complete. */
  dispose(): void {
    this.#write(true);
    this.#devices.clear();
  }

  #write(isLast: boolean): void {
    const nowMs = this.#now();
    this.#flushedAtMs = nowMs;
    const points = [...this.#devices].flatMap(([deviceId, { levels }]) =>
      levels.flatMap(({ bucket, pending }, at) => {
        const resolutionS = TELEMETRY_LEVELS[at]?.resolutionS ?? 0;
        const all = isLast && bucket !== null ? [...pending, meanOf(bucket)] : pending;
        return all.map((point): TelemetryPoint => ({ ...point, deviceId, resolutionS }));
      }),
    );
    if (points.length === 0) return;
    try {
      this.#store.write(points, Math.floor(nowMs / 1000), TELEMETRY_LEVELS);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#onFault(error);
      this.#isFailing = true;
      return;
    }
    const longestMs = Math.max(...TELEMETRY_LEVELS.map(({ keepS }) => keepS)) * 1000;
    for (const [id, device] of this.#devices) {
      for (const level of device.levels) level.pending = [];
      if (device.newestMs < nowMs - longestMs) this.#devices.delete(id);
    }
  }

  #device(id: DeviceId): DeviceHistory {
    const known = this.#devices.get(id);
    if (known !== undefined) return known;
    const device = {
      live: [],
      newestMs: 0,
      levels: TELEMETRY_LEVELS.map(() => ({ bucket: null, pending: [] })),
    };
    this.#devices.set(id, device);
    return device;
  }

  #live(id: DeviceId, fromMs: number, toMs: number): TelemetryPoints {
    const live = this.#devices.get(id)?.live ?? [];
    const points = live.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
    return {
      deviceId: id,
      resolutionMs: LIVE_RESOLUTION_MS,
      points: points.map(({ telemetry }) => telemetry),
    };
  }

  #means(id: DeviceId, level: TelemetryLevel, fromMs: number, toMs: number): TelemetryPoints {
    const [fromS, toS] = [fromMs / 1000, toMs / 1000];
    const points = new Map<number, MeanPoint>();
    const state = this.#devices.get(id)?.levels[TELEMETRY_LEVELS.indexOf(level)];
    const unwritten = [...(state?.pending ?? []), ...(state?.bucket ? [meanOf(state.bucket)] : [])];
    for (const point of this.#store.read(id, level.resolutionS, fromS, toS)) points.set(point.atS, point);
    for (const point of unwritten) {
      if (point.atS >= fromS && point.atS <= toS) points.set(point.atS, point);
    }
    return {
      deviceId: id,
      resolutionMs: level.resolutionS * 1000,
      points: [...points.values()].sort((a, b) => a.atS - b.atS).map(toTelemetry),
    };
  }
}

/** Keeps the live readings in order, and of the last ten minutes only. */
function addLive(device: DeviceHistory, reading: LiveReading): void {
  // What is stamped later than now was stamped before the clock was set back.
  if ((device.live.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) > reading.atMs) {
    device.live = device.live.filter(({ atMs }) => atMs <= reading.atMs);
  }
  if (reading.atMs - (device.live.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) < CLOSEST_MS) return;
  device.live.push(reading);
  const oldestMs = reading.atMs - LIVE_SECONDS * 1000;
  let tooOld = 0;
  while ((device.live[tooOld]?.atMs ?? oldestMs) < oldestMs) tooOld += 1;
  if (tooOld > 0) device.live.splice(0, tooOld);
}

/** Whether one has a point that is wholly before all of the other. */
function reachesFurther(one: TelemetryPoints, other: TelemetryPoints): boolean {
  const [first, otherFirst] = [one.points[0], other.points[0]];
  if (first === undefined) return false;
  if (otherFirst === undefined) return true;
  return Date.parse(first.at) + one.resolutionMs <= Date.parse(otherFirst.at);
}

function toTelemetry({ atS, values }: MeanPoint): Telemetry {
  return {
    at: new Date(atS * 1000).toISOString(),
    ...values,
    // Sessions are counted in whole ones.
    encoderSessions: values.encoderSessions === null ? null : Math.round(values.encoderSessions),
  };
}
