import type { StreamNote } from '../../../common/job.ts';
import type { Container } from '../../../common/preset.ts';
import { type SubtitleStream, streamsOf } from '../../../common/source.ts';
import type { EncodeRequest } from '../encode-request.ts';
import type { StreamArgs } from './stream-args.ts';
import { trackTagArgs } from './track-tags.ts';

interface SubtitleRoom {
  readonly name: string;
  readonly copied: ReadonlySet<string>;
  /** ffmpeg's encoder for text that cannot be copied, and what people call it. */
  readonly encoder: string;
  readonly encoderName: string;
}

const MP4_LIKE = { copied: new Set(['mov_text']), encoder: 'mov_text', encoderName: 'timed text' };

const ROOMS: Record<Container, SubtitleRoom> = {
  mp4: { name: 'MP4', ...MP4_LIKE },
  mov: { name: 'MOV', ...MP4_LIKE },
  mkv: {
    name: 'Matroska',
    copied: new Set(
      'subrip ass ssa webvtt hdmv_pgs_subtitle dvd_subtitle dvb_subtitle arib_caption'.split(' '),
    ),
    encoder: 'srt',
    encoderName: 'SRT',
  },
  webm: { name: 'WebM', copied: new Set(['webvtt']), encoder: 'webvtt', encoderName: 'WebVTT' },
};

/** All subtitle tracks, in the source's order: copied, converted as text, or named as lost. */
export function subtitleArgs({ preset, source, build }: EncodeRequest): StreamArgs {
  const room = ROOMS[preset.container];
  const args: string[] = [];
  const notes: StreamNote[] = [];
  let count = 0;
  for (const track of streamsOf(source, 'subtitle')) {
    const drop = (reason: string) => notes.push(note(track, 'dropped', reason));
    if (preset.subtitles === 'none') {
      drop('Left out, as the preset asks.');
      continue;
    }
    const isCopied = room.copied.has(track.codec);
    if (!isCopied && !track.isText) {
      drop(
        `${room.name} does not hold ${track.codec} subtitles, and pictures cannot become text. Matroska (mkv) keeps them.`,
      );
      continue;
    }
    if (!isCopied && !build.encoders.includes(room.encoder)) {
      drop(`This ffmpeg cannot write ${room.encoderName} subtitles.`);
      continue;
    }
    args.push('-map', `0:${track.index}`, `-c:s:${count}`, isCopied ? 'copy' : room.encoder);
    args.push(...trackTagArgs(preset.container, `s:${count}`, track));
    if (!isCopied) {
      notes.push(
        note(
          track,
          'converted',
          `From ${track.codec} to ${room.encoderName}: ${room.name} does not hold it as it is.`,
        ),
      );
    }
    count += 1;
  }
  return { args, notes, count };
}

function note(track: SubtitleStream, action: StreamNote['action'], reason: string): StreamNote {
  return { streamIndex: track.index, kind: 'subtitle', action, reason };
}
