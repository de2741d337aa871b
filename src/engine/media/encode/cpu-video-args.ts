import { assertNever } from '../../../common/assert-never.ts';
import type { Effort } from '../../../common/preset.ts';
import type { MasteringDisplay } from '../../../common/source.ts';
import type { CpuEncoder } from '../encode-request.ts';
import { keyValueList } from './option-list.ts';
import type { VideoRequest } from './video-request.ts';

/** Which pass of a two-pass encode; null for the only one. */
export type Pass = 1 | 2 | null;

/** Speed presets that take about the same share of time on each encoder. */
const EFFORT: Record<CpuEncoder, Record<Effort, string>> = {
  libx264: { fastest: 'veryfast', fast: 'fast', medium: 'medium', slow: 'slow', slowest: 'veryslow' },
  libx265: { fastest: 'superfast', fast: 'fast', medium: 'medium', slow: 'slow', slowest: 'veryslow' },
  libsvtav1: { fastest: '12', fast: '10', medium: '8', slow: '6', slowest: '4' },
};

/** Whether the encoder gains from two passes. SVT-AV1 plans ahead within one. */
export function hasTwoPasses(encoder: CpuEncoder): boolean {
  return encoder !== 'libsvtav1';
}

/** Encoder, effort, rate and the encoder's own parameters, for the first video of the output. */
export function cpuVideoArgs(request: VideoRequest, encoder: CpuEncoder, pass: Pass): string[] {
  const speed = request.encoderPreset ?? EFFORT[encoder][request.preset.video.effort];
  return [
    ...['-c:v:0', encoder, '-preset:v:0', speed],
    ...rateArgs(request, encoder),
    // AV1 frames are stored in the order they are shown.
    ...(request.isSparse && encoder !== 'libsvtav1' ? ['-bf:v:0', '0'] : []),
    ...encoderParameters(request, encoder, pass),
  ];
}

function rateArgs({ preset }: VideoRequest, encoder: CpuEncoder): string[] {
  const { rate } = preset.video;
  if (rate.mode === 'quality') {
    return ['-crf:v:0', String(encoder === 'libsvtav1' ? av1Quality(rate.quality) : rate.quality)];
  }
  const average = ['-b:v:0', String(rate.bitRateBps)];
  // SVT-AV1 takes a ceiling with constant quality only.
  if (encoder === 'libsvtav1') return average;
  return [...average, ...ceilingArgs(rate.bitRateBps)];
}

/**
 * A ceiling of twice the average over two seconds, so that a hard scene may take what it needs and a player's buffer still
 * never runs dry.
 */
export function ceilingArgs(bitRateBps: number): string[] {
  return ['-maxrate:v:0', String(bitRateBps * 2), '-bufsize:v:0', String(bitRateBps * 4)];
}

/**
 * AV1's scale runs from 0 to 63. Looks alike: CRF 18 of x264 and 23, 23 and 30, 28 and 37. Whole numbers, since SVT-AV1
 * before 3.0 takes no others.
 */
export function av1Quality(crf: number): number {
  return Math.min(63, Math.max(1, Math.round(crf * 1.4 - 2)));
}

function encoderParameters(request: VideoRequest, encoder: CpuEncoder, pass: Pass): string[] {
  switch (encoder) {
    case 'libx264':
      return [
        ...flag('-x264-params:v:0', frameRateHint(request)),
        ...(pass === null ? [] : ['-pass:v:0', String(pass), '-passlogfile:v:0', request.statsPath]),
      ];
    case 'libx265':
      return flag('-x265-params:v:0', [
        ['log-level', 'error'],
        ...frameRateHint(request),
        ...x265Hdr(request),
        // ffmpeg's own -pass tells x265 nothing of where the statistics go.
        ...(pass === null ? [] : [['pass', String(pass)] as const, ['stats', request.statsPath] as const]),
      ]);
    case 'libsvtav1':
      return flag('-svtav1-params:v:0', [...svtFrameRateHint(request), ...svtHdr(request)]);
    default:
      return assertNever(encoder);
  }
}

type Parameter = readonly [key: string, value: string];

function flag(name: string, parameters: readonly Parameter[]): string[] {
  return parameters.length === 0 ? [] : [name, keyValueList(parameters)];
}

/** What uneven timing counts as where its average is not known. */
const USUAL_RATE = { num: 30, den: 1 };

/**
 * With uneven timing ffmpeg hands over the smallest step as the rate, which may be a thousand frames a second. The encoder
 * would refuse it, or choose a level that no player has; times of frames do not depend on it.
 */
function rateHint({ isVariableFrameRate, video }: VideoRequest): { num: number; den: number } | null {
  return isVariableFrameRate ? (video.frameRate ?? USUAL_RATE) : null;
}

function frameRateHint(request: VideoRequest): Parameter[] {
  const rate = rateHint(request);
  return rate === null ? [] : [['fps', `${rate.num}/${rate.den}`]];
}

function svtFrameRateHint(request: VideoRequest): Parameter[] {
  const rate = rateHint(request);
  if (rate === null) return [];
  return [
    ['fps-num', String(rate.num)],
    ['fps-denom', String(rate.den)],
  ];
}

/** HDR10 in every key frame, so that a player that starts in the middle knows it too. */
function x265Hdr({ isHdr, video }: VideoRequest): Parameter[] {
  if (!isHdr || video.dynamicRange !== 'hdr10') return [];
  const { masteringDisplay: display, contentLight: light } = video;
  return [
    ['hdr10', '1'],
    ['hdr10-opt', '1'],
    ['repeat-headers', '1'],
    ...(display === null ? [] : [['master-display', x265MasterDisplay(display)] as const]),
    ...(light === null ? [] : [['max-cll', `${light.maxCll},${light.maxFall}`] as const]),
  ];
}

function x265MasterDisplay(m: MasteringDisplay): string {
  const point = (x: number, y: number) => `(${x},${y})`;
  return [
    `G${point(m.greenX, m.greenY)}B${point(m.blueX, m.blueY)}R${point(m.redX, m.redY)}`,
    `WP${point(m.whiteX, m.whiteY)}L${point(m.maxLuminance, m.minLuminance)}`,
  ].join('');
}

/** SVT-AV1 takes real numbers where x265 takes whole ones. */
function svtHdr({ isHdr, video }: VideoRequest): Parameter[] {
  if (!isHdr || video.dynamicRange !== 'hdr10') return [];
  const { masteringDisplay: m, contentLight: light } = video;
  const point = (x: number, y: number) => `(${x / 50_000},${y / 50_000})`;
  const display =
    m === null
      ? null
      : [
          `G${point(m.greenX, m.greenY)}B${point(m.blueX, m.blueY)}R${point(m.redX, m.redY)}`,
          `WP${point(m.whiteX, m.whiteY)}L(${m.maxLuminance / 10_000},${m.minLuminance / 10_000})`,
        ].join('');
  return [
    ...(display === null ? [] : [['mastering-display', display] as const]),
    ...(light === null ? [] : [['content-light', `${light.maxCll},${light.maxFall}`] as const]),
  ];
}
