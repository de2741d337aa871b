import { z } from 'zod';
import { OutputChoice, OutputPreference } from './job.ts';
import { PresetId } from './preset.ts';

export const Settings = z.strictObject({
  /** The preset that a new job gets when none is named. */
  defaultPreset: PresetId.default('h264'),
  output: OutputChoice.prefault({}),
  /** Encodes at once on this machine's CPU; null chooses by the number of cores. */
  cpuSlots: z.number().int().min(1).max(64).nullable().default(null),
  /**
   * What becomes of `auto` jobs while GPUs that can do them are failing: `use-cpu` gives them to the CPU, `hold` lets them
   * wait for a GPU. A machine on which no GPU ever could is not held up by it.
   */
  onGpuFailure: z.enum(['use-cpu', 'hold']).default('use-cpu'),
  /** Whether the CPU takes `auto` jobs beside working GPUs, where it would have them done sooner than these. */
  cpuBesideGpus: z.boolean().default(false),
  /** An encode without progress for this long is stopped and tried again. */
  stallTimeoutSeconds: z.number().int().min(5).max(3600).default(120),
  /** An ffmpeg to prefer over all others; null discovers. */
  ffmpegPath: z.string().nullable().default(null),
  ffprobePath: z.string().nullable().default(null),
});
export type Settings = z.infer<typeof Settings>;

/** Only what is named changes. */
export const SettingsPatch = z.strictObject({
  defaultPreset: PresetId.optional(),
  output: OutputPreference.optional(),
  cpuSlots: Settings.shape.cpuSlots.unwrap().optional(),
  onGpuFailure: Settings.shape.onGpuFailure.unwrap().optional(),
  cpuBesideGpus: Settings.shape.cpuBesideGpus.unwrap().optional(),
  stallTimeoutSeconds: Settings.shape.stallTimeoutSeconds.unwrap().optional(),
  ffmpegPath: Settings.shape.ffmpegPath.unwrap().optional(),
  ffprobePath: Settings.shape.ffprobePath.unwrap().optional(),
});
export type SettingsPatch = z.infer<typeof SettingsPatch>;
