import type { Problem } from '../../common/problem.ts';
import { withoutMarks } from './failure-rule.ts';

/** What an encode may do without on a GPU that lacks it. The bit depth is none of these: it is what the preset promised. */
export type NvencFeature = 'b-frames' | 'b-frame-references';

export interface MissingCapability {
  /** ffmpeg's words, without the `[h264_nvenc @ 0x…]` before them. Printed as warnings, which `-v error` hides. */
  readonly pattern: RegExp;
  readonly message: string;
  /** What to leave out; absent when the encode cannot do without. */
  readonly feature?: NvencFeature;
}

export const MISSING_CAPABILITIES: readonly MissingCapability[] = [
  { pattern: /^Codec not supported/, message: 'This GPU cannot encode this codec.' },
  {
    pattern: /^10 bit encode not supported/,
    message: 'This GPU cannot encode 10-bit pictures with this codec.',
  },
  {
    pattern: /^(?:(?:Each|Middle) )?B frames as references are not supported/,
    message: 'This GPU cannot use B-frames as references.',
    feature: 'b-frame-references',
  },
  {
    pattern: /^Max B-frames \d+ exceed \d+/,
    message: 'This GPU does not support that many B-frames with this codec.',
    feature: 'b-frames',
  },
  {
    pattern: /^Width \d+ exceeds \d+/,
    message: 'The picture is wider than this GPU can encode with this codec.',
  },
  {
    pattern: /^Height \d+ exceeds \d+/,
    message: 'The picture is higher than this GPU can encode with this codec.',
  },
  {
    pattern: /^YUV4[24][24]P? (?:encode )?not supported/,
    message: 'This GPU cannot encode this chroma format.',
  },
  { pattern: /^Lossless encoding not supported/, message: 'This GPU cannot encode without loss.' },
  { pattern: /^RC lookahead not supported/, message: 'This GPU has no rate-control lookahead.' },
  { pattern: /^Temporal AQ not supported/, message: 'This GPU has no temporal adaptive quantization.' },
  { pattern: /^Weighted Prediction not supported/i, message: 'This GPU has no weighted prediction.' },
  { pattern: /^CABAC entropy coding not supported/, message: 'This GPU has no CABAC entropy coding.' },
  {
    pattern: /^Interlaced encoding is not supported/,
    message: 'This GPU cannot encode interlaced pictures.',
  },
  {
    pattern:
      /^(?:Multiple reference frames are|(?:Single slice )?[Ii]ntra refresh|[Cc]onstrained encoding) not supported/,
    message: 'This GPU lacks an encoder feature.',
  },
];

/** What the same encode may leave out so that it fits the GPU which refused it; null when that would not help. */
export function featureToAvoid({ code, detail }: Problem): NvencFeature | null {
  if (code !== 'capability-missing' || detail === undefined) return null;
  const line = withoutMarks(detail);
  return MISSING_CAPABILITIES.find(({ pattern }) => pattern.test(line))?.feature ?? null;
}
