import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Telemetry } from '../../src/common/device.ts';
import { PowerMeter } from '../../src/engine/bench/power-meter.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const START = '2026-01-01T00:00:10.000Z';

function reading(at: string, powerWatts: number | null): Telemetry {
  return {
    ...{ at, powerWatts, utilizationPercent: null, encoderPercent: null, decoderPercent: null },
    ...{ memoryUsedBytes: null, memoryTotalBytes: null, temperatureCelsius: null },
    ...{ encoderSessions: null, diskUsedBytes: null, diskTotalBytes: null },
  };
}

/** The mean over an encode during which the device gives these readings, one a second. */
function meanOf(readings: readonly (Telemetry | null)[]): number | null {
  let now: Telemetry | null = null;
  const meter = new PowerMeter(() => now, START);
  for (const next of readings) {
    now = next;
    vi.advanceTimersByTime(1000);
  }
  return meter.stop();
}

describe('the power of a device while it encodes', () => {
  it('is the mean of its readings, each counted once however often it is seen', () => {
    const [first, second] = [
      reading('2026-01-01T00:00:11.000Z', 100),
      reading('2026-01-01T00:00:12.000Z', 200),
    ];
    expect(meanOf([first, first, first, second])).toBe(150);
  });

  it('leaves out what was read before the encode began', () => {
    const early = reading('2026-01-01T00:00:09.000Z', 10);
    expect(meanOf([early, reading('2026-01-01T00:00:11.000Z', 100)])).toBe(100);
  });

  it('is not known where the device tells none', () => {
    expect(meanOf([null, reading('2026-01-01T00:00:11.000Z', null)])).toBeNull();
    expect(meanOf([])).toBeNull();
  });

  it('counts a reading that comes with the end of the encode', () => {
    let now: Telemetry | null = null;
    const meter = new PowerMeter(() => now, START);
    now = reading('2026-01-01T00:00:10.100Z', 80);
    expect(meter.stop()).toBe(80);
    expect(vi.getTimerCount()).toBe(0);
  });
});
