import type { Preset } from '../../common/preset.ts';

/** Why no encode can follow a preset though each of its fields is fine; null when one can. */
export function presetConflict(preset: Preset): { message: string; nextStep: string } | null {
  const { container, video, audio } = preset;
  if (container === 'webm' && video.codec !== 'av1') {
    return {
      message: `WebM does not hold ${CODEC_NAMES[video.codec]} video.`,
      nextStep: 'Set video.codec to av1, or container to mp4, mkv or mov.',
    };
  }
  if (container === 'webm' && audio.mode === 'aac') {
    return {
      message: 'WebM does not hold AAC sound.',
      nextStep: 'Set audio.mode to opus or auto, or container to mp4, mkv or mov.',
    };
  }
  if (container === 'mov' && video.codec === 'av1') {
    return {
      message: 'MOV does not hold AV1 video.',
      nextStep: 'Set container to mp4, mkv or webm, or video.codec to h264 or hevc.',
    };
  }
  if (container === 'mov' && audio.mode === 'opus') {
    return {
      message: 'MOV does not hold Opus sound.',
      nextStep: 'Set audio.mode to aac or auto, or container to mp4, mkv or webm.',
    };
  }
  return null;
}

/** Names of codec families as people read them. */
export const CODEC_NAMES = { h264: 'H.264', hevc: 'HEVC', av1: 'AV1' } as const;
