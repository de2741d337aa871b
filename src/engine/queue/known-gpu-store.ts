import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { DeviceId } from '../../common/ids.ts';
import type { KnownGpu, KnownGpus } from '../devices/known-gpus.ts';
import { StoredValues } from './stored-values.ts';

const Known = z.object({
  id: DeviceId,
  name: z.string(),
  uuid: z.string().nullable(),
  driverVersion: z.string().nullable(),
  pciBusId: z.string().nullable(),
  seenAtMs: z.number(),
});

/** The GPUs that were seen in this machine. One that this version cannot read was never seen. */
export class KnownGpuStore implements KnownGpus {
  readonly #values: StoredValues;

  constructor(db: Database) {
    this.#values = new StoredValues(db, 'known_gpus');
  }

  load(): KnownGpu[] {
    return this.#values.all().flatMap(({ value }) => {
      const parsed = Known.safeParse(value);
      return parsed.success ? [parsed.data] : [];
    });
  }

  save(gpus: readonly KnownGpu[]): void {
    const ids = new Set<string>(gpus.map(({ id }) => id));
    for (const { key } of this.#values.all()) if (!ids.has(key)) this.#values.delete(key);
    this.#values.set(gpus.map((gpu) => [gpu.id, gpu]));
  }
}
