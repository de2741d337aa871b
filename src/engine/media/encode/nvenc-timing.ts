import { supports } from './build-features.ts';
import { limitsFrameRate } from './filters.ts';
import { FREE_CLOCK_HZ } from './timing-args.ts';
import type { VideoRequest } from './video-request.ts';

/** MP4's clock ticks at least so often; a slower one is doubled until it does. Source: ffmpeg's movenc.c. */
const MP4_CLOCK_HZ = 10_000;

/** What uneven timing counts as where its average is not known. */
const USUAL_FRAME_SECONDS = '1/30';

export interface NvencTiming {
  /** What comes last before the encoder. */
  readonly filters: readonly string[];
  readonly args: readonly string[];
}

/**
 * Timing of what NVENC encodes with B-frames; stands in for `timingArgs`.
 *
 * ffmpeg's NVENC code (4.4 to 7.0) counts decoding times back by one tick of the clock for each B-frame, where a frame is meant,
 * and some releases of 5.1 by as many as the clock's fraction says. With most clocks frames then seem to be shown before they are
 * decoded, and the muxer moves them, so that the picture judders; with others a film begins half a minute early. So decoding
 * times are made anew: the k-th packet is decoded when the k-th frame is shown, less the B-frames. A build that does so by itself
 * is known by the delay that it starts with, and left alone.
 *
 * @param bFrames how many at most in a row, at least 1
 */
export function nvencTiming(request: VideoRequest, bFrames: number): NvencTiming {
  const mode = supports(request.build, 'fps-mode') ? ['-fps_mode:v:0', 'vfr'] : ['-vsync', 'vfr'];
  const { clockHz, frameSeconds, filters } = clockOf(request);
  return {
    filters,
    args: [
      ...[...mode, '-enc_time_base:v:0', `1/${clockHz}`],
      ...['-bsf:v:0', `setts=pts=PTS:dts='${decodingTime(bFrames, frameSeconds)}'`],
    ],
  };
}

/**
 * A clock of whole parts of a second, as the decoding times want it, and one that MP4 keeps as it is. Where frames come evenly
 * they are first put on quarters of a frame, which leaves even times exact although a source may round them.
 */
function clockOf({ preset, video, isVariableFrameRate }: VideoRequest): {
  readonly clockHz: number;
  readonly frameSeconds: string;
  readonly filters: readonly string[];
} {
  const { frameRate } = video;
  const limit = preset.video.maxFrameRate;
  const free = { clockHz: FREE_CLOCK_HZ, filters: [] };
  if (limit !== null && limitsFrameRate(preset, video)) return { ...free, frameSeconds: `1/${limit}` };
  if (frameRate === null) return { ...free, frameSeconds: USUAL_FRAME_SECONDS };
  const frameSeconds = `${frameRate.den}/${frameRate.num}`;
  if (isVariableFrameRate) return { ...free, frameSeconds };
  let clockHz = frameRate.num;
  while (clockHz < MP4_CLOCK_HZ) clockHz *= 2;
  return { clockHz, frameSeconds, filters: [`settb=${frameRate.den}/${frameRate.num * 4}`] };
}

/**
 * An expression of the `setts` filter. What NVENC gives as DTS grows as the times of frames in the order they are shown, from
 * some start; a ring of registers holds the last of them. Register 9 keeps what falls out of it.
 */
function decodingTime(bFrames: number, frameSeconds: string): string {
  const at = `mod(N,${bFrames})`;
  const shown = 'DTS-STARTDTS+STARTPTS';
  const start = `STARTPTS-(${bFrames}-N)*${frameSeconds}/TB`;
  const delayed = `st(9,ld(${at}));st(${at},${shown});if(lt(N,${bFrames}),${start},ld(9))`;
  return `if(gt((STARTPTS-STARTDTS)*TB,0.001),DTS,(${delayed}))`;
}
