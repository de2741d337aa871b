import type { z } from 'zod';
import type { FfmpegBuild } from '../../src/common/device.ts';
import { CPU_DEVICE_ID, type DeviceId } from '../../src/common/ids.ts';
import type { PresetOverrides } from '../../src/common/job.ts';
import type {
  AudioStream,
  SourceInfo,
  SourceStream,
  SubtitleStream,
  VideoStream,
} from '../../src/common/source.ts';
import type {
  Avoidance,
  CpuEncoder,
  EncodeRequest,
  EncodeTarget,
  GpuPipelineSupport,
  NvencEncoder,
} from '../../src/engine/media/encode-request.ts';
import { applyOverrides, BUILT_IN_PRESETS } from '../../src/engine/media/presets.ts';

const base = { language: null, title: null, isDefault: false, isForced: false };

export function video(changes: Partial<VideoStream> = {}): VideoStream {
  return {
    kind: 'video',
    ...base,
    index: 0,
    codec: 'h264',
    profile: null,
    width: 1920,
    height: 1080,
    rotationDegrees: 0,
    sampleAspectRatio: { num: 1, den: 1 },
    pixelFormat: 'yuv420p',
    bitDepth: 8,
    frameRate: { num: 25, den: 1 },
    isVariableFrameRate: false,
    fieldOrder: 'progressive',
    colorRange: null,
    colorSpace: null,
    colorTransfer: null,
    colorPrimaries: null,
    dynamicRange: 'sdr',
    masteringDisplay: null,
    contentLight: null,
    frameCount: 250,
    bitRateBps: null,
    durationMs: 10_000,
    ...changes,
  };
}

export const HDR10_VIDEO: Partial<VideoStream> = {
  codec: 'hevc',
  pixelFormat: 'yuv420p10le',
  bitDepth: 10,
  colorPrimaries: 'bt2020',
  colorTransfer: 'smpte2084',
  colorSpace: 'bt2020nc',
  dynamicRange: 'hdr10',
  masteringDisplay: {
    ...{ redX: 34000, redY: 16000, greenX: 13250, greenY: 34500, blueX: 7500, blueY: 3000 },
    ...{ whiteX: 15635, whiteY: 16450, minLuminance: 50, maxLuminance: 10_000_000 },
  },
  contentLight: { maxCll: 1000, maxFall: 400 },
};

export function audio(index: number, changes: Partial<z.infer<typeof AudioStream>> = {}): SourceStream {
  return {
    kind: 'audio',
    ...base,
    index,
    codec: 'aac',
    profile: null,
    channels: 2,
    channelLayout: 'stereo',
    sampleRateHz: 48_000,
    bitRateBps: null,
    durationMs: 10_000,
    ...changes,
  };
}

export function subtitle(index: number, changes: Partial<z.infer<typeof SubtitleStream>> = {}): SourceStream {
  return { kind: 'subtitle', ...base, index, codec: 'subrip', isText: true, ...changes };
}

export function source(streams: SourceStream[], changes: Partial<SourceInfo> = {}): SourceInfo {
  return {
    path: '/films/a film.mkv',
    sizeBytes: 1_000_000,
    modifiedAt: '2026-01-01T00:00:00.000Z',
    container: 'matroska,webm',
    durationMs: 10_000,
    bitRateBps: null,
    streams,
    chapters: [],
    tags: {},
    ...changes,
  };
}

export const MODERN_BUILD: FfmpegBuild = {
  id: 'modern',
  ffmpegPath: '/usr/bin/ffmpeg',
  ffprobePath: '/usr/bin/ffprobe',
  version: '7.0',
  majorVersion: 7,
  origin: 'path',
  encoders: [
    ...['libx264', 'libx265', 'libsvtav1', 'h264_nvenc', 'hevc_nvenc', 'av1_nvenc'],
    ...['aac', 'libopus', 'mov_text', 'srt', 'webvtt'],
  ],
  filters: ['bwdif', 'yadif', 'zscale', 'tonemap', 'scale'],
  problem: null,
};

/** The 2018 build that npm installs on every platform. */
export const OLD_BUILD: FfmpegBuild = {
  ...MODERN_BUILD,
  id: 'old',
  version: 'N-47683-g0e8eb07980-static',
  majorVersion: null,
};

export function cpu(encoder: CpuEncoder): EncodeTarget {
  return { kind: 'cpu', deviceId: CPU_DEVICE_ID, encoder };
}

export function nvenc(
  encoder: NvencEncoder,
  can: { tenBit?: boolean; bFrames?: boolean; gpuPipeline?: GpuPipelineSupport } = {},
): EncodeTarget {
  const gpuUuid = 'GPU-5b6a2c1e-0000-0000-0000-000000000000';
  const { tenBit = true, bFrames = true, gpuPipeline } = can;
  const target = { kind: 'nvenc' as const, deviceId: gpuUuid as DeviceId, encoder, gpuUuid, tenBit, bFrames };
  return gpuPipeline ? { ...target, gpuPipeline } : target;
}

export function request(
  preset: string,
  streams: SourceStream[],
  options: {
    set?: PresetOverrides;
    target?: EncodeTarget;
    build?: FfmpegBuild;
    source?: Partial<SourceInfo>;
    avoid?: Avoidance;
    encoderPreset?: string;
  } = {},
): EncodeRequest {
  const recipe = BUILT_IN_PRESETS.find((entry) => entry.id === preset);
  if (!recipe) throw new Error(`no preset ${preset}`);
  return {
    preset: applyOverrides(recipe, options.set ?? {}),
    source: source(streams, options.source),
    target: options.target ?? cpu('libx264'),
    build: options.build ?? MODERN_BUILD,
    outputPath: '/out/a film.mp4.partial',
    statsPath: '/tmp/job-1/pass',
    ...(options.avoid ? { avoid: options.avoid } : {}),
    ...(options.encoderPreset === undefined ? {} : { encoderPreset: options.encoderPreset }),
  };
}

/** The value after an option; undefined when the option is not there. */
export function optionValue(args: readonly string[], option: string): string | undefined {
  const at = args.indexOf(option);
  return at < 0 ? undefined : args[at + 1];
}
