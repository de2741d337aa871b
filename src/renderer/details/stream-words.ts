import { assertNever } from '../../common/assert-never.ts';
import { formatBitRate, formatFrameRate } from '../../common/format.ts';
import type { AudioStream, SourceInfo, SourceStream, VideoStream } from '../../common/source.ts';
import { text } from '../text/en.ts';

/** A stream in a line of field terms, e.g. `1920×1080 · h264 · 25 fps · 8.2 Mb/s`. */
export function streamLine(stream: SourceStream): string {
  switch (stream.kind) {
    case 'video':
      return videoLine(stream);
    case 'audio':
      return audioLine(stream);
    case 'subtitle':
      return joined([stream.codec, ...tags(stream)]);
    case 'cover-art':
      return joined([stream.codec, stream.title]);
    case 'attachment':
    case 'data':
      return joined([stream.fileName, stream.mimeType ?? stream.codec]);
    default:
      return assertNever(stream);
  }
}

function videoLine(stream: VideoStream): string {
  const { num, den } = stream.sampleAspectRatio;
  return joined([
    `${stream.width}×${stream.height}`,
    stream.codec,
    stream.bitDepth > 8 ? text.source.bits(stream.bitDepth) : null,
    stream.dynamicRange === 'sdr' ? null : text.source.dynamicRange[stream.dynamicRange],
    stream.frameRate === null ? null : formatFrameRate(stream.frameRate),
    stream.isVariableFrameRate ? text.source.variableFrameRate : null,
    stream.fieldOrder === 'top-first' || stream.fieldOrder === 'bottom-first' ? text.source.interlaced : null,
    stream.rotationDegrees === 0 ? null : text.source.rotated(stream.rotationDegrees),
    num === den ? null : text.source.pixelAspect(num, den),
    stream.bitRateBps === null ? null : formatBitRate(stream.bitRateBps),
  ]);
}

function audioLine(stream: AudioStream): string {
  return joined([
    stream.codec,
    stream.channelLayout ?? text.source.channels(stream.channels),
    `${stream.sampleRateHz / 1000} kHz`,
    stream.bitRateBps === null ? null : formatBitRate(stream.bitRateBps),
    ...tags(stream),
  ]);
}

function tags(stream: {
  language: string | null;
  title: string | null;
  isForced: boolean;
}): (string | null)[] {
  const language = stream.language === 'und' ? null : stream.language;
  return [language, stream.title, stream.isForced ? text.source.forced : null];
}

function joined(parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== '').join(' · ');
}

/** A whole source in one line, for a list: picture, tracks beyond it. */
export function sourceLine(info: SourceInfo): string {
  const video = info.streams.find((stream) => stream.kind === 'video');
  const count = (kind: SourceStream['kind']) => info.streams.filter((stream) => stream.kind === kind).length;
  return joined([
    video === undefined ? null : `${video.width}×${video.height}`,
    video === undefined ? null : video.codec,
    video === undefined || video.dynamicRange === 'sdr' ? null : text.source.dynamicRange[video.dynamicRange],
    text.source.audioTracks(count('audio')),
    count('subtitle') === 0 ? null : text.source.subtitleTracks(count('subtitle')),
  ]);
}
