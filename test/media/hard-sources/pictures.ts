import { readFileSync, writeFileSync } from 'node:fs';
import { ffmpeg } from '../../support/clips.ts';
import { type HardSource, PLAIN } from './hard-source.ts';
import { bars, HDR10, redBlue, X264 } from './source-parts.ts';

const plain = (path: string) => ffmpeg(...bars(), ...X264, path);
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

/** Turned, odd, tiny and anamorphic pictures; deep, HDR and RGB colours. */
export const PICTURES: readonly HardSource[] = [
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
];
