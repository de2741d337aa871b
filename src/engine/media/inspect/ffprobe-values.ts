/** A positive fraction such as a frame rate or a pixel aspect. */
export interface Fraction {
  readonly num: number;
  readonly den: number;
}

/** Reads `30000/1001` or `16:15`; null for `0/0`, `N/A` and anything else that is no positive fraction. */
export function parseFraction(text: string | undefined): Fraction | null {
  const match = /^(\d+)[/:](\d+)$/.exec(text ?? '');
  if (!match) return null;
  const num = Number(match[1]);
  const den = Number(match[2]);
  return num > 0 && den > 0 ? { num, den } : null;
}

/** Reads a rational such as `34000/50000` as a number; null when it is none. */
export function parseRational(text: string | undefined): number | null {
  const match = /^(-?\d+)\/(\d+)$/.exec(text ?? '');
  if (!match || Number(match[2]) === 0) return null;
  return Number(match[1]) / Number(match[2]);
}

/** Reads Matroska's `DURATION` tag, `00:00:01.023000000`, in milliseconds. */
export function parseClock(text: string | undefined): number | null {
  const match = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text ?? '');
  if (!match) return null;
  const seconds = Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
  return Math.round(seconds * 1e6) / 1e3;
}

/** ffprobe's seconds as milliseconds, rounded to the microsecond. Zero counts as not known: no stream is empty on purpose. */
export function secondsToMs(seconds: number | null): number | null {
  return seconds !== null && seconds > 0 ? Math.round(seconds * 1e6) / 1e3 : null;
}

/** A count that is a whole number of zero or more, or null. */
export function wholeNumber(value: number | null): number | null {
  return value !== null && value >= 0 ? Math.round(value) : null;
}

/** A tag by its name in any case; Matroska's statistics tags carry a language suffix (`BPS-eng`). */
export function findTag(tags: Readonly<Record<string, string>>, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const key = Object.keys(tags).find((tag) => {
    const found = tag.toLowerCase();
    return found === wanted || found === `${wanted}-eng`;
  });
  return key === undefined ? undefined : tags[key];
}

/** ffprobe's words for a value that the file does not tell become null. */
export function knownText(text: string | undefined): string | null {
  return text === undefined || ['', 'unknown', 'unspecified', 'reserved', 'N/A'].includes(text) ? null : text;
}
