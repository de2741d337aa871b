import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseByteRange } from '../../src/engine/api/byte-range.ts';

it.each([
  ['bytes=0-0', { kind: 'part', first: 0, last: 0 }],
  ['bytes=0-99', { kind: 'part', first: 0, last: 99 }],
  ['bytes=10-', { kind: 'part', first: 10, last: 99 }],
  ['bytes=10-1000', { kind: 'part', first: 10, last: 99 }],
  ['bytes=-1', { kind: 'part', first: 99, last: 99 }],
  ['bytes=-1000', { kind: 'part', first: 0, last: 99 }],
  ['bytes=100-', { kind: 'unsatisfiable' }],
  ['bytes=100-200', { kind: 'unsatisfiable' }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  [undefined, { kind: 'whole' }],
  ['', { kind: 'whole' }],
  ['bytes=', { kind: 'whole' }],
  ['bytes=-', { kind: 'whole' }],
  ['bytes=9-1', { kind: 'whole' }],
  ['bytes=0-1,5-6', { kind: 'whole' }],
  ['items=0-1', { kind: 'whole' }],
  ['bytes=a-b', { kind: 'whole' }],
  [`bytes=0-${'9'.repeat(400)}`, { kind: 'whole' }],
])('of 100 bytes, %s is %o', (header, expected) => {
  expect(parseByteRange(header, 100)).toEqual(expected);
});

it('no part of an empty file can be had', () => {
  expect(parseByteRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' });
  expect(parseByteRange('bytes=-5', 0)).toEqual({ kind: 'unsatisfiable' });
  expect(parseByteRange(undefined, 0)).toEqual({ kind: 'whole' });
});

it('a part always lies within the file', () => {
  const header = fc.oneof(
    fc.string(),
    fc.tuple(fc.option(fc.nat()), fc.option(fc.nat())).map(([a, b]) => `bytes=${a ?? ''}-${b ?? ''}`),
  );
  fc.assert(
    fc.property(header, fc.nat(), (text, sizeBytes) => {
      const range = parseByteRange(text, sizeBytes);
      if (range.kind !== 'part') return;
      expect(range.first).toBeGreaterThanOrEqual(0);
      expect(range.first).toBeLessThanOrEqual(range.last);
      expect(range.last).toBeLessThan(sizeBytes);
    }),
  );
});
