import type { EncoderProof, FfmpegBuild } from '../../common/device.ts';
import type { Preset, VideoCodec } from '../../common/preset.ts';
import type { Problem } from '../../common/problem.ts';
import type { EncodeTarget } from '../media/encode-request.ts';
import { chooseBuild } from '../media/ffmpeg-builds.ts';
import { BEING_CHECKED, type DeviceEntry } from './device-entry.ts';
import { CPU_ENCODERS, NVENC_ENCODERS } from './probe-encoder.ts';

const CODEC_NAMES: Readonly<Record<VideoCodec, string>> = { h264: 'H.264', hevc: 'HEVC', av1: 'AV1' };

/** The encoder and the build with which a device does a preset, or why it does not. */
export function chooseTarget(
  entry: DeviceEntry,
  preset: Preset,
  builds: readonly FfmpegBuild[],
): { target: EncodeTarget; build: FfmpegBuild } | Problem {
  if (entry.fault) return entry.fault;
  const { codec, bitDepth } = preset.video;
  const proof = entry.proofs.get(codec);
  if (!proof) return BEING_CHECKED;
  // All sessions taken is no "no": the job goes there and waits for one. What was not proven is not used meanwhile.
  const isFull = proof.reason?.code === 'session-limit';
  if (proof.reason && !(isFull && bitDepth === 8)) return proof.reason;
  if (bitDepth === 10 && proof.tenBit !== true) {
    return {
      code: 'capability-missing',
      message: `${entry.name} cannot encode 10-bit ${CODEC_NAMES[codec]}.`,
      nextStep: 'Choose an 8-bit preset, another codec or another device.',
    };
  }
  const build = isFull
    ? chooseBuild(builds, { encoder: proof.encoder })
    : builds.find((candidate) => candidate.id === proof.buildId);
  if (!build) return BEING_CHECKED;
  return { target: targetOf(entry, codec, proof), build };
}

function targetOf(entry: DeviceEntry, codec: VideoCodec, proof: EncoderProof): EncodeTarget {
  if (entry.kind === 'cpu') return { kind: 'cpu', deviceId: entry.id, encoder: CPU_ENCODERS[codec] };
  return {
    kind: 'nvenc',
    deviceId: entry.id,
    encoder: NVENC_ENCODERS[codec],
    gpuUuid: entry.uuid ?? entry.id,
    tenBit: proof.tenBit === true,
    bFrames: proof.bFrames === true,
  };
}
