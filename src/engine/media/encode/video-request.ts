import type { VideoStream } from '../../../common/source.ts';
import type { EncodeRequest } from '../encode-request.ts';
import { type ColorPlan, keepsHdr, planColor } from './color.ts';
import { limitsFrameRate } from './filters.ts';
import { fitPicture, type PictureSize } from './picture-size.ts';

/** An encode request with what follows from preset and picture worked out once, for all that builds video arguments. */
export interface VideoRequest extends EncodeRequest {
  readonly video: VideoStream;
  readonly size: PictureSize;
  readonly color: ColorPlan;
  /** The output is HDR10 or HLG, as the source. */
  readonly isHdr: boolean;
  /** Frames come unevenly in the output, as in the source. */
  readonly isVariableFrameRate: boolean;
  /**
   * Frames may be seconds apart, as in a screen recording. B-frames would then leave the track's stated duration seconds short:
   * MP4 counts it in decoding order, which ends before the last frame shown.
   */
  readonly isSparse: boolean;
}

/** Works out what the picture becomes. */
export function videoRequest(request: EncodeRequest, video: VideoStream): VideoRequest {
  const { preset } = request;
  const size = fitPicture(video, preset.video);
  const isVariableFrameRate = video.isVariableFrameRate && !limitsFrameRate(preset, video);
  return {
    ...request,
    video,
    size,
    color: planColor(preset, video, size.output),
    isHdr: keepsHdr(preset, video),
    isVariableFrameRate,
    isSparse: isVariableFrameRate && video.frameRate === null,
  };
}
