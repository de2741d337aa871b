import type { EncoderProof, FfmpegBuild } from '../../common/device.ts';
import type { Problem, ProblemCode } from '../../common/problem.ts';
import type { Host } from '../hosts/host.ts';
import { type ProbeCache, proofKey } from './probe-cache.ts';
import { encoderOf, type ProbeTarget, probeEncoder } from './probe-encoder.ts';

/** Failures that another ffmpeg may not have: too new for the driver, too old for the options, broken. */
const OF_THE_BUILD: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'encoder-missing',
  'invalid-argument',
  'driver-too-old',
  'ffmpeg-missing',
  'ffmpeg-broken',
  'encode-failed',
]);

export interface ProveOptions {
  readonly host: Host;
  /** Best first. */
  readonly builds: readonly FfmpegBuild[];
  readonly driverVersion: string | null;
  readonly cache: ProbeCache;
}

/** What the cache knows about the encoder on the device, without running anything; null when it must be tried. */
export function knownProof(target: ProbeTarget, options: ProveOptions): EncoderProof | null {
  const failures: EncoderProof[] = [];
  for (const build of buildsWith(target, options.builds)) {
    const known = options.cache.get(keyOf(target, build, options));
    if (known === null) return null;
    if (known.ok) return known;
    failures.push(known);
    if (known.reason && !OF_THE_BUILD.has(known.reason.code)) break;
  }
  return failures[0] ?? withoutBuild(target);
}

/**
 * Finds the best build whose encoder works on the device. Where a failure lies with the build, the next one is tried; what
 * lies with the device (no NVENC, all sessions taken) is final. Rejects only when aborted.
 */
export async function proveEncoder(
  target: ProbeTarget,
  options: ProveOptions,
  signal: AbortSignal,
): Promise<EncoderProof> {
  let firstFailure: EncoderProof | null = null;
  for (const build of buildsWith(target, options.builds)) {
    const key = keyOf(target, build, options);
    let proof = options.cache.get(key);
    if (proof === null) {
      const result = await probeEncoder(options.host, build, target, signal);
      proof = result.proof;
      if (result.isLasting) options.cache.set(key, proof);
    }
    if (proof.ok) return proof;
    firstFailure ??= proof;
    if (proof.reason && !OF_THE_BUILD.has(proof.reason.code)) return proof;
  }
  return firstFailure ?? withoutBuild(target);
}

function buildsWith(target: ProbeTarget, builds: readonly FfmpegBuild[]): FfmpegBuild[] {
  return builds.filter((build) => build.problem === null && build.encoders.includes(encoderOf(target)));
}

function keyOf(target: ProbeTarget, build: FfmpegBuild, options: ProveOptions): string {
  return proofKey({
    device: target.kind === 'gpu' ? target.gpuUuid : 'cpu',
    driverVersion: options.driverVersion,
    buildId: build.id,
    encoder: encoderOf(target),
  });
}

const NOT_TRIED = { tenBit: null, tenBitReason: null, bFrames: null, bFramesReason: null, buildNote: null };

function withoutBuild(target: ProbeTarget): EncoderProof {
  const encoder = encoderOf(target);
  const reason: Problem = {
    code: 'encoder-missing',
    message: `No ffmpeg here has the encoder ${encoder}.`,
    nextStep: 'Install a full ffmpeg build, or choose one in the settings.',
  };
  return { codec: target.codec, encoder, ok: false, reason, ...NOT_TRIED, buildId: null };
}
