import { type CSSProperties, memo, useMemo } from 'react';
import type { Device } from '../../common/device.ts';
import { UNKNOWN } from '../../common/format.ts';
import { useHistory } from '../stores/history-store.ts';
import { useReadAt } from '../stores/read-at-store.ts';
import { useTelemetry } from '../stores/telemetry-store.ts';
import { text } from '../text/en.ts';
import { chartPath } from './chart-path.ts';
import { type Metric, metricsOf } from './metrics.ts';
import { currentReading, mergeReadings, type Reading, readingAt } from './readings.ts';
import { gapMs, redrawMs, SPAN_MS } from './spans.ts';
import { TimeCursor } from './time-cursor.tsx';

const NOTHING: readonly Reading[] = [];
const WIDTH = 240;
const HEIGHT = 26;

/** What a device did over the chosen span, one line for each figure; the figure is of now, or of the moment that is read. */
export function DeviceCharts({ device, name, color }: { device: Device; name: string; color: string }) {
  const live = useTelemetry(({ live }) => live.get(device.id)) ?? NOTHING;
  const nowMs = useTelemetry((state) => state.nowMs);
  const span = useHistory((state) => state.span);
  const history = useHistory(({ histories }) => histories.get(device.id));
  const step = redrawMs(span);
  const tick = nowMs === null ? null : Math.ceil(nowMs / step);
  // biome-ignore lint/correctness/useExhaustiveDependencies: live readings are taken in at the pace of the span
  const readings = useMemo(
    () => (history === undefined ? live : mergeReadings(history.readings, live)),
    [history, tick],
  );
  const metrics = useMemo(() => metricsOf(device.kind, readings), [device.kind, readings]);
  if (nowMs === null || tick === null || metrics.length === 0) return null;
  const gap = gapMs(history?.resolutionMs ?? 1_000);
  const toMs = tick * step;
  const fromMs = toMs - SPAN_MS[span];
  return (
    <div className="@container border-t border-line px-4 py-2">
      <div className="grid grid-cols-[auto_minmax(0,1fr)_3.75rem] items-center gap-x-3 @sm:grid-cols-[4.75rem_minmax(0,1fr)_7.5rem]">
        {metrics.map((metric, place) => (
          <div
            key={metric.key}
            className="contents [&>*]:row-(--row)"
            style={{ '--row': place + 1 } as CSSProperties}
          >
            <span className="col-start-1 text-sm text-ink-3">{metric.name}</span>
            <MetricLine
              metric={metric}
              readings={readings}
              fromMs={fromMs}
              toMs={toMs}
              gap={gap}
              color={color}
            />
            <MetricFigure metric={metric} live={live} readings={readings} nowMs={nowMs} gap={gap} />
          </div>
        ))}
        <TimeCursor
          label={text.devices.readingsOf(name)}
          fromMs={fromMs}
          toMs={toMs}
          stepMs={history?.resolutionMs ?? 1_000}
          rows={metrics.length}
          describe={(atMs) => {
            const reading = readingAt(readings, atMs, gap);
            if (reading === null) return text.devices.noReading;
            return metrics.map((metric) => `${metric.name} ${metric.format(reading)}`).join(', ');
          }}
        />
      </div>
    </div>
  );
}

const MetricLine = memo(function MetricLine({
  metric,
  readings,
  fromMs,
  toMs,
  gap,
  color,
}: {
  metric: Metric;
  readings: readonly Reading[];
  fromMs: number;
  toMs: number;
  gap: number;
  color: string;
}) {
  const points = readings.map((reading) => ({ atMs: reading.atMs, value: metric.value(reading) }));
  const largest = points.reduce((most, { value }) => Math.max(most, value ?? 0), 0);
  const max = metric.max(largest, readings.at(-1) ?? null);
  const { line, area } = chartPath(points, {
    ...{ fromMs, toMs, min: 0, max, gapMs: gap },
    ...{ width: WIDTH, height: HEIGHT },
  });
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      className="col-start-2 my-px block w-full"
      style={{ height: HEIGHT }}
    >
      <path
        d={`M0 ${HEIGHT - 0.5}H${WIDTH}`}
        stroke="var(--line)"
        strokeWidth="1"
        vectorEffect="non-scaling-stroke"
      />
      <path d={area} fill={color} opacity="0.13" />
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
});

function MetricFigure({
  metric,
  live,
  readings,
  nowMs,
  gap,
}: {
  metric: Metric;
  live: readonly Reading[];
  readings: readonly Reading[];
  nowMs: number;
  gap: number;
}) {
  const atMs = useReadAt((state) => state.atMs);
  const reading = atMs === null ? currentReading(live, nowMs) : readingAt(readings, atMs, gap);
  const total = reading === null ? null : (metric.total?.(reading) ?? null);
  return (
    <span className="figures col-start-3 text-right text-sm">
      {reading === null ? UNKNOWN : metric.format(reading)}
      {total !== null && <span className="hidden text-ink-3 @sm:inline"> {total}</span>}
    </span>
  );
}
