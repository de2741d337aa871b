import type { Device } from '../../common/device.ts';
import { chartPath } from './chart-path.ts';
import { loadPercent } from './metrics.ts';
import type { Reading } from './readings.ts';
import { gapMs, SPAN_MS } from './spans.ts';

const WIDTH = 72;
const HEIGHT = 20;

/** Load over the last minute, newest on the right. Decoration: the figure beside it says the same in words. */
export function Sparkline({
  kind,
  readings,
  nowMs,
  color,
}: {
  kind: Device['kind'];
  readings: readonly Reading[];
  nowMs: number;
  color: string;
}) {
  const points = readings.map((reading) => ({ atMs: reading.atMs, value: loadPercent(kind, reading) }));
  const { line, area } = chartPath(points, {
    ...{ fromMs: nowMs - SPAN_MS['1m'], toMs: nowMs, min: 0, max: 100, gapMs: gapMs(1_000) },
    ...{ width: WIDTH, height: HEIGHT },
  });
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      className="h-5 w-full"
    >
      <path d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} stroke="var(--line-strong)" strokeWidth="1" />
      <path d={area} fill={color} opacity="0.16" />
      <path
        d={line}
        fill="none"
        stroke={color}
        strokeWidth="1.25"
        strokeLinejoin="round"
        strokeLinecap="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
