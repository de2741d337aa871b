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
  /** Whether it took B-frames here (asked of NVENC only); null when not tried. */
  bFrames: z.boolean().nullable(),
  /** The ffmpeg build that proved it. */
  buildId: z.string().nullable(),
});
export type EncoderProof = z.infer<typeof EncoderProof>;

export const Telemetry = z.object({
  at: z.string(),
  utilizationPercent: z.number().nullable(),
  encoderPercent: z.number().nullable(),
  decoderPercent: z.number().nullable(),
  memoryUsedBytes: z.number().nullable(),
  memoryTotalBytes: z.number().nullable(),
  temperatureCelsius: z.number().nullable(),
  powerWatts: z.number().nullable(),
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
  encoders: z.array(EncoderProof),
  /** Encodes running on it, other programs' included where they can be counted; limit null means not known. */
  sessions: z.object({ used: z.number().int().nonnegative(), limit: z.number().int().positive().nullable() }),
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
});
export type DeviceList = z.infer<typeof DeviceList>;

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
  /** Everything that is wrong, worst first. Empty when all is well. */
  problems: z.array(Problem),
});
export type DoctorReport = z.infer<typeof DoctorReport>;
