import { z } from 'zod';
import { DeviceId, HostId } from './ids.ts';
import { VideoCodec } from './preset.ts';
import { Problem } from './problem.ts';

/** One encoder, proven (or not) by a real test encode on the device. */
export const EncoderProof = z.object({
  codec: VideoCodec,
  /** ffmpeg's name, e.g. `hevc_nvenc`. */
  encoder: z.string(),
  ok: z.boolean(),
  /** Why not; null when ok. `session-limit` means busy, not unable. */
  reason: Problem.nullable(),
  /** Whether the encoder took 10-bit frames here; null when not tried. */
  tenBit: z.boolean().nullable(),
  /** Why it refused 10-bit frames; null when it took them or was not asked. */
  tenBitReason: Problem.nullable(),
  /** Whether it took B-frames here (asked of NVENC only); null when not tried. */
  bFrames: z.boolean().nullable(),
  bFramesReason: Problem.nullable(),
  /** The ffmpeg build that proved it. */
  buildId: z.string().nullable(),
  /** Why a better build was passed over, e.g. that it is too new for the driver; null when the best one is used. */
  buildNote: Problem.nullable(),
});
export type EncoderProof = z.infer<typeof EncoderProof>;

/** A codec of sources, by ffmpeg's name, that GPUs may decode. */
export const GpuDecodeCodec = z.enum(['h264', 'hevc', 'av1', 'vp9', 'mpeg2video']);
export type GpuDecodeCodec = z.infer<typeof GpuDecodeCodec>;

/** One decoder of a GPU, proven (or not) by decoding a few real frames on it. */
export const DecoderProof = z.object({
  codec: GpuDecodeCodec,
  ok: z.boolean(),
  /** Why not; null when ok. */
  reason: Problem.nullable(),
  /** Whether 10-bit sources work too; null when not tried. */
  tenBit: z.boolean().nullable(),
  /** The ffmpeg build that proved it. */
  buildId: z.string().nullable(),
});
export type DecoderProof = z.infer<typeof DecoderProof>;

/** Whether frames were seen to stay on the GPU from its decoder over its scaler to its encoder. */
export const GpuPipelineProof = z.object({
  ok: z.boolean(),
  /** Why not; null when ok. The GPU can still encode what the CPU decodes. */
  reason: Problem.nullable(),
  buildId: z.string().nullable(),
});
export type GpuPipelineProof = z.infer<typeof GpuPipelineProof>;

/** One reading of a device. A value that the device does not tell is null. */
export const Telemetry = z.object({
  at: z.string(),
  utilizationPercent: z.number().nullable(),
  encoderPercent: z.number().nullable(),
  decoderPercent: z.number().nullable(),
  memoryUsedBytes: z.number().nullable(),
  memoryTotalBytes: z.number().nullable(),
  temperatureCelsius: z.number().nullable(),
  powerWatts: z.number().nullable(),
  /** Encodes of all programs on a GPU, as its driver counts them. */
  encoderSessions: z.number().int().nonnegative().nullable(),
  /** Of the disk that holds Gantry's home; told with the CPU. */
  diskUsedBytes: z.number().nullable(),
  diskTotalBytes: z.number().nullable(),
});
export type Telemetry = z.infer<typeof Telemetry>;

export const Device = z.object({
  id: DeviceId,
  kind: z.enum(['gpu', 'cpu']),
  name: z.string(),
  host: HostId,
  /** NVIDIA's UUID; null for a CPU. */
  uuid: z.string().nullable(),
  /** `busy`: able, with no session free. `unavailable`: cannot encode, `reason` says why. */
  status: z.enum(['ready', 'busy', 'unavailable']),
  reason: Problem.nullable(),
  /** When a GPU that failed is tried again (ISO 8601); null when it is in service or cannot come back by itself. */
  retryAt: z.string().nullable(),
  encoders: z.array(EncoderProof),
  /** What a GPU decodes; empty for a CPU, and until it was tried. */
  decoders: z.array(DecoderProof),
  /** Null for a CPU, and until it was tried. */
  gpuPipeline: GpuPipelineProof.nullable(),
  sessions: z.object({
    /** Encodes running on it, other programs' included where they can be counted. */
    used: z.number().int().nonnegative(),
    /** Encodes of other programs among them. */
    others: z.number().int().nonnegative(),
    /** Null means not known. */
    limit: z.number().int().positive().nullable(),
  }),
  telemetry: Telemetry.nullable(),
  /** Driver version of a GPU; null for a CPU. */
  driverVersion: z.string().nullable(),
});
export type Device = z.infer<typeof Device>;

/** Devices, and one calm sentence about GPUs where there are none. */
export const DeviceList = z.object({
  devices: z.array(Device),
  /** Why no GPU is listed, e.g. `no-nvidia-driver`; null when at least one is. */
  gpuNotice: Problem.nullable(),
  /** Encodes on all GPUs of a machine together, for drivers that limit these; limit null means none is known. */
  gpuSessions: z.object({
    used: z.number().int().nonnegative(),
    limit: z.number().int().positive().nullable(),
  }),
});
export type DeviceList = z.infer<typeof DeviceList>;

/** Readings of one device, oldest first. A gap in the readings is a gap in the points. */
export const TelemetryHistory = z.object({
  deviceId: DeviceId,
  /** Milliseconds that one point stands for; its values are means over these. */
  resolutionMs: z.number().positive(),
  points: z.array(Telemetry),
});
export type TelemetryHistory = z.infer<typeof TelemetryHistory>;

/** An ffmpeg found on a host, and what it can do. */
export const FfmpegBuild = z.object({
  /** Short hash of path, version line and configuration: a new build has a new id. */
  id: z.string(),
  ffmpegPath: z.string(),
  /** The ffprobe that goes with it, or the best one found elsewhere; null when there is none. */
  ffprobePath: z.string().nullable(),
  version: z.string(),
  /** Major version as a number where it is a release; null for dated snapshots. */
  majorVersion: z.number().int().nullable(),
  origin: z.enum(['configured', 'shipped', 'path', 'npm']),
  encoders: z.array(z.string()),
  filters: z.array(z.string()),
  /** Set when the build cannot be used at all. */
  problem: Problem.nullable(),
});
export type FfmpegBuild = z.infer<typeof FfmpegBuild>;

/** What `doctor` reports. */
export const DoctorReport = z.object({
  ok: z.boolean(),
  gantryVersion: z.string(),
  nodeVersion: z.string(),
  platform: z.string(),
  home: z.string(),
  builds: z.array(FfmpegBuild),
  devices: z.array(Device),
  gpuNotice: Problem.nullable(),
  gpuSessions: DeviceList.shape.gpuSessions,
  /** Everything that is wrong, worst first. Empty when all is well. */
  problems: z.array(Problem),
});
export type DoctorReport = z.infer<typeof DoctorReport>;
