import type { GpuDecodeCodec } from '../../../common/device.ts';
import type { StreamNote } from '../../../common/job.ts';
import type { Problem, ProblemCode } from '../../../common/problem.ts';
import type { EncodePlan } from '../encode-request.ts';
import { isDeinterlaced, limitsFrameRate } from './filters.ts';
import type { VideoRequest } from './video-request.ts';

/** How the main video is decoded and scaled where its frames never leave the GPU. */
export interface GpuPipeline {
  /** Options of the input. */
  readonly inputArgs: readonly string[];
  readonly filters: readonly string[];
}

/** 4:2:0 as decoders of sources name it. NVDEC gives the same picture as NV12 and P010, which NVENC takes. */
const PIXEL_FORMATS: Readonly<Record<8 | 10, string>> = { 8: 'yuv420p', 10: 'yuv420p10le' };

/**
 * Decode, scale and encode on one GPU, when all of it was proven there and nothing between needs the CPU; null otherwise.
 *
 * The bit depth must stay: `scale_cuda` of the builds that people have widens 8 bits as if they were full range, and narrows 10
 * without dither.
 */
export function gpuPipeline(request: VideoRequest): GpuPipeline | null {
  const { video, preset, size, color } = request;
  const codec = gpuDecoder(request);
  if (codec === null) return null;
  if (video.pixelFormat !== PIXEL_FORMATS[preset.video.bitDepth]) return null;
  if (color.conversion !== 'keep' || color.isFullRange) return null;
  if (isDeinterlaced(preset, video) || video.rotationDegrees !== 0 || size.change === 'crop') return null;
  const scale = scaleFilter(request);
  if (scale === null) return null;
  return {
    inputArgs: gpuDecodeArgs(String(video.index), codec),
    filters: [
      ...(limitsFrameRate(preset, video) ? [`fps=${preset.video.maxFrameRate}`] : []),
      scale,
      ...(size.change === 'scale' ? ['setsar=1'] : []),
    ],
  };
}

/**
 * Decodes one stream of an input on the only GPU that ffmpeg sees, and leaves the frames there. The decoder is named, since 5.1
 * takes libdav1d for AV1, which knows no GPU; ffmpeg's own go by the name of their codec. One thread, since the GPU does the
 * work, and every further one would cost it memory for frames.
 *
 * @param stream a stream specifier
 */
export function gpuDecodeArgs(stream: string, codec: GpuDecodeCodec): string[] {
  return [
    ...[`-c:${stream}`, codec],
    ...[`-hwaccel:${stream}`, 'cuda', `-hwaccel_device:${stream}`, '0'],
    ...[`-hwaccel_output_format:${stream}`, 'cuda', `-threads:${stream}`, '1'],
  ];
}

/** The decoder of the GPU that was proven for the source; null when none was. */
function gpuDecoder({ target, avoid, video, preset }: VideoRequest): GpuDecodeCodec | null {
  if (target.kind !== 'nvenc' || avoid?.gpuDecode || !target.gpuPipeline?.scales) return null;
  const proven = target.gpuPipeline.decoders.find(
    ({ codec, tenBit }) => codec === video.codec && (preset.video.bitDepth === 8 || tenBit),
  );
  return proven?.codec ?? null;
}

/**
 * `scale_cuda` in every case: it takes frames on a GPU only, so that a decoder which gave up the GPU is noticed, and it copies,
 * so that the encoder, which keeps up to twenty frames, does not keep the decoder's few.
 *
 * It looks at four pixels each way however much it shrinks, or, called bilinear, at three that it spreads until a third of the
 * size. Beyond that pixels would be skipped: null. Source: ffmpeg's vf_scale_cuda.cu.
 */
function scaleFilter({ video, size }: VideoRequest): string | null {
  if (size.change !== 'scale') return 'scale_cuda=passthrough=0';
  const { width, height } = size.output;
  const shrink = Math.max(video.width / width, video.height / height);
  if (shrink > 3) return null;
  return `scale_cuda=w=${width}:h=${height}:interp_algo=${shrink <= 2 ? 'lanczos' : 'bilinear'}`;
}

/** What may go well with frames decoded by the CPU, on the same GPU. */
const OF_THE_PIPELINE: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'gpu-decode-failed',
  'filter-graph-failed',
  // Decoders on a GPU drop what those on a CPU patch up.
  'source-corrupt',
  'output-incomplete',
  // The decoder's frames were part of what filled it.
  'gpu-out-of-memory',
]);

/** Whether an encode that failed is to be tried again with `avoid: { gpuDecode: true }`. */
export function shouldRetryWithCpuDecode({ code }: Problem, { pipeline }: EncodePlan): boolean {
  return pipeline === 'gpu' && OF_THE_PIPELINE.has(code);
}

/**
 * Why the result of an encode that ended well is not to be trusted: its decoder ran on a GPU and lost frames, which the CPU's may
 * patch up. Null when it is. Retried as any failure of the pipeline; what the CPU cannot read either is then told as damage.
 */
export function lossOnGpu({ pipeline }: EncodePlan, damage: StreamNote | null): Problem | null {
  if (pipeline !== 'gpu' || damage === null) return null;
  return {
    code: 'gpu-decode-failed',
    message: 'The GPU could not decode all of this source.',
    nextStep: 'Nothing needs to be done: the CPU decodes it, and the GPU still encodes.',
    detail: damage.reason,
  };
}
