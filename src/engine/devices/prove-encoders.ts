import type { EncoderProof, FfmpegBuild } from '../../common/device.ts';
import type { Problem, ProblemCode } from '../../common/problem.ts';
import type { Host } from '../hosts/host.ts';
import { type ProbeCache, proofKey } from './probe-cache.ts';
import {
  encoderOf,
  isLasting,
  openQuestions,
  type ProbeTarget,
  probeEncoder,
  unproven,
} from './probe-encoder.ts';
import { whyPassedOver } from './probe-reasons.ts';

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

/**
 * What the cache knows about the encoder on the device, without running anything; null when nothing is known. What it knows
 * may leave questions open (`openQuestions`).
 */
export function knownProof(target: ProbeTarget, options: ProveOptions): EncoderProof | null {
  const failures: Failure[] = [];
  for (const build of buildsWith(target, options.builds)) {
    const known = options.cache.get(keyOf(target, build, options));
    if (known === null) return null;
    const proof = settled(known, build, failures);
    if (proof !== null) return proof;
  }
  return failures[0]?.proof ?? withoutBuild(target);
}

/**
 * Finds the best build whose encoder works on the device. Where a failure lies with the build, the next one is tried; what
 * lies with the device (no NVENC, all sessions taken) is final. What the cache tells is not tried again. Rejects only when
 * aborted.
 */
export async function proveEncoder(
  target: ProbeTarget,
  options: ProveOptions,
  signal: AbortSignal,
): Promise<EncoderProof> {
  const failures: Failure[] = [];
  for (const build of buildsWith(target, options.builds)) {
    const key = keyOf(target, build, options);
    let found = options.cache.get(key);
    if (found === null || openQuestions(found, target.kind).length > 0) {
      found = await probeEncoder(options.host, build, target, signal, found);
      if (found.ok || (found.reason !== null && isLasting(found.reason))) options.cache.set(key, found);
    }
    const proof = settled(found, build, failures);
    if (proof !== null) return proof;
  }
  return failures[0]?.proof ?? withoutBuild(target);
}

interface Failure {
  readonly build: FfmpegBuild;
  readonly proof: EncoderProof;
  readonly reason: Problem;
}

/** The proof, when no other build needs to be looked at; otherwise its failure joins those of better builds. */
function settled(found: EncoderProof, build: FfmpegBuild, failures: Failure[]): EncoderProof | null {
  if (found.ok) {
    const better = failures[0];
    return better ? { ...found, buildNote: whyPassedOver(better.build, better.reason, build) } : found;
  }
  if (found.reason === null || !OF_THE_BUILD.has(found.reason.code)) return found;
  failures.push({ build, proof: found, reason: found.reason });
  return null;
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

function withoutBuild(target: ProbeTarget): EncoderProof {
  const reason: Problem = {
    code: 'encoder-missing',
    message: `No ffmpeg here has the encoder ${encoderOf(target)}.`,
    nextStep: 'Install a full ffmpeg build, or choose one in the settings.',
  };
  return unproven(target, reason, null);
}
