import { HISTORY_LENGTH, type LoadSample } from '../stores/devices-store.ts';
import { sparklinePath } from './sparkline-path.ts';

const WIDTH = 72;
const HEIGHT = 20;

/** Load over the last minute, newest on the right. Decoration: the figure beside it says the same in words. */
export function Sparkline({ samples, color }: { samples: readonly LoadSample[]; color: string }) {
  const percents = samples.map((sample) => sample.percent);
  const { line, area } = sparklinePath(percents, HISTORY_LENGTH, WIDTH, HEIGHT);
  return (
    <svg
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-hidden="true"
      className="shrink-0"
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
      />
    </svg>
  );
}

/** Whether there is anything to draw: some devices are never measured. */
export function hasReadings(samples: readonly LoadSample[]): boolean {
  return samples.some((sample) => sample.percent !== null);
}
