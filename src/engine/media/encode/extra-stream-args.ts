import type { z } from 'zod';
import type { StreamNote } from '../../../common/job.ts';
import type { Container } from '../../../common/preset.ts';
import {
  type CoverArtStream,
  type OtherStream,
  type SourceStream,
  streamsOf,
} from '../../../common/source.ts';
import type { EncodeRequest } from '../encode-request.ts';
import { fileUrl } from '../input-args.ts';
import { keepsTimecode } from './metadata-args.ts';
import type { StreamArgs } from './stream-args.ts';
import type { VideoRequest } from './video-request.ts';

type CoverArt = z.infer<typeof CoverArtStream>;
type Other = z.infer<typeof OtherStream>;

/** Picture formats of cover art that players show, with what Matroska calls them. */
const COVER_FORMATS: Readonly<Record<string, { extension: string; mimeType: string }>> = {
  mjpeg: { extension: 'jpg', mimeType: 'image/jpeg' },
  png: { extension: 'png', mimeType: 'image/png' },
};

export interface ExtraStreamArgs extends StreamArgs {
  /** Writes the cover art to files of the job's own, which `args` attach; empty when there is nothing to write. */
  readonly extractCoverArgs: readonly string[];
}

/** Cover art, fonts and data streams. */
export function extraStreamArgs(request: VideoRequest): ExtraStreamArgs {
  const attachments = attachmentArgs(request);
  const cover = coverArtArgs(request, attachments.count);
  return {
    args: [...attachments.args, ...cover.args],
    extractCoverArgs: cover.extractCoverArgs,
    notes: [...attachments.notes, ...cover.notes, ...dataNotes(request)],
    count: attachments.count + cover.count,
  };
}

/** Fonts and other files, which only Matroska carries. */
function attachmentArgs({ preset, source }: EncodeRequest): StreamArgs {
  const args: string[] = [];
  const notes: StreamNote[] = [];
  let count = 0;
  for (const stream of others(source.streams, 'attachment')) {
    if (preset.container !== 'mkv') {
      notes.push(dropped(stream, 'Only Matroska (mkv) carries attached files.'));
      continue;
    }
    if (stream.fileName === null) {
      notes.push(dropped(stream, 'The attached file has no name, which Matroska asks for.'));
      continue;
    }
    args.push('-map', `0:${stream.index}`, `-c:t:${count}`, 'copy');
    if (stream.mimeType === null) args.push(`-metadata:s:t:${count}`, 'mimetype=application/octet-stream');
    count += 1;
  }
  return { args, notes, count };
}

/**
 * MP4 keeps a cover as a stream of its own. In Matroska it is an attached file, and ffmpeg attaches only what is a file
 * already: copied as a stream it would become a second film of one frame. MOV and WebM have no place that ffmpeg fills.
 */
function coverArtArgs(
  { preset, source, statsPath }: EncodeRequest,
  firstAttachment: number,
): ExtraStreamArgs {
  const args: string[] = [];
  const extractCoverArgs: string[] = [];
  const notes: StreamNote[] = [];
  let count = 0;
  for (const stream of streamsOf(source, 'cover-art')) {
    const format = COVER_FORMATS[stream.codec];
    const reason = whyNoCover(preset.container, stream);
    if (reason !== null || format === undefined) {
      notes.push(dropped(stream, reason ?? `Players show no ${stream.codec} covers.`));
      continue;
    }
    if (preset.container === 'mp4') {
      const output = `v:${count + 1}`;
      args.push(
        '-map',
        `0:${stream.index}`,
        `-c:${output}`,
        'copy',
        `-disposition:${output}`,
        'attached_pic',
      );
    } else {
      const file = fileUrl(`${statsPath}-cover-${count}.${format.extension}`);
      const output = `-metadata:s:t:${firstAttachment + count}`;
      extractCoverArgs.push(
        ...['-map', `0:${stream.index}`, '-c', 'copy', '-frames:v', '1', '-f', 'rawvideo', file],
      );
      args.push('-attach', file, output, `mimetype=${format.mimeType}`);
      // The name by which Matroska players know the cover among attached files.
      args.push(output, `filename=cover${count === 0 ? '' : `-${count + 1}`}.${format.extension}`);
    }
    count += 1;
  }
  return { args, extractCoverArgs, notes, count };
}

function whyNoCover(container: Container, stream: CoverArt): string | null {
  if (container === 'mov' || container === 'webm') {
    return `Cover art cannot be kept in ${container === 'mov' ? 'MOV' : 'WebM'}; MP4 and Matroska (mkv) keep it.`;
  }
  return COVER_FORMATS[stream.codec] === undefined ? `Players show no ${stream.codec} covers.` : null;
}

/** Data streams go with the frames they were recorded with, and no muxer takes them; timecode and chapters live on as tags. */
function dataNotes(request: VideoRequest): StreamNote[] {
  const { source } = request;
  return others(source.streams, 'data')
    .filter((stream) => !(stream.codec === 'tmcd' && keepsTimecode(request)))
    .filter((stream) => !isChapterText(stream, source.chapters.length))
    .map((stream) => dropped(stream, whyNoData(request, stream)));
}

function whyNoData({ preset }: VideoRequest, stream: Other): string {
  if (stream.codec !== 'tmcd') return `Data streams (${stream.codec}) are not carried over.`;
  return preset.metadata
    ? 'The timecode counts frames at a rate that the output does not keep.'
    : 'Left out, as the preset asks.';
}

/** MP4's chapter titles as a track; ffmpeg writes a new one for the chapters. */
function isChapterText(stream: Other, chapters: number): boolean {
  return chapters > 0 && ['bin_data', 'mov_text', 'text'].includes(stream.codec);
}

function others(streams: readonly SourceStream[], kind: Other['kind']): Other[] {
  return streams.filter((stream): stream is Other => stream.kind === kind);
}

function dropped(stream: CoverArt | Other, reason: string): StreamNote {
  return { streamIndex: stream.index, kind: stream.kind, action: 'dropped', reason };
}
