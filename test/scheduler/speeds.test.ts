import { describe, expect, it } from 'vitest';
import type { DeviceId } from '../../src/common/ids.ts';
import { openDatabase } from '../../src/engine/queue/database.ts';
import { SpeedStore } from '../../src/engine/queue/speed-store.ts';
import { SpeedBook, type SpeedEntry } from '../../src/engine/scheduler/speeds.ts';
import type { WorkId } from '../../src/engine/scheduler/work.ts';

const GPU = 'GPU-1' as DeviceId;
const OTHER = 'GPU-2' as DeviceId;
const WORK = 'hevc/medium/10/quality/1080p' as WorkId;

function learned(speeds: readonly number[], sharedBy = 1): SpeedBook {
  const book = new SpeedBook();
  for (const speed of speeds) {
    book.record({ deviceId: GPU, work: WORK, amount: 1000, seconds: (1000 * sharedBy) / speed, sharedBy });
  }
  return book;
}
const speedOf = (book: SpeedBook, work = WORK) => book.megapixelsPerSecond(GPU, work)?.value ?? Number.NaN;

describe('the speed of a device', () => {
  it('is not known before an encode ended there', () => {
    expect(new SpeedBook().megapixelsPerSecond(GPU, WORK)).toBeNull();
    expect(learned([100]).megapixelsPerSecond(OTHER, WORK)).toBeNull();
  });

  it('is what was measured, of the whole device also where encodes shared it', () => {
    expect(learned([100, 100]).megapixelsPerSecond(GPU, WORK)).toEqual({
      value: 100,
      alone: null,
      basis: 'measured',
    });
    expect(speedOf(learned([100, 100], 3))).toBeCloseTo(100, 9);
  });

  it('is that of one encode where one takes all of it', () => {
    const book = learned([300, 300, 300], 3);
    book.record({ deviceId: GPU, work: WORK, amount: 3000, seconds: 10, sharedBy: 1 });
    expect(book.megapixelsPerSecond(GPU, WORK)).toMatchObject({ value: expect.closeTo(300), alone: null });
  });

  it('is told apart from what one encode reaches by itself, once both were seen', () => {
    const book = learned([300, 300, 300], 3);
    expect(book.megapixelsPerSecond(GPU, WORK)).toMatchObject({ value: expect.closeTo(300), alone: null });
    book.record({ deviceId: GPU, work: WORK, amount: 1000, seconds: 10, sharedBy: 1 });
    expect(book.megapixelsPerSecond(GPU, WORK)).toMatchObject({
      value: expect.closeTo(300),
      alone: expect.closeTo(100),
    });
    for (let n = 0; n < 100; n++) {
      book.record({ deviceId: GPU, work: WORK, amount: 1000, seconds: 10, sharedBy: 3 });
    }
    expect(book.megapixelsPerSecond(GPU, WORK)?.alone).toBeCloseTo(100);
    for (let n = 0; n < 200; n++) {
      book.record({ deviceId: GPU, work: WORK, amount: 1000, seconds: 10, sharedBy: 3 });
    }
    expect(book.megapixelsPerSecond(GPU, WORK)?.alone).toBeNull();
  });

  it('hardly moves when one encode was far off', () => {
    for (const odd of [1, 10_000]) {
      const speed = speedOf(learned([100, 100, 100, 100, 100, odd, 100]));
      expect(speed).toBeGreaterThan(80);
      expect(speed).toBeLessThan(125);
    }
  });

  it('follows a device that became slower', () => {
    const speed = speedOf(learned([...Array(20).fill(100), ...Array(12).fill(40)]));
    expect(speed).toBeGreaterThan(39);
    expect(speed).toBeLessThan(50);
  });

  it('counts a long encode more than many short ones, which are mostly start', () => {
    const book = learned([100]);
    for (let n = 0; n < 4; n++)
      book.record({ deviceId: GPU, work: WORK, amount: 1, seconds: 0.02, sharedBy: 1 });
    expect(speedOf(book)).toBeGreaterThan(95);
  });

  it('passes over encodes that tell nothing', () => {
    const book = new SpeedBook();
    for (const [amount, seconds] of [
      [0, 1],
      [1, 0],
      [Number.NaN, 1],
      [1, Number.POSITIVE_INFINITY],
    ] as const) {
      book.record({ deviceId: GPU, work: WORK, amount, seconds, sharedBy: 1 });
    }
    expect(book.toJSON()).toEqual([]);
  });

  it('is guessed from the most similar work with the same codec, and says so', () => {
    const book = learned([100]);
    const record = (work: string, amount: number) =>
      book.record({ deviceId: GPU, work: work as WorkId, amount, seconds: 1, sharedBy: 1 });
    record('hevc/slow/10/quality/1080p', 50);
    record('h264/medium/8/quality/1080p', 300);
    const at = (work: string) => book.megapixelsPerSecond(GPU, work as WorkId);
    expect(at('hevc/medium/10/quality/2160p')).toEqual({ value: 100, alone: null, basis: 'similar' });
    expect(at('hevc/slow/8/bit-rate/sd')).toEqual({ value: 50, alone: null, basis: 'similar' });
    expect(at('h264/fast/8/quality/sd')).toEqual({ value: 300, alone: null, basis: 'similar' });
    expect(at('av1/medium/10/quality/1080p')).toBeNull();
  });

  it('does not depend on the order in which similar work was learned', () => {
    const works = ['hevc/slow/8/quality/sd', 'hevc/fast/8/quality/sd'];
    const guesses = [works, works.toReversed()].map((order) => {
      const book = new SpeedBook();
      for (const work of order) {
        const amount = work.includes('slow') ? 10 : 90;
        book.record({ deviceId: GPU, work: work as WorkId, amount, seconds: 1, sharedBy: 1 });
      }
      return speedOf(book, 'hevc/medium/8/quality/sd' as WorkId);
    });
    expect(guesses[0]).toBe(guesses[1]);
  });
});

describe('the store of speeds', () => {
  const entryOf = (book: SpeedBook): SpeedEntry => {
    const entry = book.entry(GPU, WORK);
    if (entry === null) throw new Error('nothing learned');
    return entry;
  };

  it('keeps what was learned over a restart', () => {
    const db = openDatabase(':memory:');
    const book = learned([100, 90, 110]);
    new SpeedStore(db).save(entryOf(book));
    const loaded = new SpeedStore(db).load();
    expect(loaded.toJSON()).toEqual(book.toJSON());
    expect(speedOf(loaded)).toBe(speedOf(book));
    book.record({ deviceId: GPU, work: WORK, amount: 5, seconds: 1, sharedBy: 1 });
    new SpeedStore(db).save(entryOf(book));
    expect(new SpeedStore(db).load().toJSON()).toEqual(book.toJSON());
  });

  it('passes over an entry that cannot be read', () => {
    const db = openDatabase(':memory:');
    const book = learned([100]);
    new SpeedStore(db).save(entryOf(book));
    db.prepare('INSERT INTO device_speeds (key, value) VALUES (?, ?)').run('odd', '{"runs":[{"amount":-1}]}');
    expect(new SpeedStore(db).load().toJSON()).toEqual(book.toJSON());
  });

  it('keeps no more than the last encodes', () => {
    const book = learned(Array.from({ length: 500 }, () => 100));
    expect(book.toJSON()[0]?.runs.length).toBeLessThan(50);
  });
});
