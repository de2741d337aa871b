import { z } from 'zod';
import { DeviceId } from './ids.ts';
import { VideoCodec } from './preset.ts';
import { Problem } from './problem.ts';

/** How an encode is told what to aim for. `two-pass` is for CPUs. */
export const BenchRate = z.enum(['quality', 'bit-rate', 'two-pass']);
export type BenchRate = z.infer<typeof BenchRate>;

export const BenchId = z.string().min(1).max(100).brand<'BenchId'>();
export type BenchId = z.infer<typeof BenchId>;

/** What to measure. What is left out is measured wherever the devices can. */
export const BenchRequest = z.strictObject({
  devices: z.array(DeviceId).min(1).optional(),
  codecs: z.array(VideoCodec).min(1).optional(),
  /** A short source and a few encoder presets only: a first look in about a minute per device. */
  quick: z.boolean().default(false),
});
export type BenchRequest = z.infer<typeof BenchRequest>;

/** One encode of the benchmark's source. Figures are null where they were not measured, and `error` or `vmafNote` says why. */
export const BenchResult = z.object({
  runId: BenchId,
  at: z.string(),
  deviceId: DeviceId,
  deviceName: z.string(),
  deviceKind: z.enum(['gpu', 'cpu']),
  /** Null for a CPU. */
  driverVersion: z.string().nullable(),
  buildId: z.string(),
  ffmpegVersion: z.string(),
  codec: VideoCodec,
  /** ffmpeg's name, e.g. `hevc_nvenc`. */
  encoder: z.string(),
  /** The encoder's own preset, e.g. `p5` or `medium`. */
  encoderPreset: z.string(),
  rate: BenchRate,
  /** The generated source by name and version: figures compare only between equal ones. */
  source: z.object({
    id: z.string(),
    width: z.number().int().positive(),
    height: z.number().int().positive(),
    frameCount: z.number().int().positive(),
    durationMs: z.number().positive(),
  }),
  /** Frames per second, from the start of the process to its end. */
  fps: z.number().nonnegative().nullable(),
  /** Media seconds per wall second. */
  speedX: z.number().nonnegative().nullable(),
  sizeBytes: z.number().int().nonnegative().nullable(),
  bitRateBps: z.number().nonnegative().nullable(),
  /** 0 to 100, mean over all frames. */
  vmaf: z.number().min(0).max(100).nullable(),
  vmafNote: z.string().nullable(),
  /** Mean power of the device while it encoded. */
  powerWatts: z.number().nonnegative().nullable(),
  error: Problem.nullable(),
});
export type BenchResult = z.infer<typeof BenchResult>;

export const BenchRun = z.object({
  id: BenchId,
  /** `waiting`: for encodes that run on the device to end. */
  status: z.enum(['waiting', 'running', 'done', 'cancelled', 'failed']),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  quick: z.boolean(),
  /** Encodes done, and planned in all. */
  done: z.number().int().nonnegative(),
  total: z.number().int().nonnegative(),
  /** What is measured or waited for now, in plain words; null when nothing is. */
  current: z.string().nullable(),
  results: z.array(BenchResult),
  /** Devices that were to be measured and were not, or not to the end, each with its reason. */
  skipped: z.array(z.object({ deviceId: DeviceId, deviceName: z.string(), reason: Problem })),
  /** Why the run as a whole failed. */
  error: Problem.nullable(),
});
export type BenchRun = z.infer<typeof BenchRun>;
