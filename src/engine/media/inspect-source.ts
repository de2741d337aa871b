import { type ProblemError, problem } from '../../common/problem.ts';
import type { SourceInfo, SourceStream } from '../../common/source.ts';
import type { Host } from '../hosts/host.ts';
import { type CommandResult, runCommand } from '../hosts/run-command.ts';
import { inputArgs } from './input-args.ts';
import { ProbedFile, type ProbedFrame, ProbedFrames, type ProbedStream } from './inspect/ffprobe-output.ts';
import { secondsToMs, wholeNumber } from './inspect/ffprobe-values.ts';
import { isBrokenVideo, sourceStream } from './inspect/source-streams.ts';
import { explainUnreadable, sourceNotFound } from './inspect/unreadable-source.ts';
import { needsFirstFrame } from './inspect/video-stream.ts';

/** A drive that has to spin up or a share over a slow network may take this long; a file that takes longer hangs. */
const PROBE_TIMEOUT_MS = 60_000;

/**
 * Packets that ffprobe reads beyond the header. A file with fewer is known whole, so that a still picture in an animation
 * format and a track without a single frame are told before an encode of it is tried.
 */
const COUNTED_PACKETS = 100;

/** Bare streams: ffprobe guesses how long they are from size and bit rate, wrong by any factor. */
const GUESSED_DURATION = new Set([
  'mpegvideo',
  'm4v',
  'h263',
  'h264',
  'hevc',
  'vvc',
  'obu',
  'cavsvideo',
  'dirac',
  'vc1',
]);

/**
 * A statically linked ffprobe, as npm installs it, crashes in glibc's character conversion when it reads a station's name in a
 * transport stream and the system's glibc is another one. With this path set it finds no conversions and does without.
 */
const WITHOUT_GCONV = { GCONV_PATH: '' };

/** Bytes enough to recognise what a file is that ffprobe cannot read. */
const HEAD_BYTES = 512;

/**
 * Reads what a file is. Only headers, the first packets and at most one frame per video are read, so a film takes no longer
 * than a clip.
 *
 * @param path absolute path on the host
 * @throws ProblemError source-not-found, source-not-readable, source-is-a-folder, source-empty, source-corrupt,
 *   source-unsupported, source-no-streams, ffmpeg-broken
 */
export async function inspectSource(
  host: Host,
  ffprobePath: string,
  path: string,
  signal?: AbortSignal,
): Promise<SourceInfo> {
  const stat = await host.files.stat(path);
  if (stat === null) throw sourceNotFound();
  if (stat.kind === 'folder') {
    throw problem('source-is-a-folder', 'The path is a folder, not a file.', 'Choose the files inside it.');
  }
  if (stat.kind === 'other') {
    throw problem(
      'source-unsupported',
      'The path is a device or a pipe, not a file.',
      'Choose a video file instead.',
    );
  }
  if (stat.sizeBytes === 0) {
    throw problem('source-empty', 'The file is empty.', 'Copy or download the file again, then retry.');
  }
  const probe = new Ffprobe(host, ffprobePath, path, signal);
  const file = ProbedFile.parse(
    await probe.json([
      ...['-show_format', '-show_streams', '-show_chapters'],
      ...['-count_packets', '-read_intervals', `%+#${COUNTED_PACKETS}`],
    ]),
  );
  rejectUnusable(file);
  const packetCounts = file.streams.map((stream) => stream.nb_read_packets ?? 0);
  const isReadWhole = packetCounts.reduce((sum, count) => sum + count, 0) < COUNTED_PACKETS;
  const streams: SourceStream[] = [];
  for (const stream of file.streams) {
    const isVideo = stream.codec_type === 'video' && stream.disposition.attached_pic === 0;
    const frame = isVideo && needsFirstFrame(stream) ? await probe.firstFrame(stream) : null;
    const found = sourceStream(file, stream, frame);
    // More than one is no promise: a file that was cut off holds fewer than it should.
    const read = stream.nb_read_packets ?? 0;
    const counted = isReadWhole && read <= 1 ? read : null;
    const timed =
      'durationMs' in found ? { ...found, durationMs: streamDurationMs(file, stream, found) } : found;
    streams.push(timed.kind === 'video' ? { ...timed, frameCount: timed.frameCount ?? counted } : timed);
  }
  return {
    path,
    sizeBytes: stat.sizeBytes,
    modifiedAt: new Date(stat.modifiedAtMs).toISOString(),
    container: file.format?.format_name ?? '',
    durationMs: fileDurationMs(file, streams),
    bitRateBps: wholeNumber(file.format?.bit_rate ?? null),
    streams,
    chapters: file.chapters.map((chapter) => ({
      startMs: Math.max(0, (chapter.start_time ?? 0) * 1000),
      endMs: Math.max(0, (chapter.end_time ?? 0) * 1000),
      title: chapter.tags['title'] ?? null,
    })),
    tags: file.format?.tags ?? {},
  };
}

/**
 * Matroska and MP4 count their duration from zero, though the first frame may come later; what plays is the rest. The
 * duration of a track in a Matroska tag is counted likewise.
 */
function leadMs(file: ProbedFile): number {
  const countsFromZero = /^(matroska|mov),/.test(file.format?.format_name ?? '');
  return countsFromZero ? Math.max(0, file.format?.start_time ?? 0) * 1000 : 0;
}

function hasGuessedDuration(file: ProbedFile): boolean {
  return GUESSED_DURATION.has(file.format?.format_name ?? '');
}

function streamDurationMs(
  file: ProbedFile,
  stream: ProbedStream,
  found: { readonly durationMs: number | null },
): number | null {
  if (found.durationMs === null || hasGuessedDuration(file)) return null;
  return stream.duration === null ? Math.max(0, found.durationMs - leadMs(file)) : found.durationMs;
}

function fileDurationMs(file: ProbedFile, streams: readonly SourceStream[]): number | null {
  if (hasGuessedDuration(file)) return null;
  const told = secondsToMs(file.format?.duration ?? null);
  if (told !== null) return Math.max(0, told - leadMs(file));
  const longest = Math.max(0, ...streams.map((s) => ('durationMs' in s ? (s.durationMs ?? 0) : 0)));
  return longest > 0 ? longest : null;
}

/** One ffprobe on one source. */
class Ffprobe {
  readonly #host: Host;
  readonly #ffprobePath: string;
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;

  constructor(host: Host, ffprobePath: string, path: string, signal: AbortSignal | undefined) {
    this.#host = host;
    this.#ffprobePath = ffprobePath;
    this.#path = path;
    this.#signal = signal;
  }

  /** Everything that ffprobe prints for these options, as JSON. */
  async json(options: readonly string[]): Promise<unknown> {
    const args = ['-v', 'error', '-of', 'json', ...options, ...inputArgs(this.#path)];
    const first = await this.#run(args);
    const run = first.signal === 'SIGSEGV' ? await this.#run(args, WITHOUT_GCONV) : first;
    this.#signal?.throwIfAborted();
    if (run.timedOut) {
      throw problem(
        'source-not-readable',
        `Reading the file took longer than ${PROBE_TIMEOUT_MS / 1000} seconds.`,
        'Check the drive or the network connection, then retry.',
      );
    }
    if (run.exitCode === 0) return parseJson(run.stdout);
    if (run.exitCode === null) throw ffprobeBroken(`ended by ${run.signal}`);
    throw await this.#explain(run.stderr);
  }

  #run(args: readonly string[], env: Record<string, string> = {}): Promise<CommandResult> {
    return runCommand(
      this.#host,
      { file: this.#ffprobePath, args, env },
      { timeoutMs: PROBE_TIMEOUT_MS, ...(this.#signal ? { signal: this.#signal } : {}) },
    );
  }

  /** The first frame of a stream; null when none can be decoded, which the encode will tell better. */
  async firstFrame(stream: ProbedStream): Promise<ProbedFrame | null> {
    const options = ['-select_streams', String(stream.index), '-show_frames', '-read_intervals', '%+#1'];
    const output = await this.json(options).catch(() => null);
    this.#signal?.throwIfAborted();
    return ProbedFrames.safeParse(output).data?.frames[0] ?? null;
  }

  async #explain(stderr: string): Promise<ProblemError> {
    if (/Unrecognized option|Option .* not found|Failed to set value/.test(stderr))
      return ffprobeBroken(stderr);
    const head = await this.#host.files.readHead(this.#path, HEAD_BYTES).catch(() => null);
    return explainUnreadable(stderr, head === null ? '' : Buffer.from(head).toString('latin1'));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw ffprobeBroken(text.slice(0, 500));
  }
}

function ffprobeBroken(detail: string): ProblemError {
  return problem(
    'ffmpeg-broken',
    'ffprobe did not answer as expected.',
    'Install a current ffmpeg, or run "gantry doctor" to see which one is used.',
    detail,
  );
}

/** Refuses what has nothing to encode from the start. What lacks video is left to `whyNotEncodable`. */
function rejectUnusable(file: ProbedFile): void {
  if (file.streams.length === 0) {
    throw problem(
      'source-no-streams',
      'The file holds no video, sound or subtitles: it is an empty shell.',
      'Copy or download the file again, or choose another one.',
    );
  }
  const isProtected = file.streams.some((stream) => /^(enc[avst]|drm[ims])$/.test(stream.codec_tag_string));
  if (isProtected) {
    throw problem(
      'source-unsupported',
      'The file is copy-protected (DRM), so its video cannot be decoded.',
      'Choose a file without copy protection.',
    );
  }
  const videos = file.streams.filter((stream) => stream.codec_type === 'video');
  if (videos.some(isBrokenVideo) && !videos.some((stream) => !isBrokenVideo(stream))) {
    throw problem(
      'source-corrupt',
      'The video in the file is damaged: the size of its picture cannot be read.',
      'Copy or download the file again, then retry.',
    );
  }
}
