import type { EncoderProof, FfmpegBuild } from '../../common/device.ts';
import type { Preset, VideoCodec } from '../../common/preset.ts';
import type { Problem } from '../../common/problem.ts';
import type { EncodeTarget } from '../media/encode-request.ts';
import { chooseBuild } from '../media/ffmpeg-builds.ts';
import { CODEC_NAMES } from '../media/preset-conflict.ts';
import { BEING_CHECKED, type DeviceEntry, faultOf } from './device-entry.ts';
import { CPU_ENCODERS, isLasting, NVENC_ENCODERS } from './probe-encoder.ts';

/** What of a preset decides whether a device can do it. */
export interface EncodeNeed {
  readonly video: Pick<Preset['video'], 'codec' | 'bitDepth'>;
}

/** The encoder and the build with which a device does a preset, or why it does not. */
export function chooseTarget(
  entry: DeviceEntry,
  preset: EncodeNeed,
  builds: readonly FfmpegBuild[],
): { target: EncodeTarget; build: FfmpegBuild } | Problem {
  const { codec } = preset.video;
  const proof = entry.proofs.get(codec);
  const isUnable = proof && whyNever(entry, proof, preset);
  if (isUnable) return isUnable;
  // What it can do it will do again once it is back.
  const fault = faultOf(entry);
  if (fault) return fault;
  if (!proof) return BEING_CHECKED;
  const notNow = whyNotNow(proof, preset);
  if (notNow) return notNow;
  const build = proof.ok
    ? builds.find((candidate) => candidate.id === proof.buildId)
    : chooseBuild(builds, { encoder: proof.encoder });
  if (!build) return BEING_CHECKED;
  return { target: targetOf(entry, codec, proof), build };
}

/** What will not change as long as GPU, driver and builds stay. */
function whyNever(entry: DeviceEntry, proof: EncoderProof, { video }: EncodeNeed): Problem | null {
  if (proof.reason && isLasting(proof.reason)) return proof.reason;
  if (!proof.ok || video.bitDepth === 8 || proof.tenBit !== false) return null;
  return {
    code: 'capability-missing',
    message: `${entry.name} cannot encode 10-bit ${CODEC_NAMES[video.codec]}.`,
    nextStep: 'Choose an 8-bit preset, another codec or another device.',
    ...(proof.tenBitReason?.detail === undefined ? {} : { detail: proof.tenBitReason.detail }),
  };
}

/**
 * What may be otherwise in a moment. All sessions taken is no "no", not even to what could not be tried because of that: the
 * job goes there and waits for one.
 */
function whyNotNow(proof: EncoderProof, { video }: EncodeNeed): Problem | null {
  if (proof.reason && !isBusy(proof.reason)) return proof.reason;
  const mayHaveTenBit = proof.tenBit ?? isBusy(proof.reason ?? proof.tenBitReason);
  if (video.bitDepth === 8 || mayHaveTenBit) return null;
  return proof.tenBitReason ?? BEING_CHECKED;
}

function isBusy(reason: Problem | null): boolean {
  return reason?.code === 'session-limit';
}

function targetOf(entry: DeviceEntry, codec: VideoCodec, proof: EncoderProof): EncodeTarget {
  if (entry.kind === 'cpu') return { kind: 'cpu', deviceId: entry.id, encoder: CPU_ENCODERS[codec] };
  return {
    kind: 'nvenc',
    deviceId: entry.id,
    encoder: NVENC_ENCODERS[codec],
    gpuUuid: entry.uuid ?? entry.id,
    tenBit: proof.tenBit ?? isBusy(proof.reason ?? proof.tenBitReason),
    // A little more bit rate is no harm, an encode that the GPU refuses is.
    bFrames: proof.bFrames === true,
    ...pipelineOf(entry, proof),
  };
}

/** What the GPU does beside encoding, as far as the build that encodes has proven it. */
function pipelineOf(entry: DeviceEntry, { buildId }: EncoderProof) {
  const { decoding } = entry;
  if (!decoding?.pipeline.ok || decoding.pipeline.buildId !== buildId) return {};
  const decoders = decoding.decoders
    .filter((decoder) => decoder.ok && decoder.buildId === buildId)
    .map(({ codec, tenBit }) => ({ codec, tenBit: tenBit === true }));
  return { gpuPipeline: { decoders, scales: true } };
}
