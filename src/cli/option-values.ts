import { InvalidArgumentError } from 'commander';
import { JobId } from '../common/ids.ts';
import type { PresetOverrides } from '../common/job.ts';

/** Option values as text become values, or the command ends with exit code 2. Used by commander while it parses. */

/** A whole number within limits. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^-?\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** Text that is not empty: an unset variable in a script must not come to mean the current folder. */
export function nonEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

export function nonEmptyList(text: string, previous: readonly string[] = []): string[] {
  return [...previous, nonEmpty(text)];
}

export function jobIds(text: string, previous: readonly JobId[] = []): JobId[] {
  return [...previous, jobId(text)];
}

export function jobId(text: string): JobId {
  const parsed = JobId.safeParse(text);
  if (!parsed.success)
    throw new InvalidArgumentError('A job id is a whole number, as `gantry queue list` shows.');
  return parsed.data;
}

/** `video.effort=fast` and the like, collected over several options. Numbers, `true`, `false` and `null` are what they look like. */
export function overrides(text: string, previous: PresetOverrides = {}): PresetOverrides {
  const at = text.indexOf('=');
  const key = text.slice(0, Math.max(0, at)).trim();
  if (key === '') {
    throw new InvalidArgumentError('It must be key=value, for example video.effort=fast.');
  }
  return { ...previous, [key]: overrideValue(text.slice(at + 1).trim()) };
}

function overrideValue(text: string): string | number | boolean | null {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
