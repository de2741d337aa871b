import type { Telemetry } from '../../common/device.ts';
import type { DeviceId } from '../../common/ids.ts';
import type { Problem } from '../../common/problem.ts';
import type { DeviceEntry } from './device-entry.ts';
import { type GpuListing, type GpuReading, NOT_INSTALLED, type UnusableGpu } from './nvidia-smi.ts';

/**
 * The GPUs after a new listing: those that it has, in its order, then those that were there before and are missing in it.
 * @param at when nvidia-smi said it (ISO 8601)
 */
export function gpusAfter(before: readonly DeviceEntry[], listing: GpuListing, at: string): DeviceEntry[] {
  const found = listing.gpus.map((gpu) => gpuEntry(gpu, entryOf(gpu, before), at));
  const ids = new Set(found.map(({ id }) => id));
  const places = new Set(found.map(({ pciBusId }) => pciBusId));
  // One that was lost when it was first seen had no UUID, and is another device once it has.
  const missing = before.filter(
    ({ id, uuid, pciBusId }) => !ids.has(id) && !(uuid === null && places.has(pciBusId)),
  );
  return [...found, ...missing.map((entry) => missingGpu(entry, listing))];
}

/** The entry of a listed GPU. One that lost its UUID with its last breath is known by its place on the bus. */
function entryOf(gpu: GpuReading | UnusableGpu, entries: readonly DeviceEntry[]): DeviceEntry | undefined {
  return entries.find((entry) =>
    gpu.uuid !== null ? entry.uuid === gpu.uuid : gpu.pciBusId !== null && entry.pciBusId === gpu.pciBusId,
  );
}

/** Whether a missing GPU is not worth being kept in the list: a slice that was cut anew will not come back. */
export function isGoneForGood(entry: DeviceEntry, listing: GpuListing): boolean {
  return (
    listing.gpus.length > 0 &&
    (entry.uuid?.startsWith('MIG-') ?? false) &&
    !listing.gpus.some((gpu) => gpu.uuid === entry.uuid)
  );
}

/** Encodes of all programs on each GPU as the driver counts them; null where it does not. */
export function countedSessions(
  entries: readonly DeviceEntry[],
  listing: GpuListing,
): Map<DeviceId, number | null> {
  return new Map(
    listing.gpus.flatMap((gpu) => {
      const id = entryOf(gpu, entries)?.id;
      return id === undefined ? [] : [[id, gpu.kind === 'gpu' ? gpu.sessions : null] as const];
    }),
  );
}

/** An entry for what nvidia-smi listed, keeping from `before` what a new listing does not tell. */
function gpuEntry(
  listed: GpuReading | UnusableGpu,
  before: DeviceEntry | undefined,
  at: string,
): DeviceEntry {
  const common = {
    id: before?.id ?? gpuId(listed),
    kind: 'gpu' as const,
    pciBusId: listed.pciBusId ?? before?.pciBusId ?? null,
    uuid: listed.uuid ?? before?.uuid ?? null,
    name: listed.name ?? before?.name ?? 'NVIDIA GPU',
    outage: before?.outage ?? null,
    isBeingTested: before?.isBeingTested ?? false,
  };
  if (listed.kind === 'unusable') {
    return {
      ...common,
      driverVersion: before?.driverVersion ?? null,
      listed: listed.problem,
      proofs: before?.proofs ?? new Map(),
      decoding: before?.decoding ?? null,
      telemetry: null,
    };
  }
  const driverVersion = listed.driverVersion ?? before?.driverVersion ?? null;
  // Another driver may do what this one did not, and the other way round.
  const known = before?.driverVersion === driverVersion ? before : undefined;
  return {
    ...common,
    driverVersion,
    listed: null,
    proofs: known?.proofs ?? new Map(),
    decoding: known?.decoding ?? null,
    telemetry: gpuTelemetry(listed, at),
  };
}

/** A GPU that was listed before and is not in this listing. */
function missingGpu(entry: DeviceEntry, { gpus, notice }: GpuListing): DeviceEntry {
  // A GPU in MIG mode may be listed as a whole, which says nothing against its slices.
  const isSliced = gpus.some((gpu) => gpu.kind === 'gpu' && gpu.isSliced && gpu.pciBusId === entry.pciBusId);
  if (isSliced) return entry;
  // An nvidia-smi that hangs, dies or is not there says nothing about the GPU, which may encode on.
  if (notice?.code === 'gpu-failed' || notice === NOT_INSTALLED) return { ...entry, telemetry: null };
  const listed: Problem =
    notice === null || notice.code === 'no-cuda-device'
      ? {
          code: 'gpu-lost',
          message: 'The NVIDIA driver no longer lists this GPU.',
          nextStep: 'Nothing needs to be done if it comes back. If it stays away, restart the computer.',
        }
      : { ...notice, message: notice.message.replace(/, so encoding runs on the CPU\.$/, '.') };
  return { ...entry, telemetry: null, listed };
}

function gpuId(listed: GpuReading | UnusableGpu): DeviceId {
  return (listed.uuid ?? `gpu-${listed.pciBusId ?? listed.index ?? 'unknown'}`) as DeviceId;
}

function gpuTelemetry(gpu: GpuReading, at: string): Telemetry {
  return {
    at,
    utilizationPercent: gpu.utilizationPercent,
    encoderPercent: gpu.encoderPercent,
    decoderPercent: gpu.decoderPercent,
    memoryUsedBytes: gpu.memoryUsedBytes,
    memoryTotalBytes: gpu.memoryTotalBytes,
    temperatureCelsius: gpu.temperatureCelsius,
    powerWatts: gpu.powerWatts,
    encoderSessions: gpu.sessions,
    diskUsedBytes: null,
    diskTotalBytes: null,
  };
}
