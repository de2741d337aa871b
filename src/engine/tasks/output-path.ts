import { basename, extname, join } from 'node:path';

/** The longest file name that ext4, APFS, NTFS and exFAT all take; the first counts UTF-8 bytes, which are never fewer than characters. */
const MAX_NAME_BYTES = 255;

/** What a name template may speak of. */
export interface NameFacts {
  /** The source's file name without its extension. */
  readonly name: string;
  /** The preset's id. */
  readonly preset: string;
  readonly codec: string;
  /** Picture size of the output in pixels. */
  readonly width: number;
  readonly height: number;
  /** `YYYY-MM-DD`, in the person's own time zone. */
  readonly date: string;
}

/** The name that `{name}` stands for: `a.b.mkv` gives `a.b`, `.mkv` gives `.mkv`. */
export function sourceName(sourcePath: string): string {
  return basename(sourcePath, extname(sourcePath));
}

/**
 * The output's file name without extension. A placeholder that nobody knows stays as it was written; what a name cannot
 * hold on some system becomes `_`, so neither template nor source name can lead out of the folder.
 */
export function outputBaseName(template: string, facts: NameFacts): string {
  const values: Readonly<Record<string, string>> = {
    name: facts.name,
    preset: facts.preset,
    codec: facts.codec,
    width: String(facts.width),
    height: String(facts.height),
    date: facts.date,
  };
  return sanitizeFileName(
    template.replace(/\{(\w+)\}/g, (written, key: string) =>
      Object.hasOwn(values, key) ? (values[key] ?? written) : written,
    ),
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
 * Final paths to try, best first, without end. The source's own path is never among them, in whatever letter case or
 * Unicode form: a disk may hold both for the same file.
 */
export function* candidatePaths(
  folder: string,
  base: string,
  extension: string,
  sourcePath: string,
): Generator<string, never> {
  for (let n = 1; ; n += 1) {
    const path = candidatePath(folder, base, extension, n);
    if (!mayBeSameFile(path, sourcePath)) yield path;
  }
}

/** Whether two paths name one file on a disk that ignores letter case and Unicode form. */
export function mayBeSameFile(a: string, b: string): boolean {
  return join(a).normalize('NFC').toLowerCase() === join(b).normalize('NFC').toLowerCase();
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
