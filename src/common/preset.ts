import { z } from 'zod';

export const Container = z.enum(['mp4', 'mkv', 'mov', 'webm']);
export type Container = z.infer<typeof Container>;

/** A codec family, not an encoder: which encoder makes it depends on the device. */
export const VideoCodec = z.enum(['h264', 'hevc', 'av1']);
export type VideoCodec = z.infer<typeof VideoCodec>;

/** Encoder effort: how long to search for a smaller file at the same quality. */
export const Effort = z.enum(['fastest', 'fast', 'medium', 'slow', 'slowest']);
export type Effort = z.infer<typeof Effort>;

export const RateControl = z.discriminatedUnion('mode', [
  /**
   * Constant quality. `quality` is on the x264/x265 CRF scale (lower is better, 18–28 is usual);
   * other encoders get the value that looks alike on their own scale.
   */
  z.object({ mode: z.literal('quality'), quality: z.number().min(0).max(51) }),
  /** Average bit rate in bits per second. Two passes where the encoder runs on a CPU. */
  z.object({
    mode: z.literal('bit-rate'),
    bitRateBps: z.number().int().min(10_000).max(1_000_000_000),
    twoPass: z.boolean().default(true),
  }),
]);
export type RateControl = z.infer<typeof RateControl>;

export const PresetId = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, 'a preset id is lower-case letters, digits, dots, dashes and underscores');
export type PresetId = z.infer<typeof PresetId>;

/** A named recipe. Never an ffmpeg string: every field means the same on every encoder. */
export const Preset = z.strictObject({
  id: PresetId,
  name: z.string().min(1).max(100),
  description: z.string().max(500).default(''),
  container: Container,
  video: z.strictObject({
    codec: VideoCodec,
    rate: RateControl,
    effort: Effort.default('medium'),
    bitDepth: z.union([z.literal(8), z.literal(10)]).default(8),
    /** The picture is scaled down to fit this box, never up. Null keeps the source's size. */
    maxWidth: z.number().int().min(16).max(16384).nullable().default(null),
    maxHeight: z.number().int().min(16).max(16384).nullable().default(null),
    /** Frames per second at the most; null keeps the source's timing, variable or not. */
    maxFrameRate: z.number().positive().max(1000).nullable().default(null),
    /** `auto` deinterlaces what ffprobe says is interlaced. */
    deinterlace: z.enum(['auto', 'always', 'never']).default('auto'),
    /** `keep` keeps HDR where codec and bit depth can hold it and tone-maps otherwise; `tone-map` always maps to SDR. */
    hdr: z.enum(['keep', 'tone-map']).default('keep'),
  }),
  audio: z.strictObject({
    /** `auto` copies a track that the container holds and players know, and converts the rest; `aac`/`opus` convert all. */
    mode: z.enum(['auto', 'aac', 'opus', 'none']).default('auto'),
    /** Bits per second and channel for converted tracks. */
    bitRatePerChannelBps: z.number().int().min(8_000).max(512_000).default(80_000),
    /** Mixed down to this many channels at the most; null keeps them all. */
    maxChannels: z.number().int().min(1).max(8).nullable().default(null),
  }),
  subtitles: z.enum(['keep', 'none']).default('keep'),
  chapters: z.boolean().default(true),
  metadata: z.boolean().default(true),
});
export type Preset = z.infer<typeof Preset>;
/** A preset as a person may write it: what has a default may be left out. */
export type PresetInput = z.input<typeof Preset>;

/** A preset and whether it came with the app. Built-in ones cannot be changed; duplicate one under a new id. */
export const PresetEntry = Preset.extend({ builtIn: z.boolean() });
export type PresetEntry = z.infer<typeof PresetEntry>;
