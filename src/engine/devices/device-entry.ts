import type { Device, EncoderProof, Telemetry } from '../../common/device.ts';
import { CPU_DEVICE_ID, type DeviceId, type HostId } from '../../common/ids.ts';
import type { VideoCodec } from '../../common/preset.ts';
import type { Problem } from '../../common/problem.ts';
import type { GpuReading, UnusableGpu } from './nvidia-smi.ts';

/** What the registry holds about one device. Replaced, never changed. */
export interface DeviceEntry {
  readonly id: DeviceId;
  readonly kind: 'gpu' | 'cpu';
  readonly name: string;
  readonly uuid: string | null;
  readonly driverVersion: string | null;
  readonly pciBusId: string | null;
  /** Why it cannot be used whatever its encoders may do; null when it can. */
  readonly fault: Problem | null;
  /** By codec. A codec without a proof has not been tried yet. */
  readonly proofs: ReadonlyMap<VideoCodec, EncoderProof>;
  readonly telemetry: Telemetry | null;
  /** Encodes of this engine. */
  readonly ownSessions: number;
  /** Encodes of all programs, as the driver counts them; null when it does not. */
  readonly countedSessions: number | null;
  readonly sessionLimit: number | null;
}

export const BEING_CHECKED: Problem = {
  code: 'device-unavailable',
  message: 'The encoders of this device are still being checked.',
  nextStep: 'Wait a few seconds.',
};

export function cpuEntry(name: string, sessionLimit: number | null): DeviceEntry {
  return {
    id: CPU_DEVICE_ID,
    kind: 'cpu',
    name,
    uuid: null,
    driverVersion: null,
    pciBusId: null,
    fault: null,
    proofs: new Map(),
    telemetry: null,
    ownSessions: 0,
    countedSessions: null,
    sessionLimit,
  };
}

/**
 * Sessions that are started on a GPU before anything is known about its limit. GeForce drivers have allowed 3, 5, 8 and
 * 12 per system over the years; three keep one to three NVENC engines busy.
 */
const FIRST_GPU_SESSIONS = 3;

/** An entry for what nvidia-smi listed, keeping from `before` what a new listing does not tell. */
export function gpuEntry(
  listed: GpuReading | UnusableGpu,
  before: DeviceEntry | undefined,
  at: string,
): DeviceEntry {
  const base = before ?? {
    proofs: new Map<VideoCodec, EncoderProof>(),
    ownSessions: 0,
    sessionLimit: FIRST_GPU_SESSIONS,
  };
  const common = {
    id: before?.id ?? gpuId(listed),
    kind: 'gpu' as const,
    pciBusId: listed.pciBusId ?? before?.pciBusId ?? null,
    uuid: listed.uuid ?? before?.uuid ?? null,
    name: listed.name ?? before?.name ?? 'NVIDIA GPU',
    ownSessions: base.ownSessions,
    sessionLimit: base.sessionLimit,
  };
  if (listed.kind === 'unusable') {
    return {
      ...common,
      driverVersion: before?.driverVersion ?? null,
      fault: listed.problem,
      proofs: base.proofs,
      telemetry: null,
      countedSessions: null,
    };
  }
  const sameDriver = before?.driverVersion === listed.driverVersion;
  return {
    ...common,
    driverVersion: listed.driverVersion,
    fault: null,
    proofs: sameDriver ? base.proofs : new Map(),
    telemetry: gpuTelemetry(listed, at),
    countedSessions: listed.sessions,
  };
}

/** A GPU that the driver listed before and does not any more. */
export function missingGpu(entry: DeviceEntry): DeviceEntry {
  return {
    ...entry,
    telemetry: null,
    countedSessions: null,
    fault: {
      code: 'gpu-lost',
      message: 'The NVIDIA driver no longer lists this GPU.',
      nextStep: 'Refresh the devices. If it stays away, restart the computer.',
    },
  };
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

/** Encodes running on the device: all, and those of other programs among them. */
export function sessionsOn(entry: DeviceEntry): { used: number; others: number } {
  const used = Math.max(entry.ownSessions, entry.countedSessions ?? 0);
  return { used, others: used - entry.ownSessions };
}

/** Encodes at once, and how many more may start now. */
export function roomOn(entry: DeviceEntry): { slots: number; free: number } {
  const slots = entry.sessionLimit ?? Number.MAX_SAFE_INTEGER;
  return { slots, free: Math.max(0, slots - sessionsOn(entry).used) };
}

const CODECS: readonly VideoCodec[] = ['h264', 'hevc', 'av1'];

/** The device as everybody else sees it, its status derived from proofs and sessions. */
export function toDevice(entry: DeviceEntry, host: HostId): Device {
  const encoders = CODECS.flatMap((codec) => entry.proofs.get(codec) ?? []);
  const { used, others } = sessionsOn(entry);
  return {
    id: entry.id,
    kind: entry.kind,
    name: entry.name,
    host,
    uuid: entry.uuid,
    ...statusOf(entry, encoders, used),
    retryAt: null,
    encoders,
    decoders: [],
    gpuPipeline: null,
    sessions: { used, others, limit: entry.sessionLimit },
    telemetry: entry.telemetry,
    driverVersion: entry.driverVersion,
  };
}

function statusOf(
  entry: DeviceEntry,
  encoders: readonly EncoderProof[],
  used: number,
): Pick<Device, 'status' | 'reason'> {
  if (entry.fault) return { status: 'unavailable', reason: entry.fault };
  if (encoders.some((proof) => proof.ok)) {
    const isFull = entry.sessionLimit !== null && used >= entry.sessionLimit;
    return { status: isFull ? 'busy' : 'ready', reason: null };
  }
  const full = encoders.find((proof) => proof.reason?.code === 'session-limit');
  if (full) return { status: 'busy', reason: full.reason };
  if (encoders.length < CODECS.length) return { status: 'unavailable', reason: BEING_CHECKED };
  return { status: 'unavailable', reason: encoders[0]?.reason ?? null };
}
