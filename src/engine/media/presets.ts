import { Preset, type PresetInput } from '../../common/preset.ts';

export { applyOverrides } from './preset-overrides.ts';

const recipes: readonly PresetInput[] = [
  {
    id: 'h264',
    name: 'H.264',
    description: 'Plays everywhere: phones, TVs, browsers, editors. Keeps the size of the picture.',
    container: 'mp4',
    video: { codec: 'h264', rate: { mode: 'quality', quality: 23 } },
    audio: {},
  },
  {
    id: 'h264-720p',
    name: 'H.264 720p',
    description: 'Plays everywhere and is small enough to send. Fits 1280×720, never enlarged.',
    container: 'mp4',
    video: { codec: 'h264', rate: { mode: 'quality', quality: 23 }, maxWidth: 1280, maxHeight: 720 },
    audio: {},
  },
  {
    id: 'h264-1080p',
    name: 'H.264 1080p',
    description: 'Plays everywhere. Fits 1920×1080, never enlarged.',
    container: 'mp4',
    video: { codec: 'h264', rate: { mode: 'quality', quality: 23 }, maxWidth: 1920, maxHeight: 1080 },
    audio: {},
  },
  {
    id: 'hevc',
    name: 'HEVC',
    description:
      'About a third smaller than H.264 at the same quality, for devices since about 2016. HDR becomes SDR.',
    container: 'mp4',
    video: { codec: 'hevc', rate: { mode: 'quality', quality: 23 } },
    audio: {},
  },
  {
    id: 'hevc-10bit',
    name: 'HEVC 10-bit',
    description: 'HEVC with 10 bits per colour: keeps HDR, and smooth skies in SDR.',
    container: 'mp4',
    video: { codec: 'hevc', rate: { mode: 'quality', quality: 23 }, bitDepth: 10 },
    audio: {},
  },
  {
    id: 'av1',
    name: 'AV1',
    description:
      'The smallest files, for browsers and devices since about 2020. 10 bits per colour: keeps HDR.',
    container: 'mp4',
    video: { codec: 'av1', rate: { mode: 'quality', quality: 23 }, bitDepth: 10 },
    audio: {},
  },
  {
    id: 'preview-480p',
    name: 'Preview 480p',
    description: 'A quick, small look: fits 854×480, 30 frames per second at the most, stereo.',
    container: 'mp4',
    video: {
      codec: 'h264',
      rate: { mode: 'quality', quality: 28 },
      effort: 'fastest',
      maxWidth: 854,
      maxHeight: 480,
      maxFrameRate: 30,
    },
    audio: { bitRatePerChannelBps: 48_000, maxChannels: 2 },
  },
];

/** The presets that come with the app. People change a copy under another id. */
export const BUILT_IN_PRESETS: readonly Preset[] = recipes.map((recipe) => Preset.parse(recipe));
