import type { Device, EncoderProof, Telemetry } from '../../common/device.ts';
import { CPU_DEVICE_ID, type DeviceId, type HostId } from '../../common/ids.ts';
import type { VideoCodec } from '../../common/preset.ts';
import type { Problem, ProblemCode } from '../../common/problem.ts';
import type { SessionView } from './gpu-sessions.ts';
import type { Outage } from './out-of-service.ts';
import type { DecodingProof } from './probe-cache.ts';

/** What the registry holds about one device. Replaced, never changed. */
export interface DeviceEntry {
  readonly id: DeviceId;
  readonly kind: 'gpu' | 'cpu';
  readonly name: string;
  readonly uuid: string | null;
  readonly driverVersion: string | null;
  readonly pciBusId: string | null;
  /** What nvidia-smi says against it: lost, gone, in MIG mode without a slice; null while it is listed as usable. */
  readonly listed: Problem | null;
  /** Null while it is in service. */
  readonly outage: Outage | null;
  /** True while a test shows whether it still works: nothing is started on it meanwhile. */
  readonly isBeingTested: boolean;
  /** By codec. A codec without a proof has not been tried yet. */
  readonly proofs: ReadonlyMap<VideoCodec, EncoderProof>;
  /** Null for a CPU, and until it was tried. */
  readonly decoding: DecodingProof | null;
  readonly telemetry: Telemetry | null;
}

export const BEING_CHECKED: Problem = {
  code: 'device-unavailable',
  message: 'The encoders of this device are still being checked.',
  nextStep: 'Wait a few seconds.',
};

export function cpuEntry(name: string): DeviceEntry {
  return {
    id: CPU_DEVICE_ID,
    kind: 'cpu',
    name,
    uuid: null,
    driverVersion: null,
    pciBusId: null,
    listed: null,
    outage: null,
    isBeingTested: false,
    proofs: new Map(),
    decoding: null,
    telemetry: null,
  };
}

const LOSSES: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['gpu-lost', 'no-nvidia-driver']);

/** Whether nvidia-smi says that the GPU is gone. It may be wrong: whether the GPU encodes decides. */
export function isListedAsLost(entry: Pick<DeviceEntry, 'listed'>): boolean {
  return entry.listed !== null && LOSSES.has(entry.listed.code);
}

/** Why nothing can be started on it, whatever its encoders can do; null when it is in service. */
export function faultOf(entry: DeviceEntry): Problem | null {
  return entry.outage?.problem ?? (isListedAsLost(entry) ? null : entry.listed);
}

export const CODECS: readonly VideoCodec[] = ['h264', 'hevc', 'av1'];

/** Encodes on a device, as far as there is a number. */
export type DeviceSessions = Omit<SessionView, 'limit'> & { readonly limit: number | null };

/** The device as everybody else sees it, its status derived from proofs and sessions. */
export function toDevice(entry: DeviceEntry, host: HostId, sessions: DeviceSessions): Device {
  const encoders = CODECS.flatMap((codec) => entry.proofs.get(codec) ?? []);
  return {
    id: entry.id,
    kind: entry.kind,
    name: entry.name,
    host,
    uuid: entry.uuid,
    ...statusOf(entry, encoders, sessions.free),
    retryAt: entry.outage === null ? null : new Date(entry.outage.retryAtMs).toISOString(),
    encoders,
    decoders: entry.decoding?.decoders ?? [],
    gpuPipeline: entry.decoding?.pipeline ?? null,
    sessions: { used: sessions.used, others: sessions.others, limit: sessions.limit },
    telemetry: entry.telemetry,
    driverVersion: entry.driverVersion,
  };
}

function statusOf(
  entry: DeviceEntry,
  encoders: readonly EncoderProof[],
  free: number,
): Pick<Device, 'status' | 'reason'> {
  const fault = faultOf(entry);
  if (fault) return { status: 'unavailable', reason: fault };
  if (encoders.some((proof) => proof.ok)) return { status: free <= 0 ? 'busy' : 'ready', reason: null };
  const full = encoders.find((proof) => proof.reason?.code === 'session-limit');
  if (full) return { status: 'busy', reason: full.reason };
  if (encoders.length < CODECS.length) return { status: 'unavailable', reason: BEING_CHECKED };
  return { status: 'unavailable', reason: encoders[0]?.reason ?? null };
}
