import { join } from 'node:path';
import type { FfmpegBuild } from '../../common/device.ts';
import { ProblemError, problem } from '../../common/problem.ts';
import { type SourceInfo, streamsOf } from '../../common/source.ts';
import type { Host } from '../hosts/host.ts';
import { runCommand } from '../hosts/run-command.ts';
import { classifyFailure } from '../media/classify-failure.ts';
import { chooseBuild, chooseFfprobe } from '../media/ffmpeg-builds.ts';
import { fileUrl } from '../media/input-args.ts';
import { inspectSource } from '../media/inspect-source.ts';

/** What the generated source is. Another picture, length or encode of it is another `id`: figures compare within one only. */
export interface BenchSourceSpec {
  /** Name and version, also the file's name. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
}

const FRAMES_PER_SECOND = 30;

/** Long enough that the start of a process, about a third of a second on a GPU, does not outweigh the encode. */
export const FULL_SOURCE: BenchSourceSpec = {
  id: 'scenes-1080p-v1',
  width: 1920,
  height: 1080,
  frameCount: 600,
};
export const QUICK_SOURCE: BenchSourceSpec = {
  id: 'scenes-720p-v1',
  width: 1280,
  height: 720,
  frameCount: 300,
};

/** A slow machine draws and encodes the scenes at some frames a second. */
const MAKING_TIMEOUT_MS = 10 * 60_000;

export function sourceDurationMs(spec: BenchSourceSpec): number {
  return (spec.frameCount / FRAMES_PER_SECOND) * 1000;
}

const SCENES = 5;
/** Filters of the graph that not every ffmpeg may have. */
const NEEDED_FILTERS = ['mandelbrot', 'testsrc2', 'geq', 'life', 'noise', 'concat'];

/**
 * Five scenes with hard cuts between them, all under grain: a camera that pans over fine detail, sharp edges and text that
 * move, soft light (banding shows there), a zoom, and a swarm of small patches that change on their own. The same frames
 * come out of ffmpeg 5.1 and 7.0.
 */
export function sceneGraph({ width, height, frameCount }: BenchSourceSpec): string {
  const frames = Math.ceil(frameCount / SCENES);
  const rate = FRAMES_PER_SECOND;
  const size = `${width}x${height}`;
  const fill = `scale=${width}:${height}:flags=bicubic,setsar=1`;
  const point = 'start_x=-0.743643887:start_y=-0.131825904:maxiter=400';
  // Half as large again in each direction: room to pan.
  const [wide, high] = [evenly(width * 1.5), evenly(height * 1.5)];
  const scenes = [
    [
      `mandelbrot=s=${wide}x${high}:rate=${rate}:${point}:start_scale=0.02,trim=end_frame=1`,
      `loop=loop=${frames - 1}:size=1,setpts=N/(${rate}*TB)`,
      `crop=${width}:${height}:x='n*(iw-ow)/${frames}':y='n*(ih-oh)/${frames}',format=yuv420p`,
    ],
    [`testsrc2=s=${size}:rate=${rate},trim=end_frame=${frames},format=yuv420p`],
    [
      // Drawn small, since each pixel is a formula.
      `nullsrc=s=240x136:rate=${rate},trim=end_frame=${frames},format=yuv420p`,
      "geq=lum='110+60*sin(X/17+N/9)*cos(Y/13-N/14)':cb='128+30*sin(X/40+N/20)':cr='128+30*cos(Y/30-N/25)'",
      fill,
    ],
    [
      `mandelbrot=s=${size}:rate=${rate}:${point}:start_scale=0.5:end_pts=120,trim=end_frame=${frames},format=yuv420p`,
    ],
    [
      'life=s=120x68:rate=10:seed=7:ratio=0.3:mold=20:life_color=#c0d8ff:death_color=#203018:mold_color=#806040',
      `${fill},format=yuv420p,fps=${rate},trim=end_frame=${frames}`,
    ],
  ];
  const grain = [0, 1, 2].map((c) => `c${c}_strength=${c === 0 ? 6 : 4}:c${c}_flags=t:c${c}_seed=${7 + c}`);
  return [
    ...scenes.map((filters, i) => `${filters.join(',')}[s${i}]`),
    `${scenes.map((_, i) => `[s${i}]`).join('')}concat=n=${SCENES}:v=1,noise=${grain.join(':')},setsar=1[v]`,
  ].join(';');
}

function evenly(pixels: number): number {
  return Math.round(pixels / 2) * 2;
}

/**
 * Few bits saved and quick to decode (no CABAC, no deblocking, no B-frames), so that the encoders are measured and not the
 * decoder. The number of threads is fixed, since x264's output depends on it. Plain 8-bit H.264, which GPUs decode as well.
 */
function makeArgs(spec: BenchSourceSpec, path: string): string[] {
  return [
    ...['-hide_banner', '-nostdin', '-y', '-v', 'error', '-filter_complex', sceneGraph(spec), '-map', '[v]'],
    ...[
      '-frames:v',
      String(spec.frameCount),
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-tune',
      'fastdecode',
    ],
    ...['-crf', '18', '-bf', '0', '-g', '60', '-threads', '4', '-pix_fmt', 'yuv420p'],
    ...['-f', 'mp4', fileUrl(path)],
  ];
}

export interface SourceTools {
  readonly host: Host;
  readonly builds: readonly FfmpegBuild[];
  /** Where sources are kept. */
  readonly folder: string;
  /** For what is not finished yet; emptied by whoever owns it. */
  readonly workFolder: string;
}

/**
 * The source's file, made when it is missing or not what it should be.
 *
 * @throws ProblemError encoder-missing, ffmpeg-missing, encode-failed, no-space and what else the disk has to say
 */
export async function ensureSource(
  tools: SourceTools,
  spec: BenchSourceSpec,
  signal: AbortSignal,
): Promise<SourceInfo> {
  const path = join(tools.folder, `${spec.id}.mp4`);
  const found = await usableSource(tools, spec, path, signal);
  return found ?? (await makeSource(tools, spec, path, signal));
}

/** Null when it is not there or is not the source. */
async function usableSource(
  { host, builds }: SourceTools,
  spec: BenchSourceSpec,
  path: string,
  signal: AbortSignal,
): Promise<SourceInfo | null> {
  if ((await host.files.stat(path)) === null) return null;
  const info = await inspectSource(host, ffprobe(builds), path, signal).catch(() => null);
  signal.throwIfAborted();
  const [video] = info === null ? [] : streamsOf(info, 'video');
  const isSame =
    video?.width === spec.width && video.height === spec.height && video.frameCount === spec.frameCount;
  return isSame ? info : null;
}

async function makeSource(
  tools: SourceTools,
  spec: BenchSourceSpec,
  path: string,
  signal: AbortSignal,
): Promise<SourceInfo> {
  const { host, builds, folder, workFolder } = tools;
  const build = chooseBuild(builds, { encoder: 'libx264', filters: NEEDED_FILTERS });
  if (build === null) {
    throw problem(
      'encoder-missing',
      'No ffmpeg here can make the source of the benchmark: it takes libx264 and the usual filters.',
      'Install a complete ffmpeg build.',
    );
  }
  await host.files.makeFolder(folder);
  await host.files.makeFolder(workFolder);
  const temporary = join(workFolder, `${spec.id}.mp4`);
  const made = await runCommand(
    host,
    { file: build.ffmpegPath, args: makeArgs(spec, temporary) },
    { signal, timeoutMs: MAKING_TIMEOUT_MS },
  );
  signal.throwIfAborted();
  if (made.exitCode !== 0) {
    const stderr = made.stderr.split('\n');
    const why = classifyFailure({ exit: made, stderr, sourcePath: '', outputPath: temporary });
    if (why.code === 'no-space') throw new ProblemError(why);
  }
  const isGood = made.exitCode === 0 && (await usableSource(tools, spec, temporary, signal)) !== null;
  if (!isGood) {
    throw problem(
      'encode-failed',
      made.timedOut
        ? `Making the source of the benchmark took longer than ${MAKING_TIMEOUT_MS / 60_000} minutes.`
        : 'The source of the benchmark could not be made.',
      'Check that the disk has space, and try another ffmpeg build.',
      made.stderr.split('\n').find((line) => line.trim() !== '') ??
        `exit code ${made.exitCode ?? made.signal}`,
    );
  }
  await host.files.publish(temporary, path, { overwrite: true });
  return inspectSource(host, ffprobe(builds), path, signal);
}

/** @throws ProblemError ffmpeg-missing */
export function ffprobe(builds: readonly FfmpegBuild[]): string {
  const path = chooseFfprobe(builds);
  if (path !== null) return path;
  throw problem(
    'ffmpeg-missing',
    'No working ffprobe was found.',
    'Install ffmpeg, or set its path in the settings.',
  );
}
