/**
 * SVG paths of percentages over time, the newest at the right edge, `slots` readings wide. A null is a gap in the line,
 * never a bridge or a zero.
 */
export function sparklinePath(
  percents: readonly (number | null)[],
  slots: number,
  width: number,
  height: number,
): { line: string; area: string } {
  const step = width / Math.max(1, slots - 1);
  const left = width - step * (percents.length - 1);
  const inner = height - 2;
  let line = '';
  let area = '';
  let run: { x: number; y: number }[] = [];
  const closeRun = () => {
    const first = run[0];
    const last = run.at(-1);
    if (first !== undefined && last !== undefined) {
      const points = run.map((point) => `${round(point.x)} ${round(point.y)}`);
      line += `M${points.join('L')}`;
      // A reading between two gaps is still seen: a line of no length with round ends is a dot.
      if (run.length === 1) line += 'h0';
      area += `M${round(first.x)} ${height}L${points.join('L')}L${round(last.x)} ${height}Z`;
    }
    run = [];
  };
  percents.forEach((percent, place) => {
    if (percent === null) closeRun();
    else run.push({ x: left + place * step, y: 1 + inner * (1 - Math.min(100, Math.max(0, percent)) / 100) });
  });
  closeRun();
  return { line, area };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
