import type { Preset } from '../../../common/preset.ts';
import type { VideoStream } from '../../../common/source.ts';
import type { Size } from './picture-size.ts';

/** How an encoded picture says that its numbers mean colours. Null where the source does not say. */
export interface ColorTags {
  readonly primaries: string | null;
  readonly transfer: string | null;
  readonly matrix: string | null;
}

export interface ColorPlan {
  /** `keep` passes colours on as they are; `tone-map` makes SDR of HDR; `from-rgb` converts to BT.709. */
  readonly conversion: 'keep' | 'tone-map' | 'from-rgb';
  /** The source uses all values (0–255), the output the video range (16–235) that players expect. */
  readonly isFullRange: boolean;
  readonly tags: ColorTags;
}

const BT709: ColorTags = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709' };
const SMPTE170M: ColorTags = { primaries: 'smpte170m', transfer: 'smpte170m', matrix: 'smpte170m' };
const BT470BG: ColorTags = { primaries: 'bt470bg', transfer: 'smpte170m', matrix: 'bt470bg' };

/** Names that ffmpeg's `-color_primaries`, `-color_trc` and `-colorspace` take; ffprobe knows some more. */
const PRIMARIES = new Set(
  'bt709 bt470m bt470bg smpte170m smpte240m film bt2020 smpte428 smpte431 smpte432'.split(' '),
);
const TRANSFERS = new Set(
  'bt709 gamma22 gamma28 smpte170m smpte240m linear iec61966-2-1 bt2020-10 bt2020-12 smpte2084 arib-std-b67'.split(
    ' ',
  ),
);
const MATRICES = new Set('bt709 fcc bt470bg smpte170m smpte240m ycgco bt2020nc bt2020c'.split(' '));
/** Transfers that ffprobe calls by another name than the option. */
const TRANSFER_ALIASES: Readonly<Record<string, string>> = { bt470m: 'gamma22', bt470bg: 'gamma28' };

const RGB_FORMAT = /^(rgb|bgr|gbr|argb|abgr|0rgb|0bgr|x2rgb|x2bgr|pal8|mono)/;

/** Whether this preset's output can say that it is HDR: players know it in 10-bit HEVC and AV1 only. */
export function keepsHdr(preset: Preset, video: VideoStream): boolean {
  const { codec, bitDepth, hdr } = preset.video;
  return video.dynamicRange !== 'sdr' && hdr === 'keep' && bitDepth === 10 && codec !== 'h264';
}

/** What becomes of the colours. */
export function planColor(preset: Preset, video: VideoStream, output: Size): ColorPlan {
  const isFullRange = video.colorRange === 'pc' || (video.pixelFormat?.startsWith('yuvj') ?? false);
  if (video.dynamicRange !== 'sdr' && !keepsHdr(preset, video)) {
    return { conversion: 'tone-map', isFullRange, tags: BT709 };
  }
  if (video.colorSpace === 'gbr' || RGB_FORMAT.test(video.pixelFormat ?? '')) {
    return { conversion: 'from-rgb', isFullRange: false, tags: BT709 };
  }
  const transfer = video.colorTransfer ?? '';
  const told: ColorTags = {
    primaries: known(PRIMARIES, video.colorPrimaries),
    transfer: known(TRANSFERS, TRANSFER_ALIASES[transfer] ?? transfer),
    matrix: known(MATRICES, video.colorSpace),
  };
  return {
    conversion: 'keep',
    isFullRange,
    tags: told.matrix === null ? withGuess(told, video, output) : told,
  };
}

function known(names: ReadonlySet<string>, name: string | null): string | null {
  return name !== null && names.has(name) ? name : null;
}

/**
 * Players guess the colours of an untagged picture by its size: BT.709 for HD, BT.601 for less. When scaling moves the picture
 * across that line the guess would change, so the source's is written down.
 */
function withGuess(told: ColorTags, video: VideoStream, output: Size): ColorTags {
  if (isHd(video) === isHd(output)) return told;
  if (isHd(video)) return BT709;
  return video.height === 576 || video.height === 288 ? BT470BG : SMPTE170M;
}

function isHd(size: Size): boolean {
  const [short, long] = [Math.min(size.width, size.height), Math.max(size.width, size.height)];
  return short > 576 || long > 1024;
}

/** The tags as ffmpeg's options for the first video of the output. */
export function colorArgs({ tags }: ColorPlan): string[] {
  return [
    ...['-color_range:v:0', 'tv'],
    ...(tags.primaries === null ? [] : ['-color_primaries:v:0', tags.primaries]),
    ...(tags.transfer === null ? [] : ['-color_trc:v:0', tags.transfer]),
    ...(tags.matrix === null ? [] : ['-colorspace:v:0', tags.matrix]),
  ];
}
