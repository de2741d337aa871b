import type { Database } from 'better-sqlite3';
import { EncoderProof } from '../../common/device.ts';
import type { ProbeCache } from '../devices/probe-cache.ts';
import { StoredValues } from './stored-values.ts';

/** What encoder probes proved, kept over restarts. One that this version cannot read counts as never made. */
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

  clear(): void {
    this.#values.clear();
  }
}
