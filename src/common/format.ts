/**
 * Numbers as people read them, the same in the window and on the command line. Pure; what is not known is "–", never a
 * guess. Spaces are plain ones: the window keeps a figure and its unit on one line by style.
 */

/** Stands for a figure that is not known. */
export const UNKNOWN = '–';
const MINUS = '−';

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const BIT_RATE_UNITS = ['b/s', 'kb/s', 'Mb/s', 'Gb/s'] as const;

/** Three significant digits and a decimal unit, e.g. `1.32 GB`, `214 MB`, `0 B`. */
export function formatBytes(bytes: number | null): string {
  return withUnit(bytes, BYTE_UNITS);
}

/** Bits per second without idle zeros, e.g. `4.2 Mb/s`, `128 kb/s`: these figures stand still. */
export function formatBitRate(bitsPerSecond: number | null): string {
  const exact = withUnit(bitsPerSecond, BIT_RATE_UNITS);
  return exact.replace(/(\.\d*?)0+(?= )/, (_, kept: string) => (kept === '.' ? '' : kept));
}

function withUnit(amount: number | null, units: readonly string[]): string {
  if (amount === null || !Number.isFinite(amount)) return UNKNOWN;
  let value = Math.max(0, amount);
  let step = 0;
  // 999.5 would print as 1000: it belongs to the next unit.
  while (value >= 999.5 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${step === 0 ? Math.round(value) : threeDigits(value)} ${units[step]}`;
}

function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  if (value < 99.95) return value.toFixed(1);
  return value.toFixed(0);
}

/** A span in its two largest units, e.g. `2 h 04 m`, `18 m 42 s`, `45 s`, `0.4 s`. */
export function formatDuration(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return UNKNOWN;
  if (ms <= 0) return '0 s';
  if (ms < 9_950) return `${(Math.max(ms, 100) / 1000).toFixed(1)} s`;
  return formatWholeSeconds(Math.round(ms / 1000));
}

/** Time that is left, in whole seconds, rounded up: `0 s` only when nothing is left. */
export function formatEta(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return UNKNOWN;
  return formatWholeSeconds(Math.ceil(Math.max(0, ms) / 1000));
}

function formatWholeSeconds(total: number): string {
  const seconds = total % 60;
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600) % 24;
  const days = Math.floor(total / 86_400);
  if (days > 0) return `${days} d ${twoDigits(hours)} h`;
  if (hours > 0) return `${hours} h ${twoDigits(minutes)} m`;
  if (minutes > 0) return `${minutes} m ${twoDigits(seconds)} s`;
  return `${seconds} s`;
}

/** A length of film as players show it, e.g. `0:36`, `1:02:03`. */
export function formatMediaTime(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return UNKNOWN;
  const total = Math.round(Math.max(0, ms) / 1000);
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  const seconds = twoDigits(total % 60);
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${seconds}` : `${minutes}:${seconds}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** Encoding speed in frames per second, e.g. `312 fps`, `8.4 fps`. */
export function formatFps(fps: number | null): string {
  if (fps === null || !Number.isFinite(fps)) return UNKNOWN;
  return `${fps < 9.95 ? fps.toFixed(1) : fps.toFixed(0)} fps`;
}

/** Speed against playback, e.g. `10.4×`, `0.25×`, `312×`. */
export function formatSpeed(speedX: number | null): string {
  if (speedX === null || !Number.isFinite(speedX)) return UNKNOWN;
  if (speedX < 0.995) return `${speedX.toFixed(2)}×`;
  return `${speedX < 99.95 ? speedX.toFixed(1) : speedX.toFixed(0)}×`;
}

/** A fraction from 0 to 1 in whole percent, rounded down: `100 %` only when it is whole. */
export function formatPercent(fraction: number): string {
  // The small addition keeps 0.29, which a double holds as 0.28999…, from reading 28 %.
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100 + 1e-9)} %`;
}

/** Change of size against the source, e.g. `−84 %`, `+12 %`, `0 %`. */
export function formatSaved(beforeBytes: number | null, afterBytes: number | null): string {
  if (beforeBytes === null || afterBytes === null || beforeBytes <= 0) return UNKNOWN;
  const rounded = Math.round((afterBytes / beforeBytes - 1) * 100);
  // Whatever holds a byte has not saved all of them.
  const percent = afterBytes > 0 ? Math.max(-99, rounded) : rounded;
  if (percent === 0) return '0 %';
  return percent < 0 ? `${MINUS}${-percent} %` : `+${percent} %`;
}

/** A whole number with its thousands apart, e.g. `100,000`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A film's frame rate, e.g. `25 fps`, `29.97 fps`. */
export function formatFrameRate(rate: { num: number; den: number } | null): string {
  if (rate === null) return UNKNOWN;
  return `${Number((rate.num / rate.den).toFixed(2))} fps`;
}
