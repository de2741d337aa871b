import type { Problem } from '../../common/problem.ts';
import { type SourceInfo, streamsOf, type VideoStream } from '../../common/source.ts';
import { stillPicture } from './inspect/unreadable-source.ts';

/** Containers made for animations, in which a single frame is a picture. */
const ANIMATION_CONTAINERS = new Set(['gif', 'apng']);
/** MP4's relatives for still pictures, told by the brand. */
const PICTURE_BRANDS = new Set(['avif', 'heic', 'heix', 'mif1']);

/** The film's video among several: the one marked as default, else the first. Undefined when there is none. */
export function mainVideo(info: SourceInfo): VideoStream | undefined {
  const videos = streamsOf(info, 'video');
  return videos.find((stream) => stream.isDefault && stream.frameCount !== 0) ?? videos[0];
}

/** Short text for a list, e.g. `1920×1080 h264 HDR10, 2 audio, 1 subtitle`. The size is the one that a player shows. */
export function summarizeSource(info: SourceInfo): string {
  const parts: string[] = [];
  const video = mainVideo(info);
  if (video) {
    const isTurned = video.rotationDegrees % 180 !== 0;
    const size = isTurned ? `${video.height}×${video.width}` : `${video.width}×${video.height}`;
    const range = { sdr: '', hdr10: ' HDR10', hlg: ' HLG' }[video.dynamicRange];
    parts.push(`${size} ${video.codec}${range}`);
  }
  const audio = streamsOf(info, 'audio');
  if (audio.length > 0) parts.push(video ? `${audio.length} audio` : `${audio[0]?.codec} audio only`);
  const subtitles = streamsOf(info, 'subtitle').length;
  if (subtitles > 0) parts.push(`${subtitles} ${subtitles === 1 ? 'subtitle' : 'subtitles'}`);
  return parts.length > 0 ? parts.join(', ') : 'no video or sound';
}

/** Why a readable source cannot be encoded; null when it can. */
export function whyNotEncodable(info: SourceInfo): Problem | null {
  const video = mainVideo(info);
  if (!video) {
    const hasAudio = streamsOf(info, 'audio').length > 0;
    const hasCover = streamsOf(info, 'cover-art').length > 0;
    return {
      code: 'source-no-video',
      message: !hasAudio
        ? 'The file holds no video.'
        : hasCover
          ? 'The file holds sound and a cover picture, but no video.'
          : 'The file holds sound only, no video.',
      nextStep: 'Choose a video file instead.',
    };
  }
  const isAnimation = ANIMATION_CONTAINERS.has(info.container);
  const isPictureFile = PICTURE_BRANDS.has(info.tags['major_brand'] ?? '');
  if (isPictureFile || (isAnimation && video.frameCount !== null && video.frameCount <= 1)) {
    return stillPicture().problem;
  }
  if (video.frameCount === 0) {
    return {
      code: 'source-no-video',
      message: 'The video track of the file holds no frames.',
      nextStep: 'Copy or download the file again, or choose another one.',
    };
  }
  if (video.codec === 'unknown' || video.codec === 'none') {
    return {
      code: 'source-unsupported',
      message: 'The video in the file is in a format that ffmpeg does not know.',
      nextStep: 'Choose another file, or install a newer ffmpeg.',
    };
  }
  return null;
}
