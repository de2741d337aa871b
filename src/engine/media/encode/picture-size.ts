import type { VideoStream } from '../../../common/source.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface PictureSize {
  /** What is encoded. Even, since 4:2:0 colour has one sample for two pixels each way. */
  readonly output: Size;
  /** How the output comes about: left alone, cut by a row or column to be even, or scaled to square pixels. */
  readonly change: 'none' | 'crop' | 'scale';
}

/**
 * The size a picture is encoded at: the picture as a player shows it (turned, pixel aspect applied) is made to fit the box,
 * never larger. When it fits already the stored pixels stay as they are, with their aspect, since scaling would only blur
 * them; when it must shrink anyway the result has square pixels.
 */
export function fitPicture(
  video: VideoStream,
  box: { readonly maxWidth: number | null; readonly maxHeight: number | null },
): PictureSize {
  const isTurned = video.rotationDegrees % 180 !== 0;
  const width = isTurned ? video.height : video.width;
  const height = isTurned ? video.width : video.height;
  const { num, den } = video.sampleAspectRatio;
  const pixelAspect = isTurned ? den / num : num / den;
  // Neither side loses pixels by squaring: wide pixels widen the picture, tall ones heighten it.
  const shownWidth = pixelAspect >= 1 ? width * pixelAspect : width;
  const shownHeight = pixelAspect >= 1 ? height : height / pixelAspect;
  const maxWidth = box.maxWidth ?? Number.POSITIVE_INFINITY;
  const maxHeight = box.maxHeight ?? Number.POSITIVE_INFINITY;
  // Half a pixel of slack: a pixel aspect is often rounded, and 1280.4 fits 1280.
  if (shownWidth <= maxWidth + 0.5 && shownHeight <= maxHeight + 0.5) {
    // A row or column that is missing cannot be cut away but must be made.
    if (width < 2 || height < 2)
      return { output: { width: even(width), height: even(height) }, change: 'scale' };
    const output = { width: width - (width % 2), height: height - (height % 2) };
    return { output, change: output.width === width && output.height === height ? 'none' : 'crop' };
  }
  const factor = Math.min(maxWidth / shownWidth, maxHeight / shownHeight);
  return {
    output: {
      width: Math.min(even(shownWidth * factor), evenFloor(maxWidth)),
      height: Math.min(even(shownHeight * factor), evenFloor(maxHeight)),
    },
    change: 'scale',
  };
}

function even(length: number): number {
  return Math.max(2, Math.round(length / 2) * 2);
}

function evenFloor(length: number): number {
  return Number.isFinite(length) ? Math.floor(length / 2) * 2 : length;
}
