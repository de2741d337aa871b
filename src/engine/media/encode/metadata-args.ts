import type { StreamNote } from '../../../common/job.ts';
import type { Container } from '../../../common/preset.ts';
import { limitsFrameRate } from './filters.ts';
import type { VideoRequest } from './video-request.ts';

/** Tags that ffmpeg's muxers write into MP4 and MOV, as seen with ffmpeg 5.1 and 7.0; others vanish without a word. */
const HELD_TAGS: Partial<Record<Container, ReadonlySet<string>>> = {
  mp4: new Set(
    [
      'title artist album_artist composer album date comment genre copyright grouping lyrics description synopsis show',
      'episode_id episode_sort season_number network keywords media_type hd_video gapless_playback compilation track disc',
      'location location-eng creation_time',
    ]
      .join(' ')
      .split(' '),
  ),
  mov: new Set(
    'title artist album date comment genre copyright make model location creation_time'.split(' '),
  ),
};

/** What a file says about its own making: true of the source only, and written anew for the output. */
const ABOUT_THE_FILE = new Set(
  'major_brand minor_version compatible_brands encoder software encoding_tool duration'.split(' '),
);

/** Matroska's statistics about a video track, which would be false once it is encoded anew. */
const STALE_STATISTICS = ['BPS', 'NUMBER_OF_FRAMES', 'NUMBER_OF_BYTES'].flatMap((tag) => [tag, `${tag}-eng`]);

export interface MetadataArgs {
  readonly args: readonly string[];
  readonly notes: readonly StreamNote[];
}

/** Chapters and tags. Languages and titles of tracks are part of the tracks and stay either way. */
export function metadataArgs(request: VideoRequest): MetadataArgs {
  const { preset, source, video } = request;
  const { container } = preset;
  const isMp4Like = container === 'mp4' || container === 'mov';
  const keepsChapters = preset.chapters && source.chapters.length > 0;
  const hasTimecode = keepsTimecode(request);
  const names = Object.keys(source.tags);
  const args = [
    ...['-map_metadata:g', preset.metadata ? '0:g' : '-1', '-map_chapters', keepsChapters ? '0' : '-1'],
    ...(preset.metadata && !isMp4Like ? removed('', names.filter(isAboutTheFile)) : []),
    ...(container === 'mkv' && source.container.startsWith('matroska')
      ? removed(':s:v:0', STALE_STATISTICS)
      : []),
    // In capitals, since ffmpeg takes the word in small letters for an order to turn the picture.
    ...(video.rotationFrom === 'tag' ? removed(':s:v:0', ['ROTATE']) : []),
    ...(isMp4Like && !hasTimecode ? ['-write_tmcd', '0'] : []),
  ];
  const notes: StreamNote[] = [];
  if (!preset.chapters && source.chapters.length > 0)
    notes.push(dropped('chapters', 'Left out, as the preset asks.'));
  const held = HELD_TAGS[container];
  const kept = names.filter((name) => !isAboutTheFile(name));
  if (!preset.metadata) {
    if (kept.length > 0) notes.push(dropped('metadata', 'Left out, as the preset asks.'));
  } else if (held) {
    const lost = kept.filter(
      (name) => !held.has(name.toLowerCase()) && !(name === 'timecode' && hasTimecode),
    );
    if (lost.length > 0) {
      const name = container === 'mp4' ? 'MP4' : 'MOV';
      notes.push(dropped('metadata', `${name} has no field for these tags: ${lost.join(', ')}.`));
    }
  }
  return { args, notes };
}

function isAboutTheFile(name: string): boolean {
  return ABOUT_THE_FILE.has(name.toLowerCase());
}

function removed(specifier: string, tags: readonly string[]): string[] {
  return tags.flatMap((tag) => [`-metadata${specifier}`, `${tag}=`]);
}

/**
 * Whether a camera's timecode goes on: as a tag in Matroska and WebM, as a track of its own in MP4 and MOV. There it counts
 * frames of a steady rate; with another rate ffmpeg would write a false one, or refuse the file.
 */
export function keepsTimecode({ preset, video, isVariableFrameRate }: VideoRequest): boolean {
  if (!preset.metadata) return false;
  const isTrack = preset.container === 'mp4' || preset.container === 'mov';
  return !isTrack || (!isVariableFrameRate && !limitsFrameRate(preset, video));
}

function dropped(kind: 'chapters' | 'metadata', reason: string): StreamNote {
  return { streamIndex: null, kind, action: 'dropped', reason };
}
