import { ffmpeg } from '../../support/clips.ts';
import { type HardSource, PLAIN } from './hard-source.ts';
import { bars, subtitleFile, tone, X264 } from './source-parts.ts';

const plain = (path: string) => ffmpeg(...bars(), ...X264, path);
/** No sound, surround sound, sound that a container does not hold; timecodes. */
export const SOUND: readonly HardSource[] = [
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
];
