import { formatEta } from '../../common/format.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A guess at a time in the future, no finer than it can be right: `30 s`, `12 min`, `1 h 20 m`, `9 h`. */
export function aboutTime(ms: number): string {
  if (ms < MINUTE_MS) return formatEta(Math.max(1, Math.ceil(ms / 10_000)) * 10_000);
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 60) return `${minutes} min`;
  if (ms >= 6 * HOUR_MS) return formatHours(Math.round(ms / HOUR_MS));
  const fives = Math.round(ms / (5 * MINUTE_MS)) * 5;
  const rest = fives % 60;
  return rest === 0
    ? formatHours(fives / 60)
    : `${Math.floor(fives / 60)} h ${String(rest).padStart(2, '0')} m`;
}

function formatHours(hours: number): string {
  if (hours < 48) return `${hours} h`;
  return `${Math.round(hours / 24)} days`;
}
