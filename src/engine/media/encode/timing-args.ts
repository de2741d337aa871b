import { supports } from './build-features.ts';
import { limitsFrameRate } from './filters.ts';
import type { VideoRequest } from './video-request.ts';

/** Ticks per second for frames that follow no rate: MPEG's own clock. */
export const FREE_CLOCK_HZ = 90_000;

/**
 * Keeps each frame at its time. Left alone, ffmpeg would count time in whole frames of the rate it guessed, and drop frames
 * that come closer together. A tick of a quarter frame leaves even timing exact and gives way where the guess is wrong.
 */
export function timingArgs({ build, preset, video, isVariableFrameRate }: VideoRequest): string[] {
  const isModern = supports(build, 'fps-mode');
  const mode = isModern ? ['-fps_mode:v:0', 'vfr'] : ['-vsync', 'vfr'];
  if (limitsFrameRate(preset, video)) return mode;
  // Old builds end the last frame one tick after it began; with ticks of a frame that is right.
  if (!isModern && !isVariableFrameRate) return mode;
  const rate = isVariableFrameRate ? null : video.frameRate;
  const tick = rate === null ? `1/${FREE_CLOCK_HZ}` : `${rate.den}/${rate.num * 4}`;
  return [...mode, '-enc_time_base:v:0', tick];
}
