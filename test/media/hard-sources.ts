import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { PresetOverrides } from '../../src/common/job.ts';
import type { ProblemCode } from '../../src/common/problem.ts';
import { ffmpeg } from '../support/clips.ts';
import {
  bars,
  bitmapSubtitleFile,
  chapterFile,
  coverFile,
  HDR10,
  multiTrack,
  redBlue,
  subtitleFile,
  textFile,
  tone,
  X264,
} from './hard-source-parts.ts';

/** What must come out. Every field that is given is compared; `audio`, `subtitles` and `notes` are always. */
export interface Outcome {
  readonly frames: number;
  /** Milliseconds, within 60. */
  readonly durationMs: number;
  readonly size: string;
  /** Default 1:1. */
  readonly pixelAspect?: string;
  readonly pixelFormat?: string;
  /** Each as `codec channels language title`, with `-` for what is not told. Default none. */
  readonly audio?: readonly string[];
  /** Each as `codec language`. Default none. */
  readonly subtitles?: readonly string[];
  readonly forcedSubtitles?: number;
  readonly chapters?: readonly string[];
  readonly cover?: string;
  readonly attachments?: readonly string[];
  /** Codecs of data streams, chapter titles aside. */
  readonly dataStreams?: readonly string[];
  readonly isVariableFrameRate?: boolean;
  readonly frameRate?: string;
  readonly fieldOrder?: string;
  /** Primaries, transfer and matrix. */
  readonly colors?: string;
  readonly hasHdr10Metadata?: boolean;
  /** The colour that fills the given corner of the first frame. */
  readonly corner?: readonly ['top-left' | 'bottom-left', 'red' | 'blue'];
  /** Container tags that must be there. */
  readonly tags?: Readonly<Record<string, string>>;
  /** One pattern per note, in order: `kind action reason`. Default none. */
  readonly notes?: readonly RegExp[];
  /** By how much the first sound starts after the first frame, within 60 ms. */
  readonly soundDelayMs?: number;
}

export interface HardSource {
  readonly claim: string;
  readonly file: string;
  /** Makes the source at `path`; `folder` is its own, for parts. */
  readonly make: (path: string, folder: string) => void;
  readonly preset: string;
  readonly set?: PresetOverrides;
  readonly becomes: Outcome | ProblemCode;
  /** Tried with every modern build, not with the first one only. */
  readonly onEveryBuild?: boolean;
}

const PLAIN: Outcome = { frames: 25, durationMs: 1000, size: '160x90' };

const plain = (path: string) => ffmpeg(...bars(), ...X264, path);
const withTone = (path: string) => ffmpeg(...bars(), ...tone(), ...X264, '-c:a', 'aac', path);
const covered = (path: string, folder: string) =>
  ffmpeg(
    ...[...bars(), '-i', coverFile(folder), '-map', '0', '-map', '1', ...X264],
    ...['-c:v:1', 'copy', '-disposition:v:1', 'attached_pic', path],
  );
const coveredMkv = (path: string, folder: string) =>
  ffmpeg(...bars(), ...X264, '-attach', coverFile(folder), '-metadata:s:t', 'mimetype=image/png', path);
const turned = (degrees: number) => (path: string, folder: string) => {
  const upright = `${folder}/upright.mp4`;
  ffmpeg(...redBlue(), ...X264, upright);
  ffmpeg('-i', upright, '-c', 'copy', `${folder}/turned.mp4`);
  const file = readFileSync(`${folder}/turned.mp4`);
  writeMatrix(file, degrees);
  writeFileSync(path, file);
};

/** Writes a display matrix into the track header, as a phone does; ffmpeg's own options for it differ by version. */
function writeMatrix(file: Buffer, degrees: number): void {
  const matrixAt = file.indexOf('tkhd') + 4 + 40;
  const one = 0x10000;
  const [a, b, c, d] =
    { 90: [0, one, -one, 0], 180: [-one, 0, 0, -one], 270: [0, -one, one, 0] }[degrees] ?? [];
  for (const [index, value] of [a, b, 0, c, d, 0].entries())
    file.writeInt32BE(value ?? 0, matrixAt + index * 4);
}

const unevenFrames = ['-vf', "select='if(lt(t,1),not(mod(n,4)),1)'", '-fps_mode', 'vfr'];

export const HARD_SOURCES: readonly HardSource[] = [
  // tracks
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
  // cover art and chapters
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
  // turned and shaped pictures
  {
    claim: 'a picture that players turn a quarter is turned once, for good',
    file: 'turned-90.mp4',
    make: turned(90),
    preset: 'h264',
    becomes: { ...PLAIN, size: '90x160', corner: ['bottom-left', 'blue'] },
    onEveryBuild: true,
  },
  {
    claim: 'a picture that players turn upside down is turned once, for good',
    file: 'turned-180.mp4',
    make: turned(180),
    preset: 'h264',
    becomes: { ...PLAIN, corner: ['top-left', 'blue'] },
    onEveryBuild: true,
  },
  {
    claim: 'the box of a preset is for the picture as shown, not as stored',
    file: 'turned-270.mp4',
    make: turned(270),
    preset: 'h264',
    set: { 'video.maxHeight': 80 },
    becomes: { ...PLAIN, size: '46x80', corner: ['bottom-left', 'red'] },
  },
  {
    claim: 'an old rotate tag turns the picture and is gone afterwards',
    file: 'turned-by-tag.mkv',
    make: (path) => ffmpeg(...redBlue(), ...X264, '-metadata:s:v:0', 'ROTATE=90', path),
    preset: 'h264',
    set: { container: 'mkv' },
    becomes: { ...PLAIN, size: '90x160', corner: ['bottom-left', 'blue'] },
  },
  {
    claim: 'odd sides lose one row and one column',
    file: 'odd.mkv',
    make: (path) => ffmpeg(...bars({ size: '161x91' }), '-c:v', 'ffv1', path),
    preset: 'h264',
    becomes: PLAIN,
    onEveryBuild: true,
  },
  {
    claim: 'odd sides of full-colour HEVC become even in 10 bits too',
    file: 'odd-444.mkv',
    make: (path) => ffmpeg(...bars({ size: '161x91' }), '-c:v', 'ffv1', '-pix_fmt', 'yuv444p10le', path),
    preset: 'hevc-10bit',
    becomes: { ...PLAIN, pixelFormat: 'yuv420p10le' },
  },
  {
    claim: 'a picture of 2×2 is encoded',
    file: 'tiny.mkv',
    make: (path) => ffmpeg(...bars({ size: '2x2' }), '-c:v', 'ffv1', '-pix_fmt', 'yuv420p', path),
    preset: 'h264',
    becomes: { ...PLAIN, size: '2x2' },
    onEveryBuild: true,
  },
  {
    claim: 'a picture of one pixel becomes the smallest that there is',
    file: 'pixel.mkv',
    make: (path) => ffmpeg(...bars(), '-vf', 'scale=1:1', '-c:v', 'ffv1', '-pix_fmt', 'yuv444p', path),
    preset: 'h264',
    becomes: { ...PLAIN, size: '2x2' },
  },
  {
    claim: 'a picture that is too small for AV1 is told before ffmpeg starts',
    file: 'tiny.mkv',
    make: (path) => ffmpeg(...bars({ size: '32x32' }), '-c:v', 'ffv1', '-pix_fmt', 'yuv420p', path),
    preset: 'av1',
    becomes: 'capability-missing',
  },
  {
    claim: 'wide pixels stay wide when nothing has to shrink',
    file: 'anamorphic.mkv',
    make: (path) => ffmpeg(...bars({ size: '180x144' }), '-vf', 'setsar=64/45', ...X264, path),
    preset: 'h264',
    becomes: { ...PLAIN, size: '180x144', pixelAspect: '64:45' },
  },
  {
    claim: 'wide pixels become square when the picture shrinks, and its shape stays',
    file: 'anamorphic.mkv',
    make: (path) => ffmpeg(...bars({ size: '180x144' }), '-vf', 'setsar=64/45', ...X264, path),
    preset: 'h264',
    set: { 'video.maxHeight': 72 },
    becomes: { ...PLAIN, size: '128x72' },
    onEveryBuild: true,
  },
  {
    claim: 'a small picture is never enlarged',
    file: 'small.mp4',
    make: plain,
    preset: 'h264-1080p',
    becomes: PLAIN,
  },
  // colours
  {
    claim: 'HDR10 stays HDR10 in 10-bit HEVC, mastering metadata included',
    file: 'hdr10.mp4',
    make: (path) => ffmpeg(...bars(), ...HDR10, path),
    preset: 'hevc-10bit',
    becomes: {
      ...PLAIN,
      pixelFormat: 'yuv420p10le',
      colors: 'bt2020 smpte2084 bt2020nc',
      hasHdr10Metadata: true,
    },
    onEveryBuild: true,
  },
  {
    claim: 'HDR10 becomes SDR for H.264, tagged as what it is',
    file: 'hdr10.mp4',
    make: (path) => ffmpeg(...bars(), ...HDR10, path),
    preset: 'h264',
    becomes: {
      ...PLAIN,
      pixelFormat: 'yuv420p',
      colors: 'bt709 bt709 bt709',
      hasHdr10Metadata: false,
      notes: [/video converted HDR became SDR: H\.264/],
    },
    onEveryBuild: true,
  },
  {
    claim: 'HDR10 stays HDR10 in AV1',
    file: 'hdr10.mkv',
    make: (path) => ffmpeg(...bars(), ...HDR10, path),
    preset: 'av1',
    becomes: {
      ...PLAIN,
      pixelFormat: 'yuv420p10le',
      colors: 'bt2020 smpte2084 bt2020nc',
      hasHdr10Metadata: true,
    },
    onEveryBuild: true,
  },
  {
    claim: 'HDR10 of odd size is tone-mapped while it shrinks',
    file: 'hdr10-odd.mkv',
    make: (path) =>
      ffmpeg(
        ...[
          ...bars({ size: '161x91' }),
          '-c:v',
          'ffv1',
          '-pix_fmt',
          'yuv420p10le',
          '-color_primaries',
          'bt2020',
        ],
        ...['-color_trc', 'smpte2084', '-colorspace', 'bt2020nc', path],
      ),
    preset: 'preview-480p',
    set: { 'video.maxHeight': 50 },
    becomes: {
      ...PLAIN,
      size: '88x50',
      colors: 'bt709 bt709 bt709',
      notes: [/video converted HDR became SDR/],
    },
  },
  {
    claim: 'HLG stays HLG in 10-bit HEVC',
    file: 'hlg.mkv',
    make: (path) =>
      ffmpeg(
        ...[...bars(), '-c:v', 'ffv1', '-pix_fmt', 'yuv420p10le', '-color_primaries', 'bt2020'],
        ...['-color_trc', 'arib-std-b67', '-colorspace', 'bt2020nc', path],
      ),
    preset: 'hevc-10bit',
    becomes: { ...PLAIN, colors: 'bt2020 arib-std-b67 bt2020nc' },
  },
  {
    claim: '10-bit 4:2:2 becomes 8-bit 4:2:0 for H.264',
    file: 'deep.mkv',
    make: (path) => ffmpeg(...bars(), '-c:v', 'ffv1', '-pix_fmt', 'yuv422p10le', path),
    preset: 'h264',
    becomes: { ...PLAIN, pixelFormat: 'yuv420p' },
  },
  {
    claim: 'full-range video becomes video range',
    file: 'full-range.avi',
    make: (path) => ffmpeg(...redBlue(), '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', path),
    preset: 'h264',
    becomes: { ...PLAIN, pixelFormat: 'yuv420p', corner: ['top-left', 'red'] },
  },
  {
    claim: 'RGB becomes BT.709',
    file: 'rgb.mov',
    make: (path) => ffmpeg(...redBlue(), '-c:v', 'qtrle', '-pix_fmt', 'rgb24', path),
    preset: 'h264',
    becomes: { ...PLAIN, pixelFormat: 'yuv420p', colors: 'bt709 bt709 bt709', corner: ['top-left', 'red'] },
    onEveryBuild: true,
  },
  // timing
  {
    claim: 'interlaced video comes out progressive, one frame per frame',
    file: 'interlaced.mpg',
    make: (path) =>
      ffmpeg(...bars(), '-vf', 'setfield=tff', '-c:v', 'mpeg2video', '-flags', '+ildct+ilme', path),
    preset: 'h264',
    becomes: { ...PLAIN, fieldOrder: 'progressive' },
    onEveryBuild: true,
  },
  {
    claim: 'uneven timing of an MP4 is kept, every frame of it',
    file: 'uneven.mp4',
    make: (path) => ffmpeg(...bars({ rate: 60, seconds: 2 }), ...unevenFrames, ...X264, path),
    preset: 'h264',
    becomes: { ...PLAIN, frames: 75, durationMs: 2000, isVariableFrameRate: true },
    onEveryBuild: true,
  },
  {
    claim: 'uneven timing of an MKV is kept, every frame of it',
    file: 'uneven.mkv',
    make: (path) => ffmpeg(...bars({ rate: 60, seconds: 2 }), ...unevenFrames, ...X264, path),
    preset: 'h264',
    becomes: { ...PLAIN, frames: 75, durationMs: 2000, isVariableFrameRate: true },
  },
  {
    claim: 'a screen recording, whose frames come when something moves, keeps each of them',
    file: 'screen.webm',
    make: (path) =>
      ffmpeg(
        ...[
          ...bars({ rate: 1000 }),
          '-vf',
          "select='eq(n,0)+eq(n,1)+eq(n,16)+eq(n,70)+eq(n,333)+eq(n,334)+eq(n,700)'",
        ],
        ...['-fps_mode', 'vfr', '-enc_time_base', '1/1000', '-c:v', 'libvpx', '-deadline', 'realtime', path],
      ),
    preset: 'h264',
    becomes: { ...PLAIN, frames: 7, durationMs: 700 },
    onEveryBuild: true,
  },
  {
    claim: 'a screen recording, whose frames come when something moves, keeps each of them in AV1',
    file: 'screen.webm',
    make: (path) =>
      ffmpeg(
        ...[
          ...bars({ rate: 1000 }),
          '-vf',
          "select='eq(n,0)+eq(n,1)+eq(n,16)+eq(n,70)+eq(n,333)+eq(n,334)+eq(n,700)'",
        ],
        ...['-fps_mode', 'vfr', '-enc_time_base', '1/1000', '-c:v', 'libvpx', '-deadline', 'realtime', path],
      ),
    preset: 'av1',
    becomes: { ...PLAIN, frames: 7, durationMs: 700 },
    onEveryBuild: true,
  },
  {
    claim: 'a frame rate above the limit is brought down, with the same duration',
    file: 'fast.mp4',
    make: (path) => ffmpeg(...bars({ rate: 60 }), ...X264, path),
    preset: 'preview-480p',
    becomes: { ...PLAIN, frames: 30, frameRate: '30/1' },
  },
  {
    claim: '29.97 frames a second of an MKV are exactly that in MP4, rounded timestamps or not',
    file: 'ntsc.mkv',
    make: (path) => ffmpeg(...bars({ rate: '30000/1001' }), ...X264, path),
    preset: 'h264',
    becomes: { ...PLAIN, frames: 30, frameRate: '30000/1001', isVariableFrameRate: false },
    onEveryBuild: true,
  },
  {
    claim: 'one single frame is a film too',
    file: 'single.mp4',
    make: (path) => ffmpeg(...bars(), '-frames:v', '1', ...X264, path),
    preset: 'h264',
    becomes: { ...PLAIN, frames: 1, durationMs: 40 },
    onEveryBuild: true,
  },
  {
    claim: 'a source that starts late in time starts at zero, sound in step',
    file: 'offset.mkv',
    make: (path) => ffmpeg(...bars(), ...tone(), ...X264, '-c:a', 'aac', '-output_ts_offset', '7', path),
    preset: 'h264',
    becomes: { ...PLAIN, audio: ['aac 2 - -'], soundDelayMs: 0 },
    onEveryBuild: true,
  },
  {
    claim: 'sound that starts after the picture still does',
    file: 'late-sound.mkv',
    make: (path) =>
      ffmpeg(...bars(), '-itsoffset', '0.5', ...tone({ seconds: 0.5 }), ...X264, '-c:a', 'pcm_s16le', path),
    preset: 'h264',
    becomes: {
      ...PLAIN,
      audio: ['aac 2 - -'],
      soundDelayMs: 500,
      notes: [/audio converted From pcm_s16le to AAC/],
    },
    onEveryBuild: true,
  },
  {
    claim: 'what an edit list hides stays hidden',
    file: 'edited.mp4',
    make: (path, folder) => {
      ffmpeg(...bars({ seconds: 2 }), ...X264, '-g', '50', `${folder}/long.mp4`);
      ffmpeg('-ss', '1', '-i', `${folder}/long.mp4`, '-c', 'copy', path);
    },
    preset: 'h264',
    becomes: PLAIN,
  },
  {
    claim: 'a transport stream with two languages arrives whole',
    file: 'broadcast.ts',
    make: (path) =>
      ffmpeg(
        ...[...bars(), ...tone(), ...tone({ hz: 880 }), '-map', '0', '-map', '1', '-map', '2', ...X264],
        ...[
          '-c:a:0',
          'ac3',
          '-c:a:1',
          'mp2',
          '-metadata:s:a:0',
          'language=eng',
          '-metadata:s:a:1',
          'language=deu',
          path,
        ],
      ),
    preset: 'h264',
    becomes: {
      ...PLAIN,
      audio: ['ac3 2 eng -', 'aac 2 deu -'],
      notes: [/audio converted From mp2 to AAC: MP4 players do not know it/],
    },
  },
  {
    claim: 'a bare H.264 stream, which tells no duration, is encoded to its end',
    file: 'bare.h264',
    make: plain,
    preset: 'h264',
    becomes: PLAIN,
  },
  {
    claim: 'a fragmented MP4 is encoded to its end',
    file: 'fragmented.mp4',
    make: (path) =>
      ffmpeg(...bars(), ...tone(), ...X264, '-c:a', 'aac', '-movflags', 'frag_keyframe+empty_moov', path),
    preset: 'h264',
    becomes: { ...PLAIN, audio: ['aac 2 - -'] },
  },
  // sound
  {
    claim: 'a film without sound stays without',
    file: 'silent.mp4',
    make: plain,
    preset: 'hevc',
    becomes: PLAIN,
    onEveryBuild: true,
  },
  {
    claim: '5.1 sound that MP4 knows is copied',
    file: 'surround.mkv',
    make: (path) => ffmpeg(...bars(), ...tone({ layout: '5.1' }), ...X264, '-c:a', 'ac3', path),
    preset: 'h264',
    becomes: { ...PLAIN, audio: ['ac3 6 - -'] },
  },
  {
    claim: '5.1 sound that MP4 does not know keeps its six channels',
    file: 'surround.mkv',
    make: (path) => ffmpeg(...bars(), ...tone({ layout: '5.1' }), ...X264, '-c:a', 'flac', path),
    preset: 'h264',
    becomes: { ...PLAIN, audio: ['aac 6 - -'], notes: [/audio converted From flac to AAC/] },
    onEveryBuild: true,
  },
  {
    claim: '7.1 sound becomes Opus where the preset asks',
    file: 'theatre.mkv',
    make: (path) => ffmpeg(...bars(), ...tone({ layout: '7.1' }), ...X264, '-c:a', 'pcm_s16le', path),
    preset: 'h264',
    set: { 'audio.mode': 'opus', container: 'mkv' },
    becomes: { ...PLAIN, audio: ['opus 8 - -'], notes: [/audio converted From pcm_s16le to Opus/] },
    onEveryBuild: true,
  },
  {
    claim: 'a layout that AAC players do not know becomes one that they do',
    file: 'quad.mov',
    make: (path) => ffmpeg(...bars(), ...tone({ layout: 'quad' }), ...X264, '-c:a', 'pcm_s16le', path),
    preset: 'h264',
    becomes: { ...PLAIN, audio: ['aac 6 - -'], notes: [/audio converted From pcm_s16le to AAC/] },
  },
  {
    claim: 'a preset that allows two channels mixes down',
    file: 'surround.mkv',
    make: (path) => ffmpeg(...bars(), ...tone({ layout: '5.1' }), ...X264, '-c:a', 'ac3', path),
    preset: 'preview-480p',
    becomes: { ...PLAIN, audio: ['aac 2 - -'], notes: [/audio converted .* allows 2 channels/] },
  },
  {
    claim: 'PCM of a MOV stays PCM in MOV',
    file: 'camera.mov',
    make: (path) => ffmpeg(...bars(), ...tone(), ...X264, '-c:a', 'pcm_s16le', path),
    preset: 'h264',
    set: { container: 'mov' },
    becomes: { ...PLAIN, audio: ['pcm_s16le 2 - -'] },
  },
  {
    claim: 'Vorbis of a WebM becomes AAC in MP4',
    file: 'web.webm',
    make: (path) => ffmpeg(...bars(), ...tone(), '-c:v', 'libvpx', '-c:a', 'libvorbis', path),
    preset: 'h264',
    becomes: { ...PLAIN, audio: ['aac 2 - -'], notes: [/audio converted From vorbis to AAC/] },
    onEveryBuild: true,
  },
  {
    claim: 'Vorbis stays Vorbis in WebM, and text becomes WebVTT',
    file: 'web.mkv',
    make: (path, folder) =>
      ffmpeg(
        ...[...bars(), ...tone(), '-i', subtitleFile(folder, 'Hello'), ...X264],
        ...['-c:a', 'libvorbis', '-c:s', 'srt', '-metadata:s:s:0', 'language=eng', path],
      ),
    preset: 'av1',
    set: { container: 'webm' },
    becomes: {
      ...PLAIN,
      audio: ['vorbis 2 - -'],
      subtitles: ['webvtt eng'],
      notes: [/subtitle converted From subrip to WebVTT/],
    },
    onEveryBuild: true,
  },
  {
    claim: 'an old AVI with MP3 keeps its MP3',
    file: 'old.avi',
    make: (path) => ffmpeg(...bars(), ...tone(), '-c:v', 'mpeg4', '-c:a', 'libmp3lame', path),
    preset: 'h264',
    becomes: { ...PLAIN, audio: ['mp3 2 - -'] },
  },
  {
    claim: 'a camera timecode goes on in the output',
    file: 'timecode.mov',
    make: (path) => ffmpeg(...bars(), ...X264, '-timecode', '01:00:00:00', path),
    preset: 'h264',
    becomes: { ...PLAIN, dataStreams: ['tmcd'] },
  },
  {
    claim: 'a drop-frame timecode does not stop a change of rate',
    file: 'drop-frame.mov',
    make: (path) => ffmpeg(...bars({ rate: '60000/1001' }), ...X264, '-timecode', '01:00:00;00', path),
    preset: 'h264',
    set: { 'video.maxFrameRate': 24 },
    becomes: {
      ...PLAIN,
      frames: 24,
      dataStreams: [],
      notes: [/data dropped The timecode counts frames/],
    },
  },
  // animations
  {
    claim: 'an animated GIF is a film',
    file: 'moving.gif',
    make: (path) => ffmpeg(...bars({ rate: 10 }), path),
    preset: 'h264',
    becomes: { ...PLAIN, frames: 10, pixelFormat: 'yuv420p' },
    onEveryBuild: true,
  },
  {
    claim: 'a WebM of one picture, which says that it lasts, is encoded',
    file: 'poster.webm',
    make: (path) =>
      ffmpeg(...bars({ size: '64x64', rate: 1, seconds: 3 }), '-frames:v', '1', '-c:v', 'libvpx', path),
    preset: 'h264',
    becomes: { ...PLAIN, frames: 1, durationMs: 1000, size: '64x64' },
  },
  {
    claim: 'a GIF of one picture is not',
    file: 'still.gif',
    make: (path) => ffmpeg(...bars(), '-frames:v', '1', path),
    preset: 'h264',
    becomes: 'source-unsupported',
  },
  // what cannot be encoded
  {
    claim: 'sound alone is told as such',
    file: 'song.mp3',
    make: (path) => ffmpeg(...tone(), path),
    preset: 'h264',
    becomes: 'source-no-video',
  },
  {
    claim: 'a song with a cover is no film',
    file: 'song.m4a',
    make: (path, folder) =>
      ffmpeg(
        ...[...tone(), '-i', coverFile(folder), '-map', '0', '-map', '1', '-c:a', 'aac', '-c:v', 'copy'],
        ...['-disposition:v', 'attached_pic', path],
      ),
    preset: 'h264',
    becomes: 'source-no-video',
  },
  {
    claim: 'a file of no bytes is empty',
    file: 'empty.mp4',
    make: (path) => closeSync(openSync(path, 'w')),
    preset: 'h264',
    becomes: 'source-empty',
  },
  {
    claim: 'an MP4 that ends before its index is told as incomplete',
    file: 'cut.mp4',
    make: (path) => {
      withTone(path);
      truncateSync(path, Math.floor(statSync(path).size / 2));
    },
    preset: 'h264',
    becomes: 'source-corrupt',
    onEveryBuild: true,
  },
  {
    claim: 'an MKV that ends early does not pass for whole',
    file: 'cut.mkv',
    make: (path) => {
      ffmpeg(...bars({ seconds: 4 }), ...X264, path);
      truncateSync(path, Math.floor(statSync(path).size / 2));
    },
    preset: 'h264',
    becomes: 'output-incomplete',
    onEveryBuild: true,
  },
  {
    claim: 'an MP4 with the index first that ends early does not pass for whole',
    file: 'cut-faststart.mp4',
    make: (path) => {
      ffmpeg(...bars({ seconds: 4 }), ...X264, '-movflags', '+faststart', path);
      truncateSync(path, Math.floor(statSync(path).size / 2));
    },
    preset: 'h264',
    becomes: 'output-incomplete',
    onEveryBuild: true,
  },
  {
    claim: 'random bytes with a video name are no video',
    file: 'garbage.mp4',
    make: (path) =>
      writeFileSync(path, Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919 + 31) % 251))),
    preset: 'h264',
    becomes: 'source-unsupported',
  },
  {
    claim: 'a picture is no video',
    file: 'photo.jpg',
    make: (path) => ffmpeg(...bars(), '-frames:v', '1', '-update', '1', path),
    preset: 'h264',
    becomes: 'source-unsupported',
  },
  {
    claim: 'a picture with a video name is no video',
    file: 'photo.mp4',
    make: (path, folder) => copyFileSync(coverFile(folder), path),
    preset: 'h264',
    becomes: 'source-unsupported',
  },
  {
    claim: 'subtitles alone are no video',
    file: 'words.srt',
    make: (path) => writeFileSync(path, '1\n00:00:00,100 --> 00:00:00,900\nHello\n'),
    preset: 'h264',
    becomes: 'source-unsupported',
  },
  {
    claim: 'a text file with a video name is no video',
    file: 'notes.mkv',
    make: (path) => writeFileSync(path, 'Remember the milk.\n'),
    preset: 'h264',
    becomes: 'source-unsupported',
  },
  {
    claim: 'a folder is told as a folder',
    file: 'folder.mp4',
    make: (path) => mkdirSync(path),
    preset: 'h264',
    becomes: 'source-is-a-folder',
  },
  {
    claim: 'a file that is not there is told as missing',
    file: 'nothing.mp4',
    make: () => {},
    preset: 'h264',
    becomes: 'source-not-found',
  },
];

/** Names that mean something to a shell, to ffmpeg or to a file system, and are just names here. */
export const AWKWARD_NAMES: readonly string[] = [
  '-i.mp4',
  '--help.mp4',
  'concat:x.mp4',
  'pipe:0.mp4',
  'file:x.mp4',
  'http:%2F%2Fexample.com.mp4',
  `a"b'c $(d).mkv`,
  '`touch x`;&|<>.mp4',
  '%03d.mp4',
  '*?[a-z]{b,c}.mkv',
  'back\\slash.mp4',
  'two\nlines.mp4',
  'tab\tand trailing .mkv',
  ' leading space.mp4',
  '[0:v]scale=1,null;.mp4',
  'Ünïcödé 映画 🎬 e\u0301.mkv',
  'no extension',
  '..hidden..mp4',
  `${'long '.repeat(49)}.mp4`,
];
