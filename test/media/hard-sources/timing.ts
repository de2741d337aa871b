import { ffmpeg } from '../../support/clips.ts';
import { type HardSource, PLAIN } from './hard-source.ts';
import { bars, tone, X264 } from './source-parts.ts';

const plain = (path: string) => ffmpeg(...bars(), ...X264, path);
const unevenFrames = ['-vf', "select='if(lt(t,1),not(mod(n,4)),1)'", '-fps_mode', 'vfr'];

/** Interlaced, uneven, late and edited timing; animations. */
export const TIMING: readonly HardSource[] = [
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
    claim: 'a WebM of one picture survives a limit on the frame rate',
    file: 'poster.webm',
    make: (path) =>
      ffmpeg(...bars({ size: '64x64', rate: 1, seconds: 3 }), '-frames:v', '1', '-c:v', 'libvpx', path),
    preset: 'preview-480p',
    becomes: { ...PLAIN, frames: 1, durationMs: 1000, size: '64x64' },
  },
  {
    claim: 'a GIF of one picture is not',
    file: 'still.gif',
    make: (path) => ffmpeg(...bars(), '-frames:v', '1', path),
    preset: 'h264',
    becomes: 'source-unsupported',
  },
];
