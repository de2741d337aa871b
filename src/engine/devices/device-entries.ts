import type { DeviceId } from '../../common/ids.ts';
import type { DeviceEntry } from './device-entry.ts';

/** The devices that there are, in order, and who wants to know when they change. */
export class DeviceEntries {
  #byId: ReadonlyMap<DeviceId, DeviceEntry>;
  #version = 0;
  readonly #listeners = new Set<() => void>();

  constructor(entries: readonly DeviceEntry[]) {
    this.#byId = new Map(entries.map((entry) => [entry.id, entry]));
  }

  /** Grows with every change, of telemetry too. */
  get version(): number {
    return this.#version;
  }

  get(id: DeviceId): DeviceEntry | undefined {
    return this.#byId.get(id);
  }

  all(): DeviceEntry[] {
    return [...this.#byId.values()];
  }

  gpus(): DeviceEntry[] {
    return this.all().filter((entry) => entry.kind === 'gpu');
  }

  replaceAll(entries: readonly DeviceEntry[]): void {
    this.#byId = new Map(entries.map((entry) => [entry.id, entry]));
    this.changed();
  }

  /** Tells listeners unless only telemetry differs. */
  update(id: DeviceId, change: (entry: DeviceEntry) => DeviceEntry): void {
    const before = this.#byId.get(id);
    if (before === undefined) return;
    const after = change(before);
    this.#byId = new Map(this.#byId).set(id, after);
    if (isSameButForTelemetry(before, after)) this.#version += 1;
    else this.changed();
  }

  /** Something about a device changed that its entry does not hold. */
  changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

function isSameButForTelemetry(a: DeviceEntry, b: DeviceEntry): boolean {
  if (a.listed?.code !== b.listed?.code) return false;
  const keys = (Object.keys(a) as (keyof DeviceEntry)[]).filter(
    (key) => key !== 'telemetry' && key !== 'listed',
  );
  return keys.every((key) => a[key] === b[key]);
}
