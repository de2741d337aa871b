import { expect, it } from 'vitest';
import { StderrLog } from '../../src/engine/media/stderr-log.ts';

function filled(count: number): string[] {
  const log = new StderrLog();
  for (let n = 1; n <= count; n += 1) log.push(`line ${n}`);
  return log.lines();
}

it('keeps a short log as it is', () => {
  expect(filled(3)).toEqual(['line 1', 'line 2', 'line 3']);
  expect(filled(500)).toHaveLength(500);
  expect(filled(500).at(-1)).toBe('line 500');
});

it('keeps the first and the last lines of a long log, in order, and says how many it left out', () => {
  const lines = filled(1_000_123);
  expect(lines.slice(0, 200)).toEqual(Array.from({ length: 200 }, (_, n) => `line ${n + 1}`));
  expect(lines[200]).toBe('… 999623 lines left out …');
  expect(lines.slice(201)).toEqual(Array.from({ length: 300 }, (_, n) => `line ${1_000_123 - 299 + n}`));
});

it('cuts a line of any length', () => {
  const log = new StderrLog();
  log.push('x'.repeat(1_000_000));
  expect(log.lines()[0]?.length).toBeLessThan(2100);
});
