import { describe, expect, it } from 'vitest';
import {
  formatBitRate,
  formatBytes,
  formatCount,
  formatDuration,
  formatEta,
  formatFps,
  formatFrameRate,
  formatMediaTime,
  formatPercent,
  formatSaved,
  formatSpeed,
} from '../../src/common/format.ts';

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [1_319_000_000, '1.32 GB'],
    [214_300_000, '214 MB'],
    [21_430_000, '21.4 MB'],
    [9_999_000, '10.0 MB'],
    [99_960_000, '100 MB'],
    [999_400_000, '999 MB'],
    [999_600_000, '1.00 GB'],
    [5e18, '5000 PB'],
    [null, '–'],
    [Number.NaN, '–'],
  ])('%s bytes read %s', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });

  it('never needs more than eight characters below a thousand petabytes', () => {
    for (let exponent = 0; exponent < 18; exponent += 0.01) {
      expect(formatBytes(10 ** exponent - 0.01).length).toBeLessThanOrEqual(8);
    }
  });

  it.each([
    [128_000, '128 kb/s'],
    [4_200_000, '4.2 Mb/s'],
    [80_000, '80 kb/s'],
    [100_000, '100 kb/s'],
    [1_050_000, '1.05 Mb/s'],
    [0, '0 b/s'],
    [null, '–'],
  ])('%s bits a second read %s', (rate, expected) => {
    expect(formatBitRate(rate)).toBe(expected);
  });
});

describe('time', () => {
  it.each([
    [0, '0 s'],
    [20, '0.1 s'],
    [420, '0.4 s'],
    [9_960, '10 s'],
    [45_000, '45 s'],
    [59_600, '1 m 00 s'],
    [1_122_000, '18 m 42 s'],
    [7_440_000, '2 h 04 m'],
    [90_000_000, '1 d 01 h'],
    [null, '–'],
  ])('a span of %s ms reads %s', (ms, expected) => {
    expect(formatDuration(ms)).toBe(expected);
  });

  it('an ETA is rounded up, so that it reaches zero only at the end', () => {
    expect(formatEta(1)).toBe('1 s');
    expect(formatEta(0)).toBe('0 s');
    expect(formatEta(59_001)).toBe('1 m 00 s');
  });

  it('an ETA that is not known is a dash, not a guess', () => {
    expect(formatEta(null)).toBe('–');
    expect(formatEta(Number.POSITIVE_INFINITY)).toBe('–');
  });

  it.each([
    [36_100, '0:36'],
    [3_723_000, '1:02:03'],
    [59_999, '1:00'],
    [null, '–'],
  ])('a film of %s ms is %s long', (ms, expected) => {
    expect(formatMediaTime(ms)).toBe(expected);
  });
});

describe('speeds', () => {
  it.each([
    [312.4, '312 fps'],
    [8.42, '8.4 fps'],
    [9.96, '10 fps'],
    [0, '0.0 fps'],
    [null, '–'],
  ])('%s reads %s', (fps, expected) => {
    expect(formatFps(fps)).toBe(expected);
  });

  it.each([
    [10.41, '10.4×'],
    [0.25, '0.25×'],
    [0.999, '1.0×'],
    [312.2, '312×'],
    [null, '–'],
  ])('%s times playback reads %s', (speed, expected) => {
    expect(formatSpeed(speed)).toBe(expected);
  });

  it.each([
    [{ num: 30_000, den: 1001 }, '29.97 fps'],
    [{ num: 25, den: 1 }, '25 fps'],
    [null, '–'],
  ])('a frame rate of %o reads %s', (rate, expected) => {
    expect(formatFrameRate(rate)).toBe(expected);
  });
});

describe('shares', () => {
  it('progress is rounded down, so that 100 % means finished', () => {
    expect(formatPercent(0.9999)).toBe('99 %');
    expect(formatPercent(1)).toBe('100 %');
    expect(formatPercent(0)).toBe('0 %');
  });

  it('a whole percent is not lost to binary fractions', () => {
    for (let percent = 0; percent <= 100; percent += 1) {
      expect(formatPercent(percent / 100)).toBe(`${percent} %`);
    }
  });

  it.each([
    [1_320_000_000, 214_000_000, '−84 %'],
    [100, 112, '+12 %'],
    [1000, 1001, '0 %'],
    [1_000_000, 1, '−99 %'],
    [1_000_000, 0, '−100 %'],
    [0, 10, '–'],
    [null, 10, '–'],
    [10, null, '–'],
  ])('from %s to %s bytes is %s', (before, after, expected) => {
    expect(formatSaved(before, after)).toBe(expected);
  });

  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [100_000, '100,000'],
    [1_234_567, '1,234,567'],
  ])('%s is written %s', (count, expected) => {
    expect(formatCount(count)).toBe(expected);
  });
});
