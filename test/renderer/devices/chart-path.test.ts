import { describe, expect, it } from 'vitest';
import { chartPath } from '../../../src/renderer/devices/chart-path.ts';
import { gapMs } from '../../../src/renderer/devices/spans.ts';

const frame = { fromMs: 0, toMs: 10_000, min: 0, max: 100, width: 20, height: 12, gapMs: gapMs(1_000) };
const points = (...values: [second: number, value: number | null][]) =>
  values.map(([second, value]) => ({ atMs: second * 1000, value }));

describe('a line over time', () => {
  it('puts the newest at the right edge and values between bottom and top', () => {
    expect(chartPath(points([8, 0], [10, 100]), frame).line).toBe('M16 11L20 1');
  });

  it('is broken where a value is missing', () => {
    const { line, area } = chartPath(points([1, 50], [2, 50], [3, null], [4, 50], [5, 50]), frame);
    expect(line.match(/M/g)).toHaveLength(2);
    expect(area.match(/Z/g)).toHaveLength(2);
  });

  it('is broken where readings are missing, not where one is late', () => {
    expect(chartPath(points([1, 50], [3, 50]), frame).line.match(/M/g)).toHaveLength(1);
    expect(chartPath(points([1, 50], [6, 50]), frame).line.match(/M/g)).toHaveLength(2);
  });

  it('shows a reading between two gaps as a dot', () => {
    expect(chartPath(points([5, 50]), frame).line).toBe('M10 6h0');
  });

  it('leaves out what is before the span, but for what leads into it', () => {
    expect(chartPath(points([-100, 50]), frame).line).toBe('');
    expect(chartPath(points([-1, 50], [1, 50]), frame).line).toBe('M-2 6L2 6');
  });

  it('keeps values beyond the scale on its edge', () => {
    expect(chartPath(points([0, 300], [1, -5]), frame).line).toBe('M0 1L2 11');
  });

  it('of nothing is nothing', () => {
    expect(chartPath([], frame)).toEqual({ line: '', area: '' });
    expect(chartPath(points([1, null]), { ...frame, max: 0, toMs: 0 })).toEqual({ line: '', area: '' });
  });
});
