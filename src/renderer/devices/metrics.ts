import type { Device } from '../../common/device.ts';
import { formatBytes, UNKNOWN } from '../../common/format.ts';
import { text } from '../text/en.ts';
import type { Reading } from './readings.ts';

/** One figure of a device that is drawn over time. */
export interface Metric {
  readonly key: 'load' | 'encoder' | 'decoder' | 'memory' | 'temperature' | 'power';
  readonly name: string;
  readonly value: (reading: Reading) => number | null;
  readonly format: (reading: Reading) => string;
  /** What the figure is a part of, where that is told. */
  readonly total?: (reading: Reading) => string | null;
  /** The top of the chart, given the largest value in it. */
  readonly max: (largest: number, reading: Reading | null) => number;
}

const percent = (value: number | null) => (value === null ? UNKNOWN : `${Math.round(value)} %`);
const whole = () => 100;

const GPU_METRICS: readonly Metric[] = [
  {
    key: 'load',
    name: text.devices.metric.gpu,
    value: (reading) => reading.utilizationPercent,
    format: (reading) => percent(reading.utilizationPercent),
    max: whole,
  },
  {
    key: 'encoder',
    name: text.devices.metric.encoder,
    value: (reading) => reading.encoderPercent,
    format: (reading) => percent(reading.encoderPercent),
    max: whole,
  },
  {
    key: 'decoder',
    name: text.devices.metric.decoder,
    value: (reading) => reading.decoderPercent,
    format: (reading) => percent(reading.decoderPercent),
    max: whole,
  },
];

const SHARED_METRICS: readonly Metric[] = [
  {
    key: 'memory',
    name: text.devices.metric.memory,
    value: (reading) => reading.memoryUsedBytes,
    format: (reading) => formatBytes(reading.memoryUsedBytes),
    total: ({ memoryTotalBytes: total }) =>
      total === null ? null : text.devices.ofTotal(formatBytes(total)),
    max: (largest, reading) => reading?.memoryTotalBytes ?? roundUp(largest),
  },
  {
    key: 'temperature',
    name: text.devices.metric.temperature,
    value: (reading) => reading.temperatureCelsius,
    format: ({ temperatureCelsius: celsius }) => (celsius === null ? UNKNOWN : `${Math.round(celsius)} °C`),
    max: (largest) => Math.max(100, largest),
  },
  {
    key: 'power',
    name: text.devices.metric.power,
    value: (reading) => reading.powerWatts,
    format: ({ powerWatts: watts }) => (watts === null ? UNKNOWN : `${Math.round(watts)} W`),
    max: roundUp,
  },
];

const CPU_METRICS: readonly Metric[] = [
  {
    key: 'load',
    name: text.devices.metric.cpu,
    value: (reading) => reading.utilizationPercent,
    format: (reading) => percent(reading.utilizationPercent),
    max: whole,
  },
  ...SHARED_METRICS,
];

/** What is drawn of a device: every figure that at least one of its readings tells. */
export function metricsOf(kind: Device['kind'], readings: readonly Reading[]): readonly Metric[] {
  const all = kind === 'gpu' ? [...GPU_METRICS, ...SHARED_METRICS] : CPU_METRICS;
  return all.filter((metric) => readings.some((reading) => metric.value(reading) !== null));
}

/** What keeps an encoder busy: the GPU's encoder, the CPU as a whole. Null where it is not measured. */
export function loadPercent(kind: Device['kind'], reading: Reading): number | null {
  return kind === 'gpu' ? (reading.encoderPercent ?? reading.utilizationPercent) : reading.utilizationPercent;
}

/** The next 1, 2 or 5 times a power of ten, so that a scale does not change with every reading. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}
