import { z } from 'zod';

/** ffprobe prints numbers as numbers here and as text there, and `N/A` for what it does not know. */
const NumberLike = z
  .union([z.number(), z.string()])
  .optional()
  .transform((value) => {
    const number = typeof value === 'string' ? Number.parseFloat(value) : value;
    return number === undefined || !Number.isFinite(number) ? null : number;
  });

const Text = z.string().optional();
const Tags = z.record(z.string(), z.string()).default({});
const Flag = z.number().default(0);

export const SideData = z.object({
  side_data_type: z.string().default(''),
  rotation: NumberLike,
  red_x: Text,
  red_y: Text,
  green_x: Text,
  green_y: Text,
  blue_x: Text,
  blue_y: Text,
  white_point_x: Text,
  white_point_y: Text,
  min_luminance: Text,
  max_luminance: Text,
  max_content: NumberLike,
  max_average: NumberLike,
});
export type SideData = z.infer<typeof SideData>;

export const ProbedStream = z.object({
  index: z.number().int().nonnegative(),
  codec_type: z.string().default('unknown'),
  codec_name: z.string().default('unknown'),
  codec_tag_string: z.string().default(''),
  profile: z
    .union([z.string(), z.number()])
    .optional()
    .transform((value) => (value === undefined || value === 'unknown' ? null : String(value))),
  width: NumberLike,
  height: NumberLike,
  sample_aspect_ratio: Text,
  pix_fmt: Text,
  bits_per_raw_sample: NumberLike,
  field_order: Text,
  color_range: Text,
  color_space: Text,
  color_transfer: Text,
  color_primaries: Text,
  r_frame_rate: Text,
  avg_frame_rate: Text,
  channels: NumberLike,
  channel_layout: Text,
  sample_rate: NumberLike,
  duration: NumberLike,
  bit_rate: NumberLike,
  nb_frames: NumberLike,
  nb_read_packets: NumberLike,
  disposition: z
    .object({ default: Flag, forced: Flag, attached_pic: Flag })
    .default({ default: 0, forced: 0, attached_pic: 0 }),
  tags: Tags,
  side_data_list: z.array(SideData).default([]),
});
export type ProbedStream = z.infer<typeof ProbedStream>;

/** What `ffprobe -show_format -show_streams -show_chapters -of json` prints, as far as it is used. */
export const ProbedFile = z.object({
  streams: z.array(ProbedStream).default([]),
  chapters: z.array(z.object({ start_time: NumberLike, end_time: NumberLike, tags: Tags })).default([]),
  format: z
    .object({
      format_name: z.string().default(''),
      start_time: NumberLike,
      duration: NumberLike,
      bit_rate: NumberLike,
      tags: Tags,
    })
    .optional(),
});
export type ProbedFile = z.infer<typeof ProbedFile>;

/** What `ffprobe -show_frames -read_intervals %+#1` prints, as far as it is used. */
export const ProbedFrames = z.object({
  frames: z
    .array(
      z.object({
        interlaced_frame: NumberLike,
        top_field_first: NumberLike,
        side_data_list: z.array(SideData).default([]),
      }),
    )
    .default([]),
});
export type ProbedFrame = z.infer<typeof ProbedFrames>['frames'][number];
