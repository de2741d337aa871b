export interface ChartPoint {
  readonly atMs: number;
  /** Null is a gap. */
  readonly value: number | null;
}

/** Which part of time and values a drawing of this size shows. */
export interface ChartFrame {
  readonly fromMs: number;
  readonly toMs: number;
  readonly min: number;
  readonly max: number;
  readonly width: number;
  readonly height: number;
  /** Points further apart than this are not joined. */
  readonly gapMs: number;
}

/**
 * SVG paths of values over time. Where readings are missing the line is broken: never a bridge, never a zero. A point on
 * its own is a dot.
 */
export function chartPath(
  points: readonly ChartPoint[],
  frame: ChartFrame,
): { readonly line: string; readonly area: string } {
  const { fromMs, toMs, min, max, width, height, gapMs } = frame;
  const perMs = width / Math.max(1, toMs - fromMs);
  // A pixel of air above and below, so that a line along an edge is drawn whole.
  const inner = height - 2;
  const range = max > min ? max - min : 1;
  let line = '';
  let area = '';
  let run: string[] = [];
  let startX = 0;
  let lastX = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  const endRun = () => {
    if (run.length > 0) {
      // A line of no length with round ends is a dot.
      line += `M${run.join('L')}${run.length === 1 ? 'h0' : ''}`;
      area += `M${startX} ${height}L${run.join('L')}L${lastX} ${height}Z`;
    }
    run = [];
  };
  for (const { atMs, value } of points) {
    if (atMs < fromMs - gapMs || atMs > toMs) continue;
    if (value === null) {
      endRun();
      continue;
    }
    if (atMs - lastMs > gapMs) endRun();
    const x = round((atMs - fromMs) * perMs);
    const share = Math.min(1, Math.max(0, (value - min) / range));
    if (run.length === 0) startX = x;
    run.push(`${x} ${round(1 + inner * (1 - share))}`);
    lastX = x;
    lastMs = atMs;
  }
  endRun();
  return { line, area };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
