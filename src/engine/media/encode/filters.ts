import type { FfmpegBuild } from '../../../common/device.ts';
import type { Preset } from '../../../common/preset.ts';
import { problem } from '../../../common/problem.ts';
import type { VideoStream } from '../../../common/source.ts';
import type { ColorPlan } from './color.ts';
import type { PictureSize, Size } from './picture-size.ts';

export interface FilterRequest {
  readonly preset: Preset;
  readonly video: VideoStream;
  readonly size: PictureSize;
  readonly color: ColorPlan;
  readonly build: FfmpegBuild;
  /** The pixel format that the encoder takes. */
  readonly pixelFormat: string;
}

/**
 * The chain between decoder and encoder. ffmpeg has already turned the picture by its display matrix when the first filter
 * sees it. Fields are taken apart before anything moves rows; frames are dropped before work is spent on them.
 *
 * @throws ProblemError filter-graph-failed when the build lacks a filter that nothing can stand in for
 */
export function videoFilters(request: FilterRequest): string[] {
  const { preset, video, size, color } = request;
  return [
    ...(video.rotationFrom === 'tag' ? turn(video.rotationDegrees) : []),
    ...(isDeinterlaced(preset, video) ? [deinterlace(request)] : []),
    ...(limitsFrameRate(preset, video) ? [`fps=${preset.video.maxFrameRate}`] : []),
    ...(color.conversion === 'tone-map' ? toneMap(request) : fitAndConvert(size, color)),
    // An exact 1:1 where rounding to even sides left 1279:1280.
    ...(size.change === 'scale' ? ['setsar=1'] : []),
    `format=${request.pixelFormat}`,
  ];
}

/** Whether fields are taken apart. */
export function isDeinterlaced(preset: Preset, video: VideoStream): boolean {
  const isInterlaced = video.fieldOrder === 'top-first' || video.fieldOrder === 'bottom-first';
  return preset.video.deinterlace === 'always' || (preset.video.deinterlace === 'auto' && isInterlaced);
}

/** Whether frames must go. Uneven timing may exceed the limit anywhere, whatever its average. */
export function limitsFrameRate(preset: Preset, video: VideoStream): boolean {
  const limit = preset.video.maxFrameRate;
  // The filter would wait for a second frame to learn how long the first one stays, and drop both.
  if (limit === null || video.frameCount === 1) return false;
  if (video.frameRate === null || video.isVariableFrameRate) return true;
  return video.frameRate.num / video.frameRate.den > limit * 1.001;
}

/** Turns by an old `rotate` tag, which ffmpeg since 5.0 leaves to others. */
function turn(degrees: number): string[] {
  switch (degrees) {
    case 90:
      return ['transpose=clock'];
    case 180:
      return ['hflip', 'vflip'];
    case 270:
      return ['transpose=cclock'];
    default:
      return [];
  }
}

/** One frame per frame, the better filter first. Only what is stored as interlaced gets here, so every frame is treated. */
function deinterlace({ video, build }: FilterRequest): string {
  const filter = ['bwdif', 'yadif'].find((name) => build.filters.includes(name));
  if (filter === undefined) throw lacksFilter('remove interlacing', 'bwdif or yadif');
  const parity = { 'top-first': 'tff', 'bottom-first': 'bff', progressive: 'auto', unknown: 'auto' }[
    video.fieldOrder
  ];
  return `${filter}=mode=send_frame:parity=${parity}:deint=all`;
}

function fitAndConvert(size: PictureSize, color: ColorPlan): string[] {
  const conversion = [
    ...(color.isFullRange ? ['in_range=full', 'out_range=limited'] : []),
    ...(color.conversion === 'from-rgb' ? ['out_color_matrix=bt709', 'out_range=limited'] : []),
  ];
  const crop = size.change === 'crop' ? [cropTo(size.output)] : [];
  if (size.change !== 'scale' && conversion.length === 0) return crop;
  const { width, height } = size.output;
  return [...crop, ['scale', [`${width}:${height}`, 'flags=lanczos', ...conversion].join(':')].join('=')];
}

function cropTo({ width, height }: Size): string {
  return `crop=${width}:${height}:0:0`;
}

/**
 * HDR to SDR: to linear light, to BT.709's colours, brightness compressed by Hable's curve, back to gamma. The source's
 * properties are spelled out, since zscale refuses what is not tagged. 100 cd/m² is where SDR white lies.
 */
function toneMap({ video, size, build }: FilterRequest): string[] {
  for (const filter of ['zscale', 'tonemap']) {
    if (!build.filters.includes(filter)) throw lacksFilter('turn HDR into SDR', filter);
  }
  const transfer = video.dynamicRange === 'hlg' ? 'arib-std-b67' : 'smpte2084';
  const range = video.colorRange === 'pc' ? 'full' : 'limited';
  const source = `min=2020_ncl:pin=2020:tin=${transfer}:rin=${range}`;
  const { width, height } = size.output;
  const scale = size.change === 'scale' ? `w=${width}:h=${height}:f=lanczos:` : '';
  return [
    ...(size.change === 'crop' ? [cropTo(size.output)] : []),
    `zscale=${scale}${source}:t=linear:npl=100`,
    'format=gbrpf32le',
    'zscale=p=709',
    'tonemap=tonemap=hable:desat=0',
    'zscale=t=709:m=709:r=limited',
  ];
}

function lacksFilter(purpose: string, filter: string) {
  return problem(
    'filter-graph-failed',
    `This ffmpeg cannot ${purpose}: it was built without ${filter}.`,
    'Install a complete ffmpeg build, and see with "gantry doctor" which one is used.',
  );
}
