import type { MasteringDisplay, VideoStream } from '../../../common/source.ts';
import type { ProbedFrame, ProbedStream, SideData } from './ffprobe-output.ts';
import {
  type Fraction,
  findTag,
  knownText,
  parseClock,
  parseFraction,
  parseRational,
  secondsToMs,
  wholeNumber,
} from './ffprobe-values.ts';

type StreamBase = Pick<VideoStream, 'index' | 'codec' | 'language' | 'title' | 'isDefault' | 'isForced'>;

/** Above this a "frame rate" is the container's clock, which ffprobe reports when timestamps show no common step. */
const HIGHEST_FRAME_RATE = 300;

/**
 * A film's video as ffprobe tells it. `firstFrame` fills in what only a decoded frame knows; null when it was not read.
 * The caller has made sure that the size is known.
 */
export function videoStream(
  base: StreamBase,
  stream: ProbedStream,
  firstFrame: ProbedFrame | null,
): VideoStream {
  const rotation = rotationOf(stream);
  const sideData = [...stream.side_data_list, ...(firstFrame?.side_data_list ?? [])];
  const fieldOrder = fieldOrderOf(stream, firstFrame);
  const transfer = knownText(stream.color_transfer);
  return {
    kind: 'video',
    ...base,
    profile: stream.profile,
    width: Math.round(stream.width ?? 0),
    height: Math.round(stream.height ?? 0),
    ...rotation,
    sampleAspectRatio: parseFraction(stream.sample_aspect_ratio) ?? { num: 1, den: 1 },
    pixelFormat: knownText(stream.pix_fmt),
    bitDepth: bitDepthOf(stream),
    ...frameRateOf(stream, fieldOrder !== 'progressive'),
    fieldOrder,
    colorRange: knownText(stream.color_range),
    colorSpace: knownText(stream.color_space),
    colorTransfer: transfer,
    colorPrimaries: knownText(stream.color_primaries),
    dynamicRange: transfer === 'smpte2084' ? 'hdr10' : transfer === 'arib-std-b67' ? 'hlg' : 'sdr',
    masteringDisplay: firstOf(sideData, masteringDisplayOf),
    contentLight: firstOf(sideData, contentLightOf),
    frameCount: wholeNumber(
      stream.nb_frames ?? Number.parseInt(findTag(stream.tags, 'NUMBER_OF_FRAMES') ?? '', 10),
    ),
    bitRateBps: wholeNumber(stream.bit_rate ?? Number.parseInt(findTag(stream.tags, 'BPS') ?? '', 10)),
    durationMs: secondsToMs(stream.duration) ?? parseClock(findTag(stream.tags, 'DURATION')),
  };
}

/** Codecs whose frames may be interlaced though the container's header does not say so. */
const MAYBE_INTERLACED = new Set([
  'mpeg2video',
  'h264',
  'vc1',
  'dvvideo',
  'prores',
  'dnxhd',
  'mpeg4',
  'rawvideo',
  'huffyuv',
]);

/** Whether only a decoded frame can complete the picture: HDR10 metadata inside the stream, or an untold field order. */
export function needsFirstFrame(stream: ProbedStream): boolean {
  const lacksHdrMetadata =
    stream.color_transfer === 'smpte2084' && firstOf(stream.side_data_list, masteringDisplayOf) === null;
  const lacksFieldOrder = knownText(stream.field_order) === null && MAYBE_INTERLACED.has(stream.codec_name);
  return lacksHdrMetadata || lacksFieldOrder;
}

/** ffprobe counts counter-clockwise; players and people clockwise. A rotation that is no quarter turn does not change the size. */
function rotationOf(stream: ProbedStream): Pick<VideoStream, 'rotationDegrees' | 'rotationFrom'> {
  const matrix = stream.side_data_list.find((data) => data.side_data_type === 'Display Matrix');
  if (matrix) return { rotationDegrees: quarterTurn(-(matrix.rotation ?? 0)), rotationFrom: 'matrix' };
  const tag = Number.parseInt(findTag(stream.tags, 'rotate') ?? '', 10);
  if (Number.isFinite(tag)) return { rotationDegrees: quarterTurn(tag), rotationFrom: 'tag' };
  return { rotationDegrees: 0 };
}

function quarterTurn(degrees: number): number {
  const positive = ((degrees % 360) + 360) % 360;
  const nearest = Math.round(positive / 90) * 90;
  return Math.abs(positive - nearest) <= 1 ? nearest % 360 : 0;
}

function bitDepthOf(stream: ProbedStream): number {
  const format = stream.pix_fmt ?? '';
  const digits = /(?:p[024]?|y2|gray|ya|x2rgb|x2bgr|xyz)(9|10|12|14|16)(?:le|be)?$/.exec(format)?.[1];
  if (digits !== undefined) return Number(digits);
  if (/^(rgb|bgr)48|^(rgba|bgra)64/.test(format)) return 16;
  if (format.startsWith('nv20')) return 10;
  const told = stream.bits_per_raw_sample;
  return format === '' && told !== null && told >= 1 && told <= 16 ? Math.round(told) : 8;
}

function fieldOrderOf(stream: ProbedStream, frame: ProbedFrame | null): VideoStream['fieldOrder'] {
  switch (stream.field_order) {
    case 'progressive':
      return 'progressive';
    // The second letter is the field that is shown first.
    case 'tt':
    case 'bt':
      return 'top-first';
    case 'bb':
    case 'tb':
      return 'bottom-first';
    default:
      if (frame === null || frame.interlaced_frame === null) return 'unknown';
      if (frame.interlaced_frame === 0) return 'progressive';
      return frame.top_field_first === 1 ? 'top-first' : 'bottom-first';
  }
}

/**
 * The average rate, and whether frames come unevenly. `r_frame_rate` is the smallest step that fits all timestamps seen, so
 * for even timing both agree. Matroska rounds timestamps to the millisecond, hence the tolerance of 2 %; an interlaced
 * stream may tell its field rate, which is twice the frame rate.
 */
function frameRateOf(
  stream: ProbedStream,
  mayBeInterlaced: boolean,
): Pick<VideoStream, 'frameRate' | 'isVariableFrameRate'> {
  const average = plausibleRate(stream.avg_frame_rate);
  const step = plausibleRate(stream.r_frame_rate);
  // One frame has no rate.
  if (stream.nb_frames === 1) return { frameRate: average ?? step, isVariableFrameRate: false };
  // No common step: a screen recorder writes a frame whenever something moves.
  if (step === null)
    return { frameRate: average, isVariableFrameRate: parseFraction(stream.r_frame_rate) !== null };
  // Matroska without a stated rate: nothing vouches for the step that the first frames happen to have.
  if (average === null) return { frameRate: null, isVariableFrameRate: true };
  const ratio = step.num / step.den / (average.num / average.den);
  // Of two readings of the same rate the step is the clean one: 30000/1001 instead of 19001/634.
  if (near(ratio, 1)) return { frameRate: step, isVariableFrameRate: false };
  return { frameRate: average, isVariableFrameRate: !(mayBeInterlaced && near(ratio, 2)) };
}

function plausibleRate(text: string | undefined): Fraction | null {
  const rate = parseFraction(text);
  return rate !== null && rate.num / rate.den <= HIGHEST_FRAME_RATE ? rate : null;
}

function near(value: number, wanted: number): boolean {
  return Math.abs(value / wanted - 1) <= 0.02;
}

function firstOf<T>(list: readonly SideData[], read: (data: SideData) => T | null): T | null {
  for (const data of list) {
    const value = read(data);
    if (value !== null) return value;
  }
  return null;
}

function masteringDisplayOf(data: SideData): MasteringDisplay | null {
  if (data.side_data_type !== 'Mastering display metadata') return null;
  const chromaticity = (text: string | undefined) => scaled(text, 50_000);
  const luminance = (text: string | undefined) => scaled(text, 10_000);
  const values = {
    redX: chromaticity(data.red_x),
    redY: chromaticity(data.red_y),
    greenX: chromaticity(data.green_x),
    greenY: chromaticity(data.green_y),
    blueX: chromaticity(data.blue_x),
    blueY: chromaticity(data.blue_y),
    whiteX: chromaticity(data.white_point_x),
    whiteY: chromaticity(data.white_point_y),
    minLuminance: luminance(data.min_luminance),
    maxLuminance: luminance(data.max_luminance),
  };
  return isComplete(values) ? values : null;
}

function isComplete(values: Record<keyof MasteringDisplay, number | null>): values is MasteringDisplay {
  return Object.values(values).every((value) => value !== null);
}

function scaled(text: string | undefined, factor: number): number | null {
  const value = parseRational(text);
  return value === null ? null : Math.round(value * factor);
}

function contentLightOf(data: SideData): VideoStream['contentLight'] {
  if (data.side_data_type !== 'Content light level metadata') return null;
  if (data.max_content === null || data.max_average === null) return null;
  return { maxCll: Math.round(data.max_content), maxFall: Math.round(data.max_average) };
}
