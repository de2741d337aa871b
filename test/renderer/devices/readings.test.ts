import { describe, expect, it } from 'vitest';
import type { DeviceId } from '../../../src/common/ids.ts';
import { loadPercent, metricsOf, roundUp } from '../../../src/renderer/devices/metrics.ts';
import {
  currentReading,
  type LiveReadings,
  mergeReadings,
  newestOf,
  readingAt,
  toReading,
  withReadings,
} from '../../../src/renderer/devices/readings.ts';
import { keyTarget } from '../../../src/renderer/devices/time-cursor.tsx';
import { aReading } from '../a-device.ts';

const gpu = 'GPU-1' as DeviceId;
const cpu = 'cpu' as DeviceId;
const reading = (second: number, percent: number | null = 5) =>
  toReading(aReading(second, { utilizationPercent: percent }));
const seconds = (readings: readonly { at: string }[] | undefined) =>
  readings?.map(({ at }) => (Date.parse(at) - Date.UTC(2026, 0, 1)) / 1000);

describe('live readings', () => {
  it('are held for a minute, each once', () => {
    let live: LiveReadings = new Map();
    for (const second of [0, 0, 1, 2]) live = withReadings(live, [{ id: cpu, readings: [reading(second)] }]);
    expect(seconds(live.get(cpu))).toEqual([0, 1, 2]);
    for (let second = 3; second <= 200; second += 1) {
      live = withReadings(live, [{ id: cpu, readings: [reading(second)] }]);
    }
    expect(seconds(live.get(cpu))?.at(-1)).toBe(200);
    expect(seconds(live.get(cpu))?.[0]).toBeGreaterThanOrEqual(135);
    expect(seconds(live.get(cpu))?.[0]).toBeLessThanOrEqual(140);
  });

  it('of a device that fell silent leave as those of others go on', () => {
    let live = withReadings(new Map(), [
      { id: gpu, readings: [reading(0)] },
      { id: cpu, readings: [reading(0)] },
    ]);
    live = withReadings(live, [{ id: cpu, readings: [reading(100)] }]);
    expect(live.get(gpu)).toEqual([]);
    expect(newestOf(live)).toBe(reading(100).atMs);
  });

  it('take the last minute in that was read from the engine, in order', () => {
    const live = withReadings(new Map([[cpu, [reading(58), reading(60)]]]), [
      { id: cpu, readings: [reading(57), reading(58), reading(59)] },
    ]);
    expect(seconds(live.get(cpu))).toEqual([57, 58, 59, 60]);
  });

  it('say nothing of now once they are old', () => {
    const held = [reading(0), reading(1)];
    expect(currentReading(held, reading(3).atMs)?.atMs).toBe(reading(1).atMs);
    expect(currentReading(held, reading(30).atMs)).toBeNull();
    expect(currentReading([], null)).toBeNull();
  });
});

describe('a moment that is read', () => {
  const held = mergeReadings([reading(0), reading(1)], [reading(10), reading(11)]);

  it('has the reading nearest to it', () => {
    expect(seconds([readingAt(held, reading(0).atMs + 700, 3_000)].filter((one) => one !== null))).toEqual([
      1,
    ]);
    expect(readingAt(held, reading(12).atMs, 3_000)?.atMs).toBe(reading(11).atMs);
  });

  it('has none in a gap', () => {
    expect(readingAt(held, reading(5).atMs, 3_000)).toBeNull();
    expect(readingAt([], 0, 3_000)).toBeNull();
  });

  it('moves by keys within the span, and back to now at its end', () => {
    const span = { fromMs: 0, toMs: 60_000, stepMs: 1_000 };
    expect(keyTarget('ArrowLeft', 60_000, span)).toBe(59_000);
    expect(keyTarget('PageDown', 60_000, span)).toBe(54_000);
    expect(keyTarget('ArrowLeft', 500, span)).toBe(0);
    expect(keyTarget('ArrowRight', 59_000, span)).toBeNull();
    expect(keyTarget('Home', 30_000, span)).toBe(0);
    expect(keyTarget('Escape', 30_000, span)).toBeNull();
    expect(keyTarget('x', 30_000, span)).toBeUndefined();
  });
});

describe('what is drawn of a device', () => {
  it('is what its readings tell, and no more', () => {
    const told = toReading(aReading(0, { utilizationPercent: 3, memoryUsedBytes: 1, powerWatts: null }));
    expect(metricsOf('cpu', [told]).map((metric) => metric.key)).toEqual(['load', 'memory']);
    const ofGpu = toReading(aReading(0, { encoderPercent: 0, temperatureCelsius: 50 }));
    expect(metricsOf('gpu', [ofGpu]).map((metric) => metric.key)).toEqual(['encoder', 'temperature']);
  });

  it('shows a value that is not told as unknown, not as zero', () => {
    const silent = toReading(aReading(0));
    const all = metricsOf('gpu', [
      toReading(
        aReading(0, {
          ...{ utilizationPercent: 1, encoderPercent: 1, decoderPercent: 1 },
          ...{ memoryUsedBytes: 1, temperatureCelsius: 1, powerWatts: 1 },
        }),
      ),
    ]);
    expect(all).toHaveLength(6);
    expect(all.map((metric) => metric.format(silent))).toEqual(Array(6).fill('–'));
  });

  it('of a GPU’s load is its encoder where that is told', () => {
    const both = toReading(aReading(0, { utilizationPercent: 90, encoderPercent: 40 }));
    expect(loadPercent('gpu', both)).toBe(40);
    expect(loadPercent('cpu', both)).toBe(90);
    expect(loadPercent('gpu', reading(0, 70))).toBe(70);
  });

  it('has a scale that rounds up to 1, 2 or 5', () => {
    expect([180, 201, 0, 0.3, 100].map(roundUp)).toEqual([200, 500, 1, 0.5, 100]);
  });
});
