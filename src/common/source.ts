import { z } from 'zod';

/** HDR10 static metadata, in the units ffmpeg's encoders take: chromaticities × 50000, luminance × 10000. */
export const MasteringDisplay = z.object({
  redX: z.number(),
  redY: z.number(),
  greenX: z.number(),
  greenY: z.number(),
  blueX: z.number(),
  blueY: z.number(),
  whiteX: z.number(),
  whiteY: z.number(),
  minLuminance: z.number(),
  maxLuminance: z.number(),
});
export type MasteringDisplay = z.infer<typeof MasteringDisplay>;

const streamBase = {
  /** The stream's index in the file, as ffmpeg counts it. */
  index: z.number().int().nonnegative(),
  codec: z.string(),
  /** BCP 47 or ISO 639-2 tag as the file has it; null when the file says nothing. */
  language: z.string().nullable(),
  title: z.string().nullable(),
  isDefault: z.boolean(),
  isForced: z.boolean(),
};

export const VideoStream = z.object({
  kind: z.literal('video'),
  ...streamBase,
  profile: z.string().nullable(),
  /** Coded size in pixels, before rotation and pixel aspect. */
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** Clockwise degrees that a player turns the picture: 0, 90, 180 or 270. */
  rotationDegrees: z.number().int(),
  /** Where the rotation was read: ffmpeg follows a display matrix by itself, an old `rotate` tag it does not. */
  rotationFrom: z.enum(['matrix', 'tag']).optional(),
  /** Sample (pixel) aspect ratio as a fraction; 1/1 for square pixels or when unknown. */
  sampleAspectRatio: z.object({ num: z.number().int().positive(), den: z.number().int().positive() }),
  pixelFormat: z.string().nullable(),
  bitDepth: z.number().int().positive(),
  /** Average frame rate as a fraction; null when the file does not tell. */
  frameRate: z.object({ num: z.number().int().positive(), den: z.number().int().positive() }).nullable(),
  isVariableFrameRate: z.boolean(),
  fieldOrder: z.enum(['progressive', 'top-first', 'bottom-first', 'unknown']),
  colorRange: z.string().nullable(),
  colorSpace: z.string().nullable(),
  colorTransfer: z.string().nullable(),
  colorPrimaries: z.string().nullable(),
  /** `hdr10` for PQ, `hlg` for HLG, `sdr` for the rest. Dolby Vision with a compatible base layer counts as its base. */
  dynamicRange: z.enum(['sdr', 'hdr10', 'hlg']),
  masteringDisplay: MasteringDisplay.nullable(),
  /** Maximum content and frame-average light level in cd/m². */
  contentLight: z.object({ maxCll: z.number().int(), maxFall: z.number().int() }).nullable(),
  frameCount: z.number().int().nonnegative().nullable(),
  bitRateBps: z.number().int().nonnegative().nullable(),
  durationMs: z.number().nonnegative().nullable(),
});
export type VideoStream = z.infer<typeof VideoStream>;

export const AudioStream = z.object({
  kind: z.literal('audio'),
  ...streamBase,
  profile: z.string().nullable(),
  channels: z.number().int().positive(),
  channelLayout: z.string().nullable(),
  sampleRateHz: z.number().int().positive(),
  bitRateBps: z.number().int().nonnegative().nullable(),
  durationMs: z.number().nonnegative().nullable(),
});
export type AudioStream = z.infer<typeof AudioStream>;

export const SubtitleStream = z.object({
  kind: z.literal('subtitle'),
  ...streamBase,
  /** Text subtitles can be converted between formats; bitmap ones cannot become text. */
  isText: z.boolean(),
});
export type SubtitleStream = z.infer<typeof SubtitleStream>;

/** A still picture attached to the file: cover art. Never the film's video. */
export const CoverArtStream = z.object({ kind: z.literal('cover-art'), ...streamBase });
export type CoverArtStream = z.infer<typeof CoverArtStream>;

/** Fonts (Matroska attachments), timecode tracks, telemetry and whatever else a file may carry. */
export const OtherStream = z.object({
  kind: z.enum(['attachment', 'data']),
  ...streamBase,
  fileName: z.string().nullable(),
  mimeType: z.string().nullable(),
});
export type OtherStream = z.infer<typeof OtherStream>;

export const SourceStream = z.discriminatedUnion('kind', [
  VideoStream,
  AudioStream,
  SubtitleStream,
  CoverArtStream,
  OtherStream,
]);
export type SourceStream = z.infer<typeof SourceStream>;

export const Chapter = z.object({
  startMs: z.number().nonnegative(),
  endMs: z.number().nonnegative(),
  title: z.string().nullable(),
});
export type Chapter = z.infer<typeof Chapter>;

/** What ffprobe found in a source, in Gantry's terms. */
export const SourceInfo = z.object({
  path: z.string(),
  sizeBytes: z.number().int().nonnegative(),
  /** ISO 8601; with the size, tells whether the source changed since. */
  modifiedAt: z.string(),
  /** ffmpeg's demuxer name, e.g. `mov,mp4,m4a,3gp,3g2,mj2`. */
  container: z.string(),
  /** Null when neither the container nor a stream tells. */
  durationMs: z.number().nonnegative().nullable(),
  bitRateBps: z.number().int().nonnegative().nullable(),
  streams: z.array(SourceStream),
  chapters: z.array(Chapter),
  /** Container tags as the file has them. */
  tags: z.record(z.string(), z.string()),
});
export type SourceInfo = z.infer<typeof SourceInfo>;

export function streamsOf<K extends SourceStream['kind']>(
  info: SourceInfo,
  kind: K,
): Extract<SourceStream, { kind: K }>[] {
  return info.streams.filter((s): s is Extract<SourceStream, { kind: K }> => s.kind === kind);
}
