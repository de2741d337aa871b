import { z } from 'zod';
import { DeviceId, JobId } from './ids.ts';
import { Preset, PresetId } from './preset.ts';
import { Problem } from './problem.ts';

export const JobStatus = z.enum(['queued', 'running', 'paused', 'done', 'failed', 'cancelled']);
export type JobStatus = z.infer<typeof JobStatus>;

/**
 * Where a job may run: `auto` (a GPU; the CPU where no GPU can, and never in silence), `gpu` (waits for one, never the CPU),
 * `cpu`, or a device's id (waits for that one).
 */
export const DeviceChoice = z.union([z.literal('auto'), z.literal('gpu'), z.literal('cpu'), DeviceId]);
export type DeviceChoice = z.infer<typeof DeviceChoice>;

export const Progress = z.object({
  /** 0 to 1. */
  fraction: z.number().min(0).max(1),
  /** Frames encoded per second; null until measured. */
  fps: z.number().nonnegative().nullable(),
  /** Speed relative to playback; null until measured. */
  speedX: z.number().nonnegative().nullable(),
  /** Milliseconds to the end of this job, also of one that waits near the head of the queue; null while not known. */
  etaMs: z.number().nonnegative().nullable(),
  /** Bytes of output written so far; absent until measured. */
  sizeBytes: z.number().int().nonnegative().optional(),
});
export type Progress = z.infer<typeof Progress>;

/** What happened to a stream, chapter list or tag that could not be kept as it was. */
export const StreamNote = z.object({
  /** The source stream's index; null for chapters and tags. */
  streamIndex: z.number().int().nonnegative().nullable(),
  kind: z.enum(['video', 'audio', 'subtitle', 'cover-art', 'attachment', 'data', 'chapters', 'metadata']),
  action: z.enum(['converted', 'dropped']),
  /** A plain sentence: what and why. */
  reason: z.string(),
});
export type StreamNote = z.infer<typeof StreamNote>;

export const JobOutput = z.object({
  path: z.string(),
  sizeBytes: z.number().int().nonnegative(),
  durationMs: z.number().nonnegative(),
  /** Everything that was converted or could not be kept. */
  notes: z.array(StreamNote),
});
export type JobOutput = z.infer<typeof JobOutput>;

export const Attempt = z.object({
  device: DeviceId,
  /** What the device was called then: it may be gone by now. */
  deviceName: z.string(),
  /** The command that ran, program first. Empty when the attempt failed before one was started. */
  argv: z.array(z.string()),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  exitCode: z.number().int().nullable(),
  error: Problem.nullable(),
  /** Why the CPU was given what a GPU was wanted for; null when nothing stood in for anything. */
  fallback: Problem.nullable(),
});
export type Attempt = z.infer<typeof Attempt>;

export const JobMetadata = z.object({
  /** Whether a GPU did the encoding. */
  gpuEnabled: z.boolean(),
  gpuDevice: z.string().nullable(),
  /** The GPU's encoder, e.g. `h264_nvenc`. */
  gpuCodec: z.string().nullable(),
  /** True when a GPU was wanted (`auto`) and the CPU did the work. */
  gpuFallback: z.boolean(),
  fallbackReason: z.string().nullable(),
  /** Wall time of the encode, in seconds. */
  processingTimeSeconds: z.number().nonnegative(),
  /** Media seconds per wall second. */
  processingSpeed: z.number().nonnegative(),
});
export type JobMetadata = z.infer<typeof JobMetadata>;

/** What stands in a job's way right now. */
export const Job = z.object({
  id: JobId,
  status: JobStatus,
  /** Absolute path. */
  source: z.string(),
  sourceSizeBytes: z.number().int().nonnegative().nullable(),
  sourceDurationMs: z.number().nonnegative().nullable(),
  /** Short text for a list, e.g. `1920×1080 h264, 2 audio`; null until inspected. */
  sourceSummary: z.string().nullable(),
  /** The preset's id at the time of adding; the recipe itself was copied then. */
  preset: PresetId,
  /** What was asked for. */
  device: DeviceChoice,
  /** Where it runs or ran last; null before the first attempt. */
  deviceId: DeviceId.nullable(),
  priority: z.number().int(),
  progress: Progress,
  /** Why a queued job is not running yet; null when it runs or has ended. */
  waitingFor: z.string().nullable(),
  /** Null until done. */
  output: JobOutput.nullable(),
  error: Problem.nullable(),
  attempts: z.array(Attempt),
  metadata: JobMetadata.nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
});
export type Job = z.infer<typeof Job>;

export const OnExisting = z.enum(['rename', 'overwrite', 'skip', 'fail']);
export type OnExisting = z.infer<typeof OnExisting>;

/** Where a job's output goes and what it is called. */
export const OutputChoice = z.strictObject({
  /** Folder, absolute; null puts it beside the source. Made when missing. */
  folder: z.string().nullable().default(null),
  /** File name without extension. `{name}` source's name, `{preset}`, `{codec}`, `{height}`, `{date}`. */
  template: z.string().min(1).max(200).default('{name}-{preset}'),
  /**
   * When the name is taken: `rename` appends ` (2)`; `overwrite` replaces the old file once the new one is complete;
   * `skip` ends the job as cancelled; `fail` ends it as failed.
   */
  onExisting: OnExisting.default('rename'),
});
export type OutputChoice = z.infer<typeof OutputChoice>;

/** What a new job says of its output; what it leaves out comes from the settings. */
export const OutputPreference = z.strictObject({
  folder: OutputChoice.shape.folder.unwrap().optional(),
  template: OutputChoice.shape.template.unwrap().optional(),
  onExisting: OnExisting.optional(),
});
export type OutputPreference = z.infer<typeof OutputPreference>;

/** Settings of one job on top of its preset, e.g. `{ "video.effort": "fast" }`. */
export const PresetOverrides = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
export type PresetOverrides = z.infer<typeof PresetOverrides>;

export const NewJob = z.strictObject({
  /** Absolute path of a file, or of a folder, which is walked. */
  source: z.string().min(1).max(32_768),
  /** The settings' default preset when left out. */
  preset: PresetId.optional(),
  overrides: PresetOverrides.default({}),
  device: DeviceChoice.default('auto'),
  output: OutputPreference.default({}),
  /** Higher runs earlier. */
  priority: z.number().int().min(-1000).max(1000).default(0),
  /** Added but held until resumed. */
  paused: z.boolean().default(false),
});
export type NewJob = z.infer<typeof NewJob>;
export type NewJobInput = z.input<typeof NewJob>;

export const QueueSummary = z.object({
  counts: z.record(JobStatus, z.number().int().nonnegative()),
  total: z.number().int().nonnegative(),
  /** True while no new work starts. */
  isPaused: z.boolean(),
  /** Milliseconds until the queue is empty; null while not known. */
  etaMs: z.number().nonnegative().nullable(),
});
export type QueueSummary = z.infer<typeof QueueSummary>;

/** What the queue keeps of a job beyond what people are shown. */
export const JobRecipe = z.object({ preset: Preset, output: OutputChoice });
export type JobRecipe = z.infer<typeof JobRecipe>;
