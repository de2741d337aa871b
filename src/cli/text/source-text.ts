import { assertNever } from '../../common/assert-never.ts';
import { formatBitRate, formatBytes, formatFrameRate, formatMediaTime } from '../../common/format.ts';
import type { SourceInfo, SourceStream, VideoStream } from '../../common/source.ts';
import { alignColumns } from './columns.ts';
import { printable } from './printable.ts';

/** What a file is: the container, every stream, chapters and tags. */
export function sourceText(info: SourceInfo): string {
  const facts = [
    ['File', printable(info.path)],
    ['Size', formatBytes(info.sizeBytes)],
    ['Length', formatMediaTime(info.durationMs)],
    ['Container', printable(info.container)],
    ['Bit rate', formatBitRate(info.bitRateBps)],
  ];
  const streams = info.streams.map((stream) => [
    `  ${stream.index}`,
    stream.kind,
    printable(stream.codec),
    [streamFacts(stream), labels(stream)].filter((part) => part !== '').join(', '),
  ]);
  const chapters = info.chapters.map((chapter) => [
    `  ${formatMediaTime(chapter.startMs)}`,
    printable(chapter.title ?? ''),
  ]);
  const tags = Object.entries(info.tags).map(([key, value]) => [`  ${printable(key)}`, printable(value)]);
  return [
    ...alignColumns(facts),
    'Streams',
    ...alignColumns(streams),
    ...(chapters.length === 0 ? [] : ['Chapters', ...alignColumns(chapters)]),
    ...(tags.length === 0 ? [] : ['Tags', ...alignColumns(tags)]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function streamFacts(stream: SourceStream): string {
  switch (stream.kind) {
    case 'video':
      return videoFacts(stream);
    case 'audio':
      return `${stream.channelLayout ?? `${stream.channels} channels`}, ${stream.sampleRateHz / 1000} kHz`;
    case 'subtitle':
      return stream.isText ? 'text' : 'pictures';
    case 'cover-art':
      return '';
    case 'attachment':
    case 'data':
      return printable(stream.fileName ?? '');
    default:
      return assertNever(stream);
  }
}

function videoFacts(stream: VideoStream): string {
  const facts = [`${stream.width}×${stream.height}`, formatFrameRate(stream.frameRate)];
  if (stream.isVariableFrameRate) facts.push('variable frame rate');
  facts.push(`${stream.bitDepth} bit`);
  if (stream.dynamicRange !== 'sdr') facts.push(stream.dynamicRange === 'hdr10' ? 'HDR10' : 'HLG');
  if (stream.rotationDegrees !== 0) facts.push(`turned ${stream.rotationDegrees}°`);
  const { num, den } = stream.sampleAspectRatio;
  if (num !== den) facts.push(`pixels ${num}:${den}`);
  if (stream.fieldOrder === 'top-first' || stream.fieldOrder === 'bottom-first') facts.push('interlaced');
  return facts.join(', ');
}

function labels(stream: SourceStream): string {
  const parts = [stream.language, stream.title].filter((part) => part !== null).map(printable);
  if (stream.isDefault) parts.push('default');
  if (stream.isForced) parts.push('forced');
  return parts.join(', ');
}
