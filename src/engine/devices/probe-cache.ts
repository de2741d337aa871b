import type { DecoderProof, EncoderProof, GpuPipelineProof } from '../../common/device.ts';

/** What was seen of decoding on a GPU. */
export interface DecodingProof {
  readonly decoders: DecoderProof[];
  readonly pipeline: GpuPipelineProof;
}

/** What test encodes and decodes have shown, kept across restarts. */
export interface ProbeCache {
  get(key: string): EncoderProof | null;
  set(key: string, proof: EncoderProof): void;
  getDecoding(key: string): DecodingProof | null;
  setDecoding(key: string, proof: DecodingProof): void;
  clear(): void;
}

/** What a proof depends on: another driver or another ffmpeg proves nothing about this one. */
export interface ProofSubject {
  /** The GPU's UUID, or `cpu`. */
  readonly device: string;
  /** Null for a CPU. */
  readonly driverVersion: string | null;
  readonly buildId: string;
  readonly encoder: string;
}

export function proofKey({ device, driverVersion, buildId, encoder }: ProofSubject): string {
  return [device, driverVersion ?? '-', buildId, encoder].join('|');
}

/** Decoding is tried with whichever builds there are, so its proof depends on all of them. */
export function decodingKey(subject: {
  readonly gpuUuid: string;
  readonly driverVersion: string | null;
  readonly buildIds: readonly string[];
}): string {
  return proofKey({
    device: subject.gpuUuid,
    driverVersion: subject.driverVersion,
    buildId: subject.buildIds.join('+'),
    encoder: 'decoding',
  });
}
