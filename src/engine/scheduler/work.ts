import { type Preset, VideoCodec } from '../../common/preset.ts';
import type { SourceInfo } from '../../common/source.ts';
import { fitPicture } from '../media/encode/picture-size.ts';
import { mainVideo } from '../media/source-summary.ts';

/** A class of work as text, e.g. `hevc/medium/10/quality/1080p`. Encodes of one class run at about one speed on a device. */
export type WorkId = string & { readonly brand: 'WorkId' };

/** What an encode costs. */
export interface Work {
  readonly id: WorkId;
  /** Megapixels to encode, all passes together; null when the source does not tell its length. */
  readonly amount: number | null;
}

/** Largest picture of each size class, in pixels. */
const SIZES: readonly (readonly [name: string, pixels: number])[] = [
  ['sd', 720 * 576],
  ['720p', 1280 * 720],
  ['1080p', 1920 * 1088],
  ['1440p', 2560 * 1440],
  ['2160p', 4096 * 2176],
];

/** What a class of work needs of an encoder. */
export function needOf(work: WorkId): { video: Pick<Preset['video'], 'codec' | 'bitDepth'> } {
  const [codec, , bitDepth] = work.split('/');
  return { video: { codec: VideoCodec.parse(codec), bitDepth: bitDepth === '10' ? 10 : 8 } };
}

/** The class and the amount of the work that a preset makes of a source; null where nothing is known of the source. */
export function workOf(preset: Preset, source: SourceInfo | null): Work {
  const video = source === null ? undefined : mainVideo(source);
  const { codec, effort, bitDepth, rate } = preset.video;
  const size = video === undefined ? null : fitPicture(video, preset.video).output;
  const pixels = size === null ? 0 : size.width * size.height;
  const sizeName = SIZES.find(([, most]) => pixels <= most)?.[0] ?? '4320p';
  const id = [codec, effort, bitDepth, rate.mode, sizeName].join('/') as WorkId;
  const rateOfFrames = video?.frameRate ?? null;
  const durationMs = video?.durationMs ?? source?.durationMs ?? null;
  const frames =
    video?.frameCount ??
    (rateOfFrames === null || durationMs === null
      ? null
      : (durationMs / 1000) * (rateOfFrames.num / rateOfFrames.den));
  return { id, amount: frames === null || pixels === 0 ? null : (frames * pixels) / 1e6 };
}
