import type { Effort } from '../../../common/preset.ts';
import { problem } from '../../../common/problem.ts';
import type { EncodeTarget, NvencEncoder } from '../encode-request.ts';
import { CODEC_NAMES } from '../preset-conflict.ts';
import { av1Quality, ceilingArgs } from './cpu-video-args.ts';
import type { VideoRequest } from './video-request.ts';

type NvencTarget = Extract<EncodeTarget, { kind: 'nvenc' }>;

const EFFORT: Record<Effort, string> = {
  fastest: 'p3',
  fast: 'p5',
  medium: 'p6',
  slow: 'p7',
  slowest: 'p7',
};

/** Largest side in pixels. From NVIDIA's table of NVENC capabilities. */
const LARGEST_SIDE: Record<NvencEncoder, number> = { h264_nvenc: 4096, hevc_nvenc: 8192, av1_nvenc: 8192 };

/** B-frames where the GPU has them. */
const B_FRAMES: Record<NvencEncoder, number> = { h264_nvenc: 3, hevc_nvenc: 4, av1_nvenc: 3 };

/**
 * Encoder and settings for NVENC, for the first video of the output. `-gpu 0` is the only GPU that ffmpeg sees (see
 * `nvencEnvironment`), and the one that holds frames which are on a GPU already. The level is left to the encoder, which knows size, rate and bit rate.
 *
 * @throws ProblemError capability-missing when the GPU cannot do what the preset asks
 */
export function nvencVideoArgs(request: VideoRequest, target: NvencTarget): string[] {
  refuseBeyondCapability(request, target);
  const { encoder } = target;
  const speed = request.encoderPreset ?? EFFORT[request.preset.video.effort];
  return [
    ...['-c:v:0', encoder, '-gpu:v:0', '0', '-preset:v:0', speed, '-tune:v:0', 'hq'],
    ...rateArgs(request, encoder),
    ...bFrameArgs(request, target),
    ...profileArgs(request, encoder),
  ];
}

/** Shows ffmpeg one GPU only, by UUID: nvidia-smi and CUDA count GPUs in different orders. */
export function nvencEnvironment(target: NvencTarget): Record<string, string> {
  return { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: target.gpuUuid };
}

/** NVENC's 10-bit frames are P010; 8-bit ones are planar as everywhere. */
export function nvencPixelFormat(request: VideoRequest): string {
  return request.preset.video.bitDepth === 10 ? 'p010le' : 'yuv420p';
}

/** B-frames in a row at most; 0 where the GPU makes none, or none are wanted. */
export function nvencBFrames({ isSparse, avoid }: VideoRequest, { encoder, bFrames }: NvencTarget): number {
  return bFrames && !isSparse && !avoid?.features?.includes('b-frames') ? B_FRAMES[encoder] : 0;
}

function bFrameArgs(request: VideoRequest, target: NvencTarget): string[] {
  const bFrames = nvencBFrames(request, target);
  if (bFrames === 0) return ['-bf:v:0', '0'];
  const references = request.avoid?.features?.includes('b-frame-references') ? 'disabled' : 'middle';
  return ['-bf:v:0', String(bFrames), '-b_ref_mode:v:0', references];
}

function rateArgs({ preset }: VideoRequest, encoder: NvencEncoder): string[] {
  const { rate } = preset.video;
  if (rate.mode === 'bit-rate') {
    return ['-rc:v:0', 'vbr', '-b:v:0', String(rate.bitRateBps), ...ceilingArgs(rate.bitRateBps)];
  }
  // ffmpeg's -cq ends at 51 for every NVENC encoder, also where AV1's own scale goes on.
  const quality = encoder === 'av1_nvenc' ? Math.min(51, av1Quality(rate.quality)) : rate.quality;
  // A bit rate of 0 lifts ffmpeg's default of 2 Mbit/s, which would win over the quality.
  return ['-rc:v:0', 'vbr', '-cq:v:0', String(quality), '-b:v:0', '0'];
}

function profileArgs({ preset }: VideoRequest, encoder: NvencEncoder): string[] {
  switch (encoder) {
    case 'h264_nvenc':
      return ['-profile:v:0', preset.video.bitDepth === 10 ? 'high10' : 'high'];
    case 'hevc_nvenc':
      return ['-profile:v:0', preset.video.bitDepth === 10 ? 'main10' : 'main', '-tier:v:0', 'high'];
    case 'av1_nvenc':
      // AV1 has one profile for 4:2:0, whatever the depth.
      return [];
  }
}

function refuseBeyondCapability({ preset, size }: VideoRequest, target: NvencTarget): void {
  const codec = CODEC_NAMES[preset.video.codec];
  if (preset.video.bitDepth === 10 && !target.tenBit) {
    throw problem(
      'capability-missing',
      `This GPU does not encode ${codec} with 10 bits.`,
      'Let the job run on the CPU, or set video.bitDepth to 8.',
    );
  }
  const { width, height } = size.output;
  const largest = LARGEST_SIDE[target.encoder];
  if (Math.max(width, height) > largest) {
    throw problem(
      'capability-missing',
      `NVENC encodes ${codec} up to ${largest} pixels a side; this picture has ${width}×${height}.`,
      'Let the job run on the CPU, or choose a preset with a smaller picture.',
    );
  }
}
