import { describe, expect, test } from 'vitest';
import { loadBetween, parseProcStat } from '../../src/engine/devices/local-machine.ts';

/** The head of a real /proc/stat; the columns are user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice. */
const STAT = `cpu  5049134 2010 601340 3320044 11806 100 23020 4000 700 60
cpu0 2524567 1005 300670 1660022 5903 50 11510 2000 350 30
intr 129483002 0 0 0
`;

describe('load from /proc/stat', () => {
  test('all cores together; guests are among the users already, and waiting for a disk is idling', () => {
    expect(parseProcStat(STAT)).toEqual({
      total: 5049134 + 2010 + 601340 + 3320044 + 11806 + 100 + 23020 + 4000,
      idle: 3320044 + 11806,
    });
  });

  test('an old kernel that tells less is understood', () => {
    expect(parseProcStat('cpu  10 0 20 70 0\n')).toEqual({ total: 100, idle: 70 });
  });

  test.each(['', 'cpu\n', 'cpu0 1 2 3 4 5\n', 'cpu  a b c d e\n'])('%j tells nothing', (text) => {
    expect(parseProcStat(text)).toBeNull();
  });
});

describe('load between two moments', () => {
  const before = { total: 1000, idle: 900 };

  test('the share of time that was not idle, to one decimal', () => {
    expect(loadBetween(before, { total: 1300, idle: 1100 })).toBe(33.3);
  });

  test('never below 0 or above 100, though counts of idling may fall', () => {
    expect(loadBetween(before, { total: 1100, idle: 890 })).toBe(100);
    expect(loadBetween(before, { total: 1100, idle: 1001 })).toBe(0);
  });

  test('not known when no time has passed', () => {
    expect(loadBetween(before, before)).toBeNull();
  });
});
