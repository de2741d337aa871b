import { ffmpeg } from '../../support/clips.ts';
import { type HardSource, PLAIN } from './hard-source.ts';
import {
  bars,
  bitmapSubtitleFile,
  chapterFile,
  coverFile,
  multiTrack,
  textFile,
  tone,
  X264,
} from './source-parts.ts';

const covered = (path: string, folder: string) =>
  ffmpeg(
    ...[...bars(), '-i', coverFile(folder), '-map', '0', '-map', '1', ...X264],
    ...['-c:v:1', 'copy', '-disposition:v:1', 'attached_pic', path],
  );
const coveredMkv = (path: string, folder: string) =>
  ffmpeg(...bars(), ...X264, '-attach', coverFile(folder), '-metadata:s:t', 'mimetype=image/png', path);
/** Many tracks, subtitles, attachments, cover art, chapters and tags. */
export const TRACKS: readonly HardSource[] = [
  {
    claim: 'two sound and two text subtitle tracks of an MKV arrive in MP4 with languages and titles',
    file: 'multi.mkv',
    make: (path, folder) => multiTrack(folder, path, ['-c:s:0', 'srt', '-c:s:1', 'ass']),
    preset: 'h264',
    becomes: {
      ...PLAIN,
      audio: ['aac 2 eng Feature', 'aac 1 fra Commentaire'],
      subtitles: ['mov_text eng', 'mov_text deu'],
      forcedSubtitles: 1,
      tags: { title: 'A Film' },
      notes: [/subtitle converted From subrip to timed text/, /subtitle converted From ass to timed text/],
    },
    onEveryBuild: true,
  },
  {
    claim: 'an MKV keeps every track as it is in MKV',
    file: 'multi.mkv',
    make: (path, folder) => multiTrack(folder, path, ['-c:s:0', 'srt', '-c:s:1', 'ass']),
    preset: 'h264',
    set: { container: 'mkv' },
    becomes: {
      ...PLAIN,
      audio: ['aac 2 eng Feature', 'aac 1 fra Commentaire'],
      subtitles: ['subrip eng', 'ass deu'],
      forcedSubtitles: 1,
      tags: { title: 'A Film' },
    },
    onEveryBuild: true,
  },
  {
    claim: 'the tracks of an MP4 stay as they are in MP4',
    file: 'multi.mp4',
    make: (path, folder) => multiTrack(folder, path, ['-c:s', 'mov_text']),
    preset: 'h264',
    becomes: {
      ...PLAIN,
      audio: ['aac 2 eng -', 'aac 1 fra -'],
      subtitles: ['mov_text eng', 'mov_text deu'],
    },
  },
  {
    claim: 'timed text of an MP4 becomes SRT in MKV',
    file: 'multi.mp4',
    make: (path, folder) => multiTrack(folder, path, ['-c:s', 'mov_text']),
    preset: 'h264',
    set: { container: 'mkv' },
    becomes: {
      ...PLAIN,
      audio: ['aac 2 eng -', 'aac 1 fra -'],
      subtitles: ['subrip eng', 'subrip deu'],
      notes: [/subtitle converted From mov_text to SRT/, /subtitle converted/],
    },
  },
  {
    claim: 'two-letter languages survive in MP4, which has room for three letters only',
    file: 'two-letters.mkv',
    make: (path) =>
      ffmpeg(...bars(), ...tone(), ...X264, '-c:a', 'aac', '-metadata:s:a:0', 'language=ja', path),
    preset: 'h264',
    becomes: { ...PLAIN, audio: ['aac 2 jpn -'] },
  },
  {
    claim: 'bitmap subtitles are copied into MKV',
    file: 'bitmap.mkv',
    make: (path, folder) =>
      ffmpeg(...bars(), '-i', bitmapSubtitleFile(folder), ...X264, '-c:s', 'copy', path),
    preset: 'h264',
    set: { container: 'mkv' },
    becomes: { ...PLAIN, subtitles: ['hdmv_pgs_subtitle -'] },
  },
  {
    claim: 'bitmap subtitles cannot go into MP4, and the result says so',
    file: 'bitmap.mkv',
    make: (path, folder) =>
      ffmpeg(...bars(), '-i', bitmapSubtitleFile(folder), ...X264, '-c:s', 'copy', path),
    preset: 'h264',
    becomes: { ...PLAIN, notes: [/subtitle dropped MP4 does not hold hdmv_pgs_subtitle.*mkv/] },
  },
  {
    claim: 'fonts stay attached in MKV',
    file: 'fonts.mkv',
    make: (path, folder) =>
      ffmpeg(
        ...[...bars(), ...X264, '-attach', textFile(folder, 'Serif.ttf', 'not really a font')],
        ...['-metadata:s:t', 'mimetype=application/x-truetype-font', path],
      ),
    preset: 'h264',
    set: { container: 'mkv' },
    becomes: { ...PLAIN, attachments: ['Serif.ttf'] },
    onEveryBuild: true,
  },
  {
    claim: 'fonts are named as left out of MP4',
    file: 'fonts.mkv',
    make: (path, folder) =>
      ffmpeg(
        ...[...bars(), ...X264, '-attach', textFile(folder, 'Serif.ttf', 'not really a font')],
        ...['-metadata:s:t', 'mimetype=application/x-truetype-font', path],
      ),
    preset: 'h264',
    becomes: { ...PLAIN, attachments: [], notes: [/attachment dropped Only Matroska/] },
  },
  {
    claim: 'of several films in one file the main one is encoded, the others are named',
    file: 'two-films.mkv',
    make: (path) =>
      ffmpeg(
        ...[...bars(), ...bars({ size: '80x60' }), '-map', '1', '-map', '0', ...X264],
        ...['-disposition:v:0', '0', '-disposition:v:1', 'default', path],
      ),
    preset: 'h264',
    becomes: { ...PLAIN, notes: [/video dropped Only the main video/] },
  },
  {
    claim: 'cover art of an MP4 is no film and stays in MP4',
    file: 'cover.mp4',
    make: covered,
    preset: 'h264',
    becomes: { ...PLAIN, cover: 'png' },
    onEveryBuild: true,
  },
  {
    claim: 'cover art of an MP4 becomes an attached picture in MKV',
    file: 'cover.mp4',
    make: covered,
    preset: 'h264',
    set: { container: 'mkv' },
    becomes: { ...PLAIN, cover: 'png' },
    onEveryBuild: true,
  },
  {
    claim: 'cover art of an MKV arrives in MP4',
    file: 'cover.mkv',
    make: coveredMkv,
    preset: 'h264',
    becomes: { ...PLAIN, cover: 'png' },
  },
  {
    claim: 'cover art of an MKV survives two passes into MKV',
    file: 'cover.mkv',
    make: coveredMkv,
    preset: 'h264',
    set: { container: 'mkv', 'video.rate.bitRateBps': 200_000 },
    becomes: { ...PLAIN, cover: 'png' },
  },
  {
    claim: 'cover art is named as left out of MOV',
    file: 'cover.mp4',
    make: covered,
    preset: 'h264',
    set: { container: 'mov' },
    becomes: { ...PLAIN, notes: [/cover-art dropped Cover art cannot be kept in MOV/] },
  },
  {
    claim: 'chapters of an MKV arrive in MP4, and their title track is not taken for subtitles',
    file: 'chapters.mkv',
    make: (path, folder) => ffmpeg(...bars(), '-i', chapterFile(folder), '-map_metadata', '1', ...X264, path),
    preset: 'h264',
    becomes: { ...PLAIN, chapters: ['Opening', 'The end'] },
    onEveryBuild: true,
  },
  {
    claim: 'chapters of an MP4 arrive in MKV',
    file: 'chapters.mp4',
    make: (path, folder) => ffmpeg(...bars(), '-i', chapterFile(folder), '-map_metadata', '1', ...X264, path),
    preset: 'h264',
    set: { container: 'mkv' },
    becomes: { ...PLAIN, chapters: ['Opening', 'The end'] },
  },
  {
    claim: 'a tag that MP4 has no field for is named',
    file: 'tags.mkv',
    make: (path) =>
      ffmpeg(...bars(), ...X264, '-metadata', 'artist=Someone', '-metadata', 'shelf=B 12', path),
    preset: 'h264',
    becomes: { ...PLAIN, tags: { artist: 'Someone' }, notes: [/metadata dropped .*: SHELF/] },
  },
];
