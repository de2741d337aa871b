import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { DecoderProof, EncoderProof, GpuPipelineProof } from '../../common/device.ts';
import type { DecodingProof, ProbeCache } from '../devices/probe-cache.ts';
import { StoredValues } from './stored-values.ts';

const Decoding = z.object({ decoders: z.array(DecoderProof), pipeline: GpuPipelineProof });

/** What probes proved, kept over restarts. One that this version cannot read counts as never made. */
export class ProbeStore implements ProbeCache {
  readonly #values: StoredValues;

  constructor(db: Database) {
    this.#values = new StoredValues(db, 'encoder_proofs');
  }

  get(key: string): EncoderProof | null {
    const parsed = EncoderProof.safeParse(this.#values.get(key)?.value);
    return parsed.success ? parsed.data : null;
  }

  set(key: string, proof: EncoderProof): void {
    this.#values.set([[key, proof]]);
  }

  getDecoding(key: string): DecodingProof | null {
    const parsed = Decoding.safeParse(this.#values.get(key)?.value);
    return parsed.success ? parsed.data : null;
  }

  setDecoding(key: string, proof: DecodingProof): void {
    this.#values.set([[key, proof]]);
  }

  clear(): void {
    this.#values.clear();
  }
}
