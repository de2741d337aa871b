import type { EncoderProof } from '../../common/device.ts';

/** What test encodes have shown, kept across restarts. */
export interface ProbeCache {
  get(key: string): EncoderProof | null;
  set(key: string, proof: EncoderProof): void;
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
