import { useMemo } from 'react';
import type { BenchResult } from '../../common/bench.ts';
import type { BenchPair } from '../../common/bench-table.ts';
import { formatFps } from '../../common/format.ts';
import { deviceColor } from '../devices/device-words.ts';
import { useDevices } from '../stores/devices-store.ts';
import { text } from '../text/en.ts';
import { type BenchBar, deviceBars } from './bench-bars.ts';
import { caseName, measuredName } from './bench-words.ts';

/** Speed as bars, one block for each device, all on one scale. Drawn for the eye: the table has the same figures. */
export function BenchChart({
  results,
  pairs,
}: {
  results: readonly BenchResult[];
  pairs: readonly BenchPair[];
}) {
  const devices = useDevices(({ list }) => list?.devices) ?? [];
  const blocks = useMemo(() => deviceBars(results, pairs), [results, pairs]);
  if (blocks.length === 0) return null;
  return (
    <figure className="rounded-lg border border-line bg-raised p-4 shadow-1">
      <figcaption className="mb-3 flex flex-wrap gap-x-3">
        <span className="font-medium">{text.bench.chart}</span>
        <span className="text-ink-3">
          {text.bench.chartNote}
          {pairs.length > 0 && ` ${text.bench.chartMark}`}
        </span>
      </figcaption>
      <div
        aria-hidden="true"
        className="grid grid-cols-[repeat(auto-fill,minmax(min(17rem,100%),1fr))] gap-x-8 gap-y-4"
      >
        {blocks.map(({ deviceId, first, bars }) => {
          const color = deviceColor(devices, deviceId);
          return (
            <div key={deviceId} className="min-w-0">
              <p className="mb-1 flex items-center gap-2 text-sm font-medium">
                <span className="size-1.5 shrink-0 rounded-full" style={{ background: color }} />
                <span className="truncate">{measuredName(devices, first)}</span>
              </p>
              {bars.map((bar) => (
                <Bar key={`${bar.result.encoderPreset} ${bar.result.rate}`} bar={bar} color={color} />
              ))}
            </div>
          );
        })}
      </div>
    </figure>
  );
}

function Bar({ bar: { result, share, beforeShare }, color }: { bar: BenchBar; color: string }) {
  return (
    <div className="grid h-5 grid-cols-[6.75rem_minmax(0,1fr)_3.75rem] items-center gap-2 text-sm">
      <span className="truncate text-ink-2">{caseName(result)}</span>
      <span className="relative h-2.5 rounded-[2px] bg-sunken">
        <span
          className="absolute inset-y-0 left-0 rounded-[2px]"
          // What is not constant quality is paler: it is measured for another question.
          style={{
            width: `${share * 100}%`,
            background: color,
            opacity: result.rate === 'quality' ? 1 : 0.55,
          }}
        />
        {beforeShare !== null && (
          <span
            className="absolute -inset-y-0.5 w-0.5 bg-ink"
            style={{ left: `calc(${beforeShare * 100}% - 1px)` }}
          />
        )}
      </span>
      <span className="figures text-right">{formatFps(result.fps)}</span>
    </div>
  );
}
