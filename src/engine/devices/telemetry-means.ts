import type { Telemetry } from '../../common/device.ts';

/** What a reading tells, without when. */
export type TelemetryValues = Omit<Telemetry, 'at'>;

/** Means of the readings of some seconds, of which `atS` (Unix time) is the first. */
export interface MeanPoint {
  readonly atS: number;
  readonly values: TelemetryValues;
}

interface Sum {
  readonly sum: number;
  readonly count: number;
}

/** The readings of one span of time, as far as they have come in. */
export interface Bucket {
  readonly atS: number;
  readonly sums: Readonly<Record<keyof TelemetryValues, Sum>>;
}

/**
 * Puts a reading into its bucket. When it belongs to another one than the reading before, that one is finished: readings
 * come in the order of time, except where the clock was set.
 * @param resolutionS seconds that a bucket spans; buckets begin at multiples of it
 */
export function withReading(
  bucket: Bucket | null,
  resolutionS: number,
  atMs: number,
  reading: TelemetryValues,
): { readonly bucket: Bucket; readonly finished: MeanPoint | null } {
  const atS = Math.floor(atMs / 1000 / resolutionS) * resolutionS;
  const before = bucket?.atS === atS ? bucket : null;
  const sums = perValue((name): Sum => {
    const known = before?.sums[name] ?? { sum: 0, count: 0 };
    const value = reading[name];
    return value === null ? known : { sum: known.sum + value, count: known.count + 1 };
  });
  const finished = bucket !== null && before === null ? meanOf(bucket) : null;
  return { bucket: { atS, sums }, finished };
}

/** Means to two decimals. Null where no reading told the value: nothing is not zero. */
export function meanOf(bucket: Bucket): MeanPoint {
  return {
    atS: bucket.atS,
    values: perValue((name) => {
      const { sum, count } = bucket.sums[name];
      return count === 0 ? null : Math.round((sum / count) * 100) / 100;
    }),
  };
}

/** Something for each value of a reading. */
export function perValue<T>(make: (name: keyof TelemetryValues) => T): Record<keyof TelemetryValues, T> {
  return {
    utilizationPercent: make('utilizationPercent'),
    encoderPercent: make('encoderPercent'),
    decoderPercent: make('decoderPercent'),
    memoryUsedBytes: make('memoryUsedBytes'),
    memoryTotalBytes: make('memoryTotalBytes'),
    temperatureCelsius: make('temperatureCelsius'),
    powerWatts: make('powerWatts'),
    encoderSessions: make('encoderSessions'),
    diskUsedBytes: make('diskUsedBytes'),
    diskTotalBytes: make('diskTotalBytes'),
  };
}
