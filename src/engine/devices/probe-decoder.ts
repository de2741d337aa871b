import type { DecoderProof, FfmpegBuild, GpuDecodeCodec, GpuPipelineProof } from '../../common/device.ts';
import type { Problem, ProblemCode } from '../../common/problem.ts';
import type { Command, Host } from '../hosts/host.ts';
import { gpuDecodeArgs } from '../media/encode/gpu-pipeline.ts';
import { type BitDepth, type DecodeSamples, SAMPLE } from './decode-samples.ts';
import { runProbe } from './run-probe.ts';

/** Codecs that GPUs may decode, the commonest first. */
export const DECODED_CODECS: readonly GpuDecodeCodec[] = ['h264', 'hevc', 'av1', 'vp9', 'mpeg2video'];

const TIMEOUT_MS = 20_000;

/** Codecs of which people have 10-bit sources. H.264 has them too, but few GPUs decode these. */
const TEN_BIT: ReadonlySet<GpuDecodeCodec> = new Set<GpuDecodeCodec>(['hevc', 'av1', 'vp9']);

export function isTriedWithTenBits(codec: GpuDecodeCodec): boolean {
  return TEN_BIT.has(codec);
}

/** Reasons that are true of the GPU as a whole at the moment: what is tried next on it would meet them again. */
const OF_THE_GPU: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'no-nvidia-driver',
  'no-cuda-device',
  'gpu-failed',
  'gpu-lost',
  'gpu-out-of-memory',
  'probe-timeout',
]);

const LASTING: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'encoder-missing',
  'invalid-argument',
  'filter-graph-failed',
  'no-nvenc',
  'capability-missing',
  'driver-too-old',
]);

/** Whether every other decoder of the GPU would fail the same way. */
export function isOfTheGpu({ code, detail }: Problem): boolean {
  return OF_THE_GPU.has(code) || (detail?.includes('Cannot load') ?? false);
}

/** Whether the reason stays as long as GPU, driver and build stay. */
export function isLastingDecodeFailure({ code, detail }: Problem): boolean {
  // A decoder may also fail for want of memory, with the same code.
  if (code === 'gpu-decode-failed') return detail?.includes('lacking required capabilities') ?? false;
  return LASTING.has(code);
}

/** What decoding is tried with: a build on a GPU, with clips to decode. */
export interface DecodeProbe {
  readonly host: Host;
  readonly build: FfmpegBuild;
  /** Builds that may make the clips. */
  readonly builds: readonly FfmpegBuild[];
  readonly samples: DecodeSamples;
  readonly gpuUuid: string;
}

/**
 * Decodes a few real frames on the GPU, 10-bit ones too where the codec is used with them. Null when there is no clip to try
 * with. Throws only when aborted.
 */
export async function probeDecoder(
  probe: DecodeProbe,
  codec: GpuDecodeCodec,
  signal: AbortSignal,
): Promise<DecoderProof | null> {
  const reason = await testDecode(probe, codec, 8, signal);
  if (reason === 'no-sample') return null;
  const proof = { codec, ok: reason === null, reason, tenBit: null, buildId: probe.build.id };
  if (reason !== null || !isTriedWithTenBits(codec)) return proof;
  const refused = await testDecode(probe, codec, 10, signal);
  if (refused === 'no-sample') return proof;
  return { ...proof, tenBit: refused === null ? true : isLastingDecodeFailure(refused) ? false : null };
}

async function testDecode(
  { host, build, builds, samples, gpuUuid }: DecodeProbe,
  codec: GpuDecodeCodec,
  depth: BitDepth,
  signal: AbortSignal,
): Promise<Problem | null | 'no-sample'> {
  const path = await samples.get(codec, depth, builds, signal);
  if (path === null) return 'no-sample';
  const command = decodeCommand(build.ffmpegPath, gpuUuid, { codec, depth, path });
  const test = { command, frames: SAMPLE.frames, timeoutMs: TIMEOUT_MS, name: 'A test decode' };
  return runProbe(host, test, signal);
}

/** What an encode with all its work on the GPU would do, in small: decode, drop frames, copy, scale both ways, encode. */
export async function probePipeline(
  { host, build, builds, samples, gpuUuid }: DecodeProbe,
  codec: GpuDecodeCodec,
  signal: AbortSignal,
): Promise<GpuPipelineProof> {
  const failed = (reason: Problem): GpuPipelineProof => ({ ok: false, reason, buildId: build.id });
  const encoder = ['h264_nvenc', 'hevc_nvenc'].find((name) => build.encoders.includes(name));
  if (encoder === undefined) {
    return failed(lacks('encoder-missing', 'This ffmpeg was built without NVENC.'));
  }
  if (!build.filters.includes('scale_cuda')) {
    return failed(lacks('filter-graph-failed', 'This ffmpeg was built without scale_cuda.'));
  }
  const path = await samples.get(codec, 8, builds, signal);
  if (path === null) return failed(NO_SAMPLE);
  const command = pipelineCommand(build.ffmpegPath, encoder, gpuUuid, { codec, depth: 8, path });
  const test = {
    command,
    frames: SAMPLE.frames / 2,
    timeoutMs: TIMEOUT_MS,
    name: 'A test of decoding, scaling and encoding on the GPU',
  };
  const reason = await runProbe(host, test, signal);
  return reason === null ? { ok: true, reason: null, buildId: build.id } : failed(reason);
}

/** A clip to decode. */
export interface Sample {
  readonly codec: GpuDecodeCodec;
  readonly depth: BitDepth;
  readonly path: string;
}

export const NO_SAMPLE: Problem = {
  code: 'encoder-missing',
  message: 'No ffmpeg here can make a clip to test the decoders of GPUs with.',
  nextStep: 'Install a full ffmpeg build, or choose one in the settings. Until then the CPU decodes.',
};

function lacks(code: ProblemCode, message: string): Problem {
  return {
    code,
    message,
    nextStep: 'Nothing needs to be done: the CPU decodes and scales. A full ffmpeg build does it on the GPU.',
  };
}

/**
 * `hwdownload` takes frames on a GPU and no others. Without it ffmpeg would go on in silence with a decoder on the CPU where
 * the GPU's failed, and prove nothing.
 */
export function decodeCommand(ffmpegPath: string, gpuUuid: string, sample: Sample): Command {
  const format = sample.depth === 10 ? 'p010le' : 'nv12';
  return onGpu(ffmpegPath, gpuUuid, sample, ['-vf', `hwdownload,format=${format}`]);
}

/** `scale_cuda` takes frames on a GPU and no others; every way of scaling that an encode uses is in the chain. */
export function pipelineCommand(
  ffmpegPath: string,
  encoder: string,
  gpuUuid: string,
  sample: Sample,
): Command {
  const filters = [
    'fps=15',
    'scale_cuda=passthrough=0',
    'scale_cuda=w=320:h=320:interp_algo=bilinear',
    'scale_cuda=w=256:h=256:interp_algo=lanczos',
    'setsar=1',
  ];
  return onGpu(ffmpegPath, gpuUuid, sample, [
    ...['-vf', filters.join(','), '-c:v', encoder, '-gpu', '0', '-preset', 'p4', '-tune', 'hq'],
    ...['-rc', 'vbr', '-cq', '23', '-b:v', '0', '-bf', '0'],
  ]);
}

function onGpu(
  ffmpegPath: string,
  gpuUuid: string,
  { codec, path }: Sample,
  args: readonly string[],
): Command {
  return {
    file: ffmpegPath,
    args: [
      ...['-hide_banner', '-nostdin', '-v', 'warning', '-nostats', '-progress', 'pipe:1'],
      ...[...gpuDecodeArgs('v:0', codec), '-i', `file:${path}`, '-map', '0:v:0', ...args, '-f', 'null', '-'],
    ],
    env: {
      AV_LOG_FORCE_NOCOLOR: '1',
      FFREPORT: undefined,
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: gpuUuid,
    },
  };
}
