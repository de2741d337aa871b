import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TelemetryHistory as Answer, type Telemetry } from '../../src/common/device.ts';
import type { DeviceId } from '../../src/common/ids.ts';
import {
  LIVE_SECONDS,
  TELEMETRY_LEVELS,
  TelemetryHistory,
  type TelemetryPointStore,
} from '../../src/engine/devices/telemetry-history.ts';
import { perValue } from '../../src/engine/devices/telemetry-means.ts';
import { openDatabase } from '../../src/engine/queue/database.ts';
import { TelemetryStore } from '../../src/engine/queue/telemetry-store.ts';

const GPU = 'GPU-a' as DeviceId;
const OTHER = 'GPU-b' as DeviceId;
/** A whole minute, so that buckets begin where the tests do. */
const START_MS = Date.parse('2026-03-01T12:00:00Z');
const DAY_S = 86_400;

type Values = Partial<Omit<Telemetry, 'at'>>;

function reading(atMs: number, values: Values = {}): Telemetry {
  return { at: new Date(atMs).toISOString(), ...perValue(() => null), ...values };
}

/** A history on a real database, and a clock that stands at the last reading. */
function setup(db = openDatabase(':memory:')) {
  const clock = { ms: START_MS };
  const faults: unknown[] = [];
  const open = (store: TelemetryPointStore = new TelemetryStore(db)) =>
    new TelemetryHistory({ store, now: () => clock.ms, onFault: (error) => faults.push(error) });
  const history = open();
  const add = (atMs: number, values: Values = {}, id = GPU) => {
    clock.ms = atMs;
    history.add(id, reading(atMs, values));
  };
  const rows = (resolutionS: number, id: DeviceId = GPU) =>
    db
      .prepare<[string, number], { at_s: number }>(
        'SELECT at_s FROM telemetry WHERE device_id = ? AND resolution_s = ? ORDER BY at_s',
      )
      .all(id, resolutionS)
      .map((row) => row.at_s);
  return { db, clock, faults, history, open, add, rows };
}

/** Adds a reading each second, the load counting up from 0. */
function eachSecond(add: (atMs: number, values: Values) => void, seconds: number, fromMs = START_MS): void {
  for (let s = 0; s < seconds; s++) add(fromMs + s * 1000, { utilizationPercent: s % 100 });
}

const secondsOf = (points: readonly Telemetry[]) =>
  points.map(({ at }) => (Date.parse(at) - START_MS) / 1000);

describe('what is read', () => {
  test('the last minute as it came', () => {
    const { history, add } = setup();
    eachSecond(add, 100);
    const { resolutionMs, points } = history.read(GPU, 60);
    expect(resolutionMs).toBe(1000);
    expect(secondsOf(points)).toEqual(Array.from({ length: 61 }, (_, i) => 39 + i));
    expect(points.at(-1)).toEqual(reading(START_MS + 99_000, { utilizationPercent: 99 }));
  });

  test.each([
    [1, 1],
    [600, 1],
    [601, 10],
    [7_200, 10],
    [7_201, 60],
    [86_400, 60],
  ])('of the last %i seconds in points of %i seconds', (seconds, resolutionS) => {
    const { history, add } = setup();
    eachSecond(add, 3_000);
    expect(history.read(GPU, seconds).resolutionMs).toBe(resolutionS * 1000);
  });

  test('nothing of a device that nobody read', () => {
    const { history, add } = setup();
    add(START_MS);
    expect(history.read(OTHER, 60)).toEqual({ deviceId: OTHER, resolutionMs: 1000, points: [] });
  });

  test('each device for itself', () => {
    const { history, add } = setup();
    add(START_MS, { powerWatts: 100 });
    add(START_MS, { powerWatts: 300 }, OTHER);
    expect(history.read(GPU, 7200).points.map((point) => point.powerWatts)).toEqual([100]);
    expect(history.read(OTHER, 7200).points.map((point) => point.powerWatts)).toEqual([300]);
  });

  test('means that go on to this very second, though the last are not written yet', () => {
    const { history, add, rows } = setup();
    eachSecond(add, 25);
    expect(rows(10)).toEqual([]);
    const { points } = history.read(GPU, 7200);
    expect(secondsOf(points)).toEqual([0, 10, 20]);
    expect(points.map((point) => point.utilizationPercent)).toEqual([4.5, 14.5, 22]);
  });

  test('an answer as the contract has it: sessions are whole, however uneven their mean', () => {
    const { history, add } = setup();
    [0, 1, 1, 3].forEach((encoderSessions, s) => {
      add(START_MS + s * 1000, { encoderSessions });
    });
    const answer = history.read(GPU, 7200);
    expect(Answer.parse(answer)).toEqual(answer);
    expect(answer.points[0]?.encoderSessions).toBe(1);
  });

  test('a gap stays a gap', () => {
    const { history, add } = setup();
    eachSecond(add, 30);
    eachSecond(add, 30, START_MS + 300_000);
    expect(secondsOf(history.read(GPU, 600).points)).toHaveLength(60);
    expect(secondsOf(history.read(GPU, 7200).points)).toEqual([0, 10, 20, 300, 310, 320]);
  });

  test('what no reading told is not told, and what some told is the mean of these', () => {
    const { history, add } = setup();
    add(START_MS, { powerWatts: null, temperatureCelsius: 40 });
    add(START_MS + 1000, { powerWatts: null });
    add(START_MS + 2000, { powerWatts: null, temperatureCelsius: 50 });
    expect(history.read(GPU, 7200).points[0]).toMatchObject({ powerWatts: null, temperatureCelsius: 45 });
  });
});

describe('over a restart', () => {
  test('the day goes on, and the last minutes are told as coarsely as they are known', () => {
    const { open, history, add, clock } = setup();
    eachSecond(add, 300);
    history.dispose();
    const next = open();
    clock.ms = START_MS + 302_000;
    next.add(GPU, reading(clock.ms, { utilizationPercent: 1 }));
    const { resolutionMs, points } = next.read(GPU, 600);
    expect(resolutionMs).toBe(10_000);
    expect(secondsOf(points)).toEqual(Array.from({ length: 31 }, (_, i) => i * 10));
    expect(secondsOf(next.read(GPU, 86_400).points)).toEqual([0, 60, 120, 180, 240, 300]);
  });

  test('a minute later the last seconds are told as they came again', () => {
    const { open, history, add, clock } = setup();
    eachSecond(add, 300);
    history.dispose();
    const next = open();
    for (let s = 302; s < 400; s++) {
      clock.ms = START_MS + s * 1000;
      next.add(GPU, reading(clock.ms));
    }
    expect(next.read(GPU, 60).resolutionMs).toBe(1000);
    expect(next.read(GPU, 600).resolutionMs).toBe(10_000);
  });

  test('without a farewell, as after kill -9, less than the last minute is missing', () => {
    const { open, add, clock } = setup();
    eachSecond(add, 995);
    clock.ms = START_MS + 1_000_000;
    const points = secondsOf(open().read(GPU, 7200).points);
    expect(points.at(-1)).toBeGreaterThan(995 - 60);
    expect(points).toHaveLength((points.at(-1) ?? 0) / 10 + 1);
  });
});

describe('what is written', () => {
  test('twice a minute, whatever the number of devices', () => {
    const db = openDatabase(':memory:');
    const store = new TelemetryStore(db);
    let writes = 0;
    const { open, clock } = setup(db);
    const history = open({
      write: (...args) => {
        writes += 1;
        store.write(...args);
      },
      read: (...args) => store.read(...args),
    });
    for (let s = 0; s < 600; s++) {
      clock.ms = START_MS + s * 1000;
      for (let n = 0; n < 9; n++) history.add(`GPU-${n}` as DeviceId, reading(clock.ms));
    }
    expect(writes).toBeLessThanOrEqual(20);
    expect(writes).toBeGreaterThan(15);
  });

  test('two hours of 10 seconds and a day of 60, and nothing older, also of a GPU that is gone', () => {
    const { add, history, rows } = setup();
    for (let s = 0; s < 200; s++) add(START_MS + s * 1000, {}, OTHER);
    history.flush();
    expect(rows(60, OTHER)).toHaveLength(3);
    for (let s = 0; s < 25 * 3600; s += s < 22 * 3600 ? 60 : 10) add(START_MS + s * 1000);
    history.flush();
    const nowS = START_MS / 1000 + 25 * 3600;
    expect(rows(10, OTHER)).toEqual([]);
    expect(rows(60, OTHER)).toEqual([]);
    expect(rows(10)[0]).toBeGreaterThanOrEqual(nowS - 7200 - 10);
    expect(rows(10).length).toBeGreaterThan(710);
    expect(rows(60)[0]).toBeGreaterThanOrEqual(nowS - DAY_S - 60);
    expect(rows(60).length).toBeGreaterThan(1430);
    expect(history.read(GPU, DAY_S).points.length).toBeLessThanOrEqual(1441);
  });

  test('what was stamped while the clock was years ahead does not stay', () => {
    const { add, history, rows, clock } = setup();
    const AHEAD_MS = START_MS + 20 * 365 * DAY_S * 1000;
    eachSecond(add, 100, AHEAD_MS);
    history.flush();
    expect(rows(10).length).toBeGreaterThan(0);
    eachSecond(add, 100);
    history.flush();
    expect(rows(10).every((atS) => atS * 1000 <= clock.ms)).toBe(true);
    expect(secondsOf(history.read(GPU, 600).points)).toHaveLength(100);
  });

  test('a clock that is set back stops nothing', () => {
    const { add, rows } = setup();
    eachSecond(add, 100);
    eachSecond(add, 100, START_MS - 3_600_000);
    expect(rows(10)[0]).toBe(START_MS / 1000 - 3600);
  });

  test('a disk that stays full for hours fills no memory either', () => {
    const { open, clock, db } = setup();
    const store = new TelemetryStore(db);
    let most = 0;
    const history = open({
      write: (points) => {
        most = Math.max(most, points.length);
        throw new Error('disk full');
      },
      read: (...args) => store.read(...args),
    });
    for (let s = 0; s < 30 * 3600; s += 10) {
      clock.ms = START_MS + s * 1000;
      history.add(GPU, reading(clock.ms));
    }
    expect(most).toBe(720 + 1440);
  });

  test('a disk that cannot be written is told of once, and costs only what a restart would', () => {
    const { open, clock, faults, db } = setup();
    const store = new TelemetryStore(db);
    let isFull = true;
    const history = open({
      write: (...args) => {
        if (isFull) throw new Error('disk full');
        store.write(...args);
      },
      read: (...args) => store.read(...args),
    });
    const run = (fromS: number, toS: number) => {
      for (let s = fromS; s < toS; s++) {
        clock.ms = START_MS + s * 1000;
        history.add(GPU, reading(clock.ms));
      }
    };
    run(0, 1000);
    expect(faults).toHaveLength(1);
    expect(secondsOf(history.read(GPU, 7200).points)).toHaveLength(100);
    isFull = false;
    run(1000, 1040);
    const written = secondsOf(open(store).read(GPU, 7200).points);
    expect(written.length).toBeGreaterThan(100);
    expect(written).toEqual(written.map((_, at) => at * 10));
    isFull = true;
    run(1040, 1200);
    expect(faults).toHaveLength(2);
  });

  test('the database stays as safe for others as it was', () => {
    const { db, add, history } = setup();
    db.pragma('synchronous = FULL');
    eachSecond(add, 100);
    history.flush();
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
  });
});

describe('whatever comes', () => {
  const value = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: null });
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 900, max: 1100 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 * 3600 * 1000 }) },
  );

  test('every point is the mean of the readings in its time, and every reading is in one', () => {
    const sample = fc.record({ step, powerWatts: value, memoryUsedBytes: value });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 150 }), fc.boolean(), (samples, flushes) => {
        const { history, add, clock } = setup();
        const all: { atMs: number; powerWatts: number | null; memoryUsedBytes: number | null }[] = [];
        let atMs = START_MS;
        for (const { step: stepMs, ...values } of samples) {
          atMs += stepMs;
          all.push({ atMs, ...values });
          add(atMs, values);
          if (flushes) history.flush();
        }
        for (const [seconds, resolutionS] of [
          [7_200, 10],
          [DAY_S, 60],
        ] as const) {
          const from = clock.ms / 1000 - seconds;
          const starts = all.map((each) => Math.floor(each.atMs / 1000 / resolutionS) * resolutionS);
          const expected = [...new Set(starts)].filter((start) => start >= from);
          const { points } = history.read(GPU, seconds);
          expect(points.map(({ at }) => Date.parse(at) / 1000)).toEqual(expected);
          expected.forEach((start, at) => {
            for (const name of ['powerWatts', 'memoryUsedBytes'] as const) {
              const told = all.flatMap((each, i) =>
                starts[i] === start && each[name] !== null ? [each[name]] : [],
              );
              const mean = told.reduce((sum, each) => sum + each, 0) / told.length;
              if (told.length === 0) expect(points[at]?.[name]).toBeNull();
              else expect(Math.abs((points[at]?.[name] ?? Number.NaN) - mean)).toBeLessThan(0.01);
            }
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  test('memory and disk have a bound, also where the clock jumps', () => {
    const jump = fc.oneof(step, fc.integer({ min: -30 * 3600 * 1000, max: 0 }), fc.constant(1));
    fc.assert(
      fc.property(fc.array(jump, { maxLength: 80 }), fc.integer({ min: 1, max: 40 }), (steps, repeats) => {
        const { history, add, clock, rows } = setup();
        let atMs = START_MS;
        for (let i = 0; i < repeats; i++) {
          for (const stepMs of steps) {
            atMs += stepMs;
            add(atMs);
          }
        }
        const { points } = history.read(GPU, LIVE_SECONDS);
        expect(points.length).toBeLessThanOrEqual(2 * LIVE_SECONDS + 1);
        const times = points.map(({ at }) => Date.parse(at));
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        history.flush();
        for (const { resolutionS, keepS } of TELEMETRY_LEVELS) {
          expect(rows(resolutionS).length).toBeLessThanOrEqual(keepS / resolutionS + 2);
        }
        history.dispose();
        const nowS = clock.ms / 1000;
        expect(rows(60).every((atS) => atS >= nowS - DAY_S - 1 && atS <= nowS + 60)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('readings that come faster than twice a second count in the means and are not all kept', () => {
    const { history, add } = setup();
    for (let i = 0; i < 1000; i++) add(START_MS + i * 5, { powerWatts: i });
    const { points } = history.read(GPU, 60);
    expect(points).toHaveLength(10);
    expect(history.read(GPU, 7200).points[0]?.powerWatts).toBe(499.5);
  });

  test('a reading without a time is no reading', () => {
    const { history } = setup();
    history.add(GPU, { ...reading(START_MS), at: 'yesterday' });
    expect(history.read(GPU, 60).points).toEqual([]);
  });
});
