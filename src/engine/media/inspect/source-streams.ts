import type { SourceStream } from '../../../common/source.ts';
import type { ProbedFile, ProbedFrame, ProbedStream } from './ffprobe-output.ts';
import { findTag, knownText, parseClock, secondsToMs, wholeNumber } from './ffprobe-values.ts';
import { videoStream } from './video-stream.ts';

/** Subtitles that are pictures, or that no common ffmpeg build can read as text. */
const NOT_TEXT = new Set([
  'dvd_subtitle',
  'hdmv_pgs_subtitle',
  'dvb_subtitle',
  'xsub',
  'dvb_teletext',
  'arib_caption',
  'unknown',
]);

/** Names that muxers write when nobody named the track. */
const GENERIC_HANDLER = /handler|^core media|^gpac|^l-smash|^iso media|^mainconcept|^apple|^\s*$/i;

/**
 * One of ffprobe's streams in Gantry's terms.
 *
 * @param firstFrame the stream's first decoded frame where it was needed, else null
 */
export function sourceStream(
  file: ProbedFile,
  stream: ProbedStream,
  firstFrame: ProbedFrame | null,
): SourceStream {
  const base = {
    index: stream.index,
    codec: stream.codec_name,
    language: languageOf(stream),
    title: titleOf(stream),
    isDefault: stream.disposition.default === 1,
    isForced: stream.disposition.forced === 1,
  };
  const other = {
    ...base,
    codec: codecOf(stream),
    fileName: findTag(stream.tags, 'filename') ?? null,
    mimeType: findTag(stream.tags, 'mimetype') ?? null,
  };
  switch (stream.codec_type) {
    case 'video':
      if (isCoverArt(stream)) return { kind: 'cover-art', ...base };
      return hasPicture(stream) ? videoStream(base, stream, firstFrame) : { kind: 'data', ...other };
    case 'audio':
      // Without channels and a sample rate ffmpeg could not tell what the track is; no decoder would take it.
      if (!(stream.channels ?? 0) || !(stream.sample_rate ?? 0)) return { kind: 'data', ...other };
      return {
        kind: 'audio',
        ...base,
        profile: stream.profile,
        channels: Math.round(stream.channels ?? 0),
        channelLayout: knownText(stream.channel_layout),
        sampleRateHz: Math.round(stream.sample_rate ?? 0),
        bitRateBps: wholeNumber(stream.bit_rate),
        durationMs: secondsToMs(stream.duration) ?? parseClock(findTag(stream.tags, 'DURATION')),
      };
    case 'subtitle':
      if (isChapterTrack(file, stream)) return { kind: 'data', ...other };
      return { kind: 'subtitle', ...base, isText: !NOT_TEXT.has(stream.codec_name) };
    case 'attachment':
      // ffmpeg 5.1 shows pictures as cover art by itself; older and other demuxers leave them as attachments.
      if (other.mimeType?.startsWith('image/') && ['mjpeg', 'png'].includes(stream.codec_name)) {
        return { kind: 'cover-art', ...base };
      }
      return { kind: 'attachment', ...other };
    default:
      return { kind: 'data', ...other };
  }
}

/** ffmpeg's name, or the container's four letters where ffmpeg has none: `tmcd` timecode, `gpmd` telemetry. */
function codecOf(stream: ProbedStream): string {
  const isNamed = stream.codec_name !== 'unknown' && stream.codec_name !== 'none';
  return isNamed || !/^[a-z]{4}$/i.test(stream.codec_tag_string)
    ? stream.codec_name
    : stream.codec_tag_string;
}

/** A still picture beside the film: told by its disposition, or by what Matroska says of the attachment. */
function isCoverArt(stream: ProbedStream): boolean {
  return (
    stream.disposition.attached_pic === 1 || (findTag(stream.tags, 'mimetype')?.startsWith('image/') ?? false)
  );
}

/** Whether ffprobe could tell the picture's size; without it nothing can decode the stream. */
export function hasPicture(stream: ProbedStream): boolean {
  return (stream.width ?? 0) > 0 && (stream.height ?? 0) > 0;
}

/** Whether the stream is film that ffprobe could not make sense of. */
export function isBrokenVideo(stream: ProbedStream): boolean {
  return stream.codec_type === 'video' && !isCoverArt(stream) && !hasPicture(stream);
}

/**
 * MP4 and MOV hold chapter titles as a text track, which some ffprobe versions list as subtitles: one sample per chapter,
 * never switched on. It goes with the chapters, not with the subtitles.
 */
function isChapterTrack(file: ProbedFile, stream: ProbedStream): boolean {
  return (
    stream.codec_tag_string === 'text' &&
    stream.disposition.default === 0 &&
    file.chapters.length > 0 &&
    stream.nb_frames === file.chapters.length
  );
}

function languageOf(stream: ProbedStream): string | null {
  const language = findTag(stream.tags, 'language')?.trim();
  return language === undefined || language === '' || language === 'und' ? null : language;
}

/** MP4 has no field for a track's title that ffprobe reads; the handler's name serves, unless a program chose it. */
function titleOf(stream: ProbedStream): string | null {
  const title = findTag(stream.tags, 'title');
  if (title !== undefined && title !== '') return title;
  const handler = findTag(stream.tags, 'handler_name');
  return handler === undefined || GENERIC_HANDLER.test(handler) ? null : handler;
}
