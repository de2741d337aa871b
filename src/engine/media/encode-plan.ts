import type { StreamNote } from '../../common/job.ts';
import { ProblemError, problem } from '../../common/problem.ts';
import { streamsOf, type VideoStream } from '../../common/source.ts';
import { audioArgs } from './encode/audio-args.ts';
import { supports } from './encode/build-features.ts';
import { colorArgs } from './encode/color.ts';
import { cpuVideoArgs, hasTwoPasses, type Pass } from './encode/cpu-video-args.ts';
import { type ExtraStreamArgs, extraStreamArgs } from './encode/extra-stream-args.ts';
import { limitsFrameRate, videoFilters } from './encode/filters.ts';
import { type GpuPipeline, gpuPipeline } from './encode/gpu-pipeline.ts';
import { metadataArgs } from './encode/metadata-args.ts';
import { type NvencTiming, nvencTiming } from './encode/nvenc-timing.ts';
import {
  nvencBFrames,
  nvencEnvironment,
  nvencPixelFormat,
  nvencVideoArgs,
} from './encode/nvenc-video-args.ts';
import { subtitleArgs } from './encode/subtitle-args.ts';
import { timingArgs } from './encode/timing-args.ts';
import { type VideoRequest, videoRequest } from './encode/video-request.ts';
import type { EncodePlan, EncodeRequest, EncodeTarget } from './encode-request.ts';
import { fileUrl, inputArgs } from './input-args.ts';
import { CODEC_NAMES, presetConflict } from './preset-conflict.ts';
import { mainVideo, whyNotEncodable } from './source-summary.ts';

/** Pixel formats with transparency, by their names in ffmpeg. */
const HAS_ALPHA = /^(?:yuva|rgba|bgra|argb|abgr|gbrap|ya\d)/;

const MUXERS = { mp4: 'mp4', mov: 'mov', mkv: 'matroska', webm: 'webm' } as const;

/** Smallest side in pixels that an encoder takes, as seen with ffmpeg 5.1 and 7.0. */
const SMALLEST_SIDE: Partial<Record<EncodeTarget['encoder'], number>> = { libx265: 16, libsvtav1: 64 };

/** ffmpeg gives every GIF as one with transparency, whether it has any or not. */
function losesAlpha({ codec, pixelFormat }: VideoStream): boolean {
  return codec !== 'gif' && HAS_ALPHA.test(pixelFormat ?? '');
}

/**
 * The commands that make the output. Every stream of the source is either mapped by its number or named in the notes.
 *
 * @throws ProblemError source-no-video and the other reasons of `whyNotEncodable`, preset-invalid, encoder-missing,
 *   capability-missing, filter-graph-failed
 */
export function planEncode(request: EncodeRequest): EncodePlan {
  const video = checkedVideo(request);
  const pictured = videoRequest(request, video);
  checkTarget(pictured);
  const audio = audioArgs(request);
  const subtitles = subtitleArgs(request);
  const extras = extraStreamArgs(pictured);
  const metadata = metadataArgs(pictured);
  const isTwoPass = needsTwoPasses(request);
  const onGpu = gpuPipeline(pictured);
  const encode = [
    ...globalArgs(request),
    ...(onGpu?.inputArgs ?? []),
    ...sourceArgs(pictured),
    ...videoArgs(pictured, isTwoPass ? 2 : null, onGpu),
    ...audio.args,
    ...subtitles.args,
    ...extras.args,
    ...metadata.args,
    ...outputArgs(request),
  ];
  return {
    prepare: prepareCommand(pictured, isTwoPass, extras),
    // Both passes look at every frame; writing a picture to a file takes no time to speak of.
    prepareShare: isTwoPass ? 0.5 : 0,
    encode: command(request, encode),
    pipeline: request.target.kind === 'cpu' ? 'cpu' : onGpu === null ? 'gpu-encode' : 'gpu',
    expected: {
      container: request.preset.container,
      durationMs: expectedDurationMs(request, video),
      videoDurationMs: video.durationMs,
      frameCount: limitsFrameRate(request.preset, video) ? null : video.frameCount,
      video: { codec: request.preset.video.codec, ...pictured.size.output },
      audioStreams: audio.count,
      subtitleStreams: subtitles.count,
    },
    notes: [...videoNotes(pictured), ...audio.notes, ...subtitles.notes, ...extras.notes, ...metadata.notes],
  };
}

function checkedVideo({ source, preset, build, target }: EncodeRequest): VideoStream {
  const reason = whyNotEncodable(source);
  if (reason) throw new ProblemError(reason);
  const video = mainVideo(source);
  if (!video) throw problem('source-no-video', 'The file holds no video.', 'Choose a video file instead.');
  const conflict = presetConflict(preset);
  if (conflict) throw problem('preset-invalid', conflict.message, conflict.nextStep);
  if (!build.encoders.includes(target.encoder)) {
    throw problem(
      'encoder-missing',
      `This ffmpeg was built without ${target.encoder}.`,
      'Install a complete ffmpeg build, and see with "gantry doctor" which one is used.',
    );
  }
  return video;
}

function checkTarget({ target, preset, size }: VideoRequest): void {
  const smallest = SMALLEST_SIDE[target.encoder] ?? 0;
  const { width, height } = size.output;
  if (Math.min(width, height) >= smallest) return;
  throw problem(
    'capability-missing',
    `The ${CODEC_NAMES[preset.video.codec]} encoder takes no picture below ${smallest}×${smallest}; this one has ${width}×${height}.`,
    'Choose an H.264 preset.',
  );
}

function needsTwoPasses({ preset, target }: EncodeRequest): boolean {
  const { rate } = preset.video;
  return rate.mode === 'bit-rate' && rate.twoPass && target.kind === 'cpu' && hasTwoPasses(target.encoder);
}

/**
 * `level+warning` puts the level in brackets before each message, so that an error is told from a warning without guessing, and
 * leaves out what ffmpeg prints of the source's tags, which may read like an error.
 */
function globalArgs({ build }: EncodeRequest): string[] {
  return [
    ...['-hide_banner', '-nostdin', '-y', '-v', 'level+warning', '-nostats', '-progress', 'pipe:1'],
    ...(supports(build, 'stats-period') ? ['-stats_period', '0.5'] : []),
  ];
}

/** ffmpeg turns the picture by its display matrix; where the filters do it by a tag, builds that know the tag must not. */
function sourceArgs({ source, video }: VideoRequest): string[] {
  return [...(video.rotationFrom === 'tag' ? ['-noautorotate'] : []), ...inputArgs(source.path)];
}

/** The main video, as the output's first stream. Both passes get the same picture, which is what makes their statistics fit. */
function videoArgs(request: VideoRequest, pass: Pass, onGpu: GpuPipeline | null): string[] {
  const { target, video, color } = request;
  const timing = timingOf(request);
  const filters = [...(onGpu?.filters ?? cpuFilters(request)), ...timing.filters];
  return [
    ...['-map', `0:${video.index}`, '-filter:v:0', filters.join(',')],
    ...(target.kind === 'cpu'
      ? cpuVideoArgs(request, target.encoder, pass)
      : nvencVideoArgs(request, target)),
    ...colorArgs(color),
    ...timing.args,
  ];
}

function timingOf(request: VideoRequest): NvencTiming {
  const { target } = request;
  // AV1 frames are stored in the order they are shown, B-frames or not.
  const bFrames = target.kind === 'cpu' || target.encoder === 'av1_nvenc' ? 0 : nvencBFrames(request, target);
  return bFrames === 0 ? { filters: [], args: timingArgs(request) } : nvencTiming(request, bFrames);
}

function cpuFilters(request: VideoRequest): string[] {
  const { target, preset } = request;
  if (target.kind === 'nvenc') return videoFilters({ ...request, pixelFormat: nvencPixelFormat(request) });
  return videoFilters({
    ...request,
    pixelFormat: preset.video.bitDepth === 10 ? 'yuv420p10le' : 'yuv420p',
  });
}

/** The container, how it is laid out, and the file. The muxer is named, since the file has a temporary name. */
function outputArgs({ preset, outputPath }: EncodeRequest): string[] {
  const isMp4Like = preset.container === 'mp4' || preset.container === 'mov';
  return [
    // Apple's players know HEVC in MP4 by this tag only.
    ...(isMp4Like && preset.video.codec === 'hevc' ? ['-tag:v:0', 'hvc1'] : []),
    // The index first, so that a browser can start before it has the whole file.
    ...(isMp4Like ? ['-movflags', '+faststart'] : []),
    // A subtitle or a late track may come long after the first frames.
    ...['-max_muxing_queue_size', '9999', '-f', MUXERS[preset.container], fileUrl(outputPath)],
  ];
}

/** What must run before the encode: the first of two passes, cover art written to files; null when neither is needed. */
function prepareCommand(request: VideoRequest, isTwoPass: boolean, extras: ExtraStreamArgs) {
  if (!isTwoPass && extras.extractCoverArgs.length === 0) return null;
  return command(request, [
    ...globalArgs(request),
    ...sourceArgs(request),
    ...(isTwoPass ? [...videoArgs(request, 1, null), '-f', 'null', '-'] : []),
    ...extras.extractCoverArgs,
  ]);
}

function command({ build, target }: EncodeRequest, args: readonly string[]) {
  if (target.kind === 'nvenc') return { file: build.ffmpegPath, args, env: nvencEnvironment(target) };
  // SVT-AV1 prints a page of settings unless told that errors are enough.
  return {
    file: build.ffmpegPath,
    args,
    ...(target.encoder === 'libsvtav1' ? { env: { SVT_LOG: '1' } } : {}),
  };
}

/** As long as the longest track that is kept; the container's word where a track does not tell. */
function expectedDurationMs({ source, preset }: EncodeRequest, video: VideoStream): number | null {
  const kept = preset.audio.mode === 'none' ? [video] : [video, ...streamsOf(source, 'audio')];
  const durations = kept.map((stream) => stream.durationMs);
  const known = durations.filter((duration) => duration !== null);
  return known.length === durations.length ? Math.max(...known) : source.durationMs;
}

function videoNotes({ source, video, color, preset, target, isHdr }: VideoRequest): StreamNote[] {
  const others = streamsOf(source, 'video').filter((stream) => stream.index !== video.index);
  const note = (streamIndex: number, action: StreamNote['action'], reason: string): StreamNote => ({
    streamIndex,
    kind: 'video',
    action,
    reason,
  });
  return [
    ...(color.conversion === 'tone-map'
      ? [note(video.index, 'converted', `HDR became SDR: ${whySdr(preset)}`)]
      : []),
    ...(isHdr && target.kind === 'nvenc' && (video.masteringDisplay ?? video.contentLight) !== null
      ? [
          note(
            video.index,
            'dropped',
            'NVENC writes no HDR10 mastering metadata; colours and brightness curve are kept. An encode on the CPU keeps it.',
          ),
        ]
      : []),
    ...(losesAlpha(video)
      ? [note(video.index, 'converted', 'Transparency became opaque: the codec holds none.')]
      : []),
    ...others.map((stream) => note(stream.index, 'dropped', 'Only the main video is encoded.')),
  ];
}

function whySdr({ video }: EncodeRequest['preset']): string {
  if (video.hdr === 'tone-map') return 'the preset asks for it.';
  return video.codec === 'h264'
    ? 'H.264 players do not show HDR.'
    : '8 bits per colour do not hold HDR; the 10-bit presets keep it.';
}
