import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../src/engine/hosts/line-splitter.ts';

function split(...chunks: string[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

describe('LineSplitter', () => {
  it('joins a line that comes in pieces', () => {
    expect(split('fra', 'me=1\nfps', '=2\n')).toEqual(['frame=1', 'fps=2']);
  });

  it('gives the last line without an end', () => {
    expect(split('a\nb')).toEqual(['a', 'b']);
  });

  it('takes a carriage return as the end of a line', () => {
    expect(split('one\rtwo\r\nthree\n')).toEqual(['one', 'two', 'three']);
  });

  it('hands over an endless line in pieces and keeps none of it for long', () => {
    const lines = split('x'.repeat(200 * 1024));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(64 * 1024);
    expect(lines.join('')).toBe('x'.repeat(200 * 1024));
  });
});
