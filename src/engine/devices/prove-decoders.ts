import type { DecoderProof, FfmpegBuild, GpuPipelineProof } from '../../common/device.ts';
import type { Problem, ProblemCode } from '../../common/problem.ts';
import { canMakeSample, type DecodeSamples, withSamples } from './decode-samples.ts';
import { type DecodingProof, decodingKey } from './probe-cache.ts';
import {
  DECODED_CODECS,
  type DecodeProbe,
  isLastingDecodeFailure,
  isOfTheGpu,
  isTriedWithTenBits,
  NO_SAMPLE,
  probeDecoder,
  probePipeline,
} from './probe-decoder.ts';
import type { ProveOptions } from './prove-encoders.ts';

/** Failures of the chain that another ffmpeg may not have. */
const OF_THE_BUILD: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'encoder-missing',
  'filter-graph-failed',
  'invalid-argument',
  'driver-too-old',
  'ffmpeg-missing',
  'ffmpeg-broken',
  'encode-failed',
]);

/** What the cache knows about decoding on the GPU, without running anything; null when some of it must be tried. */
export function knownDecoding(
  target: { readonly gpuUuid: string },
  options: ProveOptions,
): DecodingProof | null {
  const known = options.cache.getDecoding(keyOf(target, options));
  return known !== null && isComplete(known, options.builds) ? known : null;
}

/**
 * Finds what the GPU decodes, and whether frames stay on it from its decoder over its scaler to its encoder. All with one
 * build: the first with which the whole chain works, which is the one that encoders are proven with; where it works with
 * none, the first. A GPU without NVENC gets its decoders proven all the same. Takes a few seconds; rejects only when aborted.
 */
export async function proveDecoders(
  target: { readonly gpuUuid: string },
  options: ProveOptions,
  signal: AbortSignal,
): Promise<DecodingProof> {
  const known = knownDecoding(target, options);
  if (known !== null) return known;
  const proof = await withSamples(options.host, (samples) => proveWith(target, options, samples, signal));
  options.cache.setDecoding(keyOf(target, options), proof);
  return proof;
}

async function proveWith(
  { gpuUuid }: { readonly gpuUuid: string },
  { host, builds, cache, driverVersion }: ProveOptions,
  samples: DecodeSamples,
  signal: AbortSignal,
): Promise<DecodingProof> {
  const earlier = cache.getDecoding(keyOf({ gpuUuid }, { builds, driverVersion }));
  let first: DecodingProof | null = null;
  for (const build of usable(builds)) {
    const proof = await proveBuild({ host, build, builds, samples, gpuUuid }, earlier, signal);
    if (proof.pipeline.ok) return proof;
    first ??= proof;
    if (proof.pipeline.reason !== null && !OF_THE_BUILD.has(proof.pipeline.reason.code)) break;
  }
  return first ?? { decoders: [], pipeline: { ok: false, reason: NO_BUILD, buildId: null } };
}

/** Tries what `earlier` leaves open. */
async function proveBuild(
  probe: DecodeProbe,
  earlier: DecodingProof | null,
  signal: AbortSignal,
): Promise<DecodingProof> {
  const decoders: DecoderProof[] = [];
  let common: Problem | null = null;
  for (const codec of DECODED_CODECS) {
    if (!canMakeSample(codec, probe.builds)) continue;
    const held = earlier?.decoders.find((proof) => proof.codec === codec && proof.buildId === probe.build.id);
    const proof: DecoderProof | null =
      common !== null
        ? { codec, ok: false, reason: common, tenBit: null, buildId: probe.build.id }
        : held && isSettled(held)
          ? held
          : await probeDecoder(probe, codec, signal);
    if (proof === null) continue;
    decoders.push(proof);
    if (proof.reason !== null && isOfTheGpu(proof.reason)) common = proof.reason;
  }
  return { decoders, pipeline: await provePipeline(probe, decoders, signal) };
}

async function provePipeline(
  probe: DecodeProbe,
  decoders: readonly DecoderProof[],
  signal: AbortSignal,
): Promise<GpuPipelineProof> {
  const working = decoders.find((proof) => proof.ok);
  if (working !== undefined) return probePipeline(probe, working.codec, signal);
  return { ok: false, reason: decoders[0]?.reason ?? NO_SAMPLE, buildId: probe.build.id };
}

function isComplete({ decoders, pipeline }: DecodingProof, builds: readonly FfmpegBuild[]): boolean {
  if (pipeline.reason !== null && !isLastingDecodeFailure(pipeline.reason)) return false;
  return DECODED_CODECS.filter((codec) => canMakeSample(codec, builds)).every((codec) => {
    const proof = decoders.find((candidate) => candidate.codec === codec);
    return proof !== undefined && isSettled(proof);
  });
}

function isSettled({ codec, reason, tenBit }: DecoderProof): boolean {
  if (reason !== null) return isLastingDecodeFailure(reason);
  return tenBit !== null || !isTriedWithTenBits(codec);
}

/** Builds that may run a chain on the GPU at all. */
function usable(builds: readonly FfmpegBuild[]): FfmpegBuild[] {
  return builds.filter((build) => build.problem === null && build.filters.includes('hwdownload'));
}

const NO_BUILD: Problem = {
  code: 'ffmpeg-missing',
  message: 'No ffmpeg here can decode on a GPU.',
  nextStep: 'Install a full ffmpeg build, or choose one in the settings. Until then the CPU decodes.',
};

function keyOf(
  { gpuUuid }: { readonly gpuUuid: string },
  { builds, driverVersion }: Pick<ProveOptions, 'builds' | 'driverVersion'>,
): string {
  return decodingKey({ gpuUuid, driverVersion, buildIds: usable(builds).map((build) => build.id) });
}
