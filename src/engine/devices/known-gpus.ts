import type { DeviceId } from '../../common/ids.ts';
import type { DeviceEntry } from './device-entry.ts';
import { type GpuListing, NOT_INSTALLED } from './nvidia-smi.ts';

/** A GPU that was seen in this machine. */
export interface KnownGpu {
  readonly id: DeviceId;
  readonly name: string;
  readonly uuid: string | null;
  readonly driverVersion: string | null;
  readonly pciBusId: string | null;
  /** Milliseconds since 1970. */
  readonly seenAtMs: number;
}

/** GPUs that were seen, kept across restarts by whoever hands it in. */
export interface KnownGpus {
  load(): KnownGpu[];
  /** In the place of all that were kept. */
  save(gpus: readonly KnownGpu[]): void;
}

/** Nobody waits longer than this for a GPU to come back. */
const FORGET_AFTER_MS = 30 * 24 * 3600 * 1000;

/**
 * Entries for the GPUs of the last start that a driver which does not work cannot list: they are failing, not absent, and jobs
 * that are held for them stay held. None where the driver works or was removed: then what it lists is what there is.
 */
export function failingGpus(known: readonly KnownGpu[], listing: GpuListing, nowMs: number): DeviceEntry[] {
  if (listing.notice === null || listing.notice === NOT_INSTALLED) return [];
  return known
    .filter(({ seenAtMs }) => nowMs - seenAtMs < FORGET_AFTER_MS)
    .map(({ seenAtMs: _, ...gpu }) => ({
      ...gpu,
      kind: 'gpu',
      listed: null,
      outage: null,
      isBeingTested: false,
      proofs: new Map(),
      decoding: null,
      telemetry: null,
    }));
}

/** What to keep of the GPUs that a working driver listed. */
export function knownGpus(entries: readonly DeviceEntry[], nowMs: number): KnownGpu[] {
  return entries.map(({ id, name, uuid, driverVersion, pciBusId }) => ({
    ...{ id, name, uuid, driverVersion, pciBusId },
    seenAtMs: nowMs,
  }));
}
