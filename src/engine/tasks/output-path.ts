import { basename, extname, join } from 'node:path';

/** The longest file name that ext4, APFS, NTFS and exFAT all take; the first counts UTF-8 bytes, which are never fewer than characters. */
const MAX_NAME_BYTES = 255;

/** What a name template may speak of. */
export interface NameFacts {
  readonly sourcePath: string;
  /** The preset's id. */
  readonly preset: string;
  readonly codec: string;
  /** Picture size in pixels as it is displayed; null when there is none, and then nothing is put in its place. */
  readonly width: number | null;
  readonly height: number | null;
  /** `YYYY-MM-DD`, in the person's own time zone. */
  readonly date: string;
}

/**
 * The output's file name without extension. `{name}` is the source's file name without its extension. A placeholder that
 * nobody knows stays as it was written; what a name cannot hold on some system becomes `_`, so neither template nor source
 * name can lead out of the folder.
 */
export function outputBaseName(template: string, facts: NameFacts): string {
  const { sourcePath, preset, codec, width, height, date } = facts;
  const values = new Map([
    ['name', basename(sourcePath, extname(sourcePath))],
    ['preset', preset],
    ['codec', codec],
    ['width', String(width ?? '')],
    ['height', String(height ?? '')],
    ['date', date],
  ]);
  return sanitizeFileName(
    template.replace(/\{(\w+)\}/g, (written, key: string) => values.get(key) ?? written),
  );
}

const UNSAFE = /[\p{Cc}<>:"/\\|?*]/gu;

/**
 * Names that Windows keeps for devices, with anything after the first dot as well.
 * Source: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
 */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])[ ]*(?:\.|$)/i;

/**
 * The nearest name that is safe on Windows, macOS and Linux. Letters of all scripts stay. Never empty, never longer than
 * 255 bytes of UTF-8, and sanitizing twice gives the same.
 */
export function sanitizeFileName(name: string): string {
  const safe = trimEnd(name.toWellFormed().replace(UNSAFE, '_'));
  return cutToBytes(RESERVED.test(safe) ? `_${safe}` : safe, MAX_NAME_BYTES) || 'output';
}

/** Windows drops dots and spaces at the end of a name: `film. ` would be `film`, perhaps another file. */
function trimEnd(name: string): string {
  return name.replace(/[. ]+$/, '');
}

/** Cut at a whole character (code point), and free of dots and spaces at its new end. */
function cutToBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  let kept = '';
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return trimEnd(kept);
}

/**
 * The n-th choice of a final path: `film.mp4`, `film (2).mp4`, `film (3).mp4`… A long base name is cut to make room.
 * @param extension without a dot
 * @param n counts from 1
 */
export function candidatePath(folder: string, base: string, extension: string, n: number): string {
  const tail = `${n === 1 ? '' : ` (${n})`}.${extension}`;
  return join(
    folder,
    `${cutToBytes(sanitizeFileName(base), MAX_NAME_BYTES - Buffer.byteLength(tail))}${tail}`,
  );
}

/**
 * Where the output is written until it is complete: hidden, beside its final path (a rename needs the same disk), one for
 * each job.
 */
export function temporaryPath(finalPath: string, jobId: string): string {
  const tail = `.gantry-${jobId}.part`;
  const short = cutToBytes(basename(finalPath), MAX_NAME_BYTES - 1 - Buffer.byteLength(tail));
  return join(finalPath, '..', `.${short}${tail}`);
}

/** Whether a file name is that of an unfinished output of Gantry's. */
export function isGantryTemporary(name: string): boolean {
  return /^\..*\.gantry-\d{1,15}\.part$/s.test(name);
}
