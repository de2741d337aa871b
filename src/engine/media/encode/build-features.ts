import type { FfmpegBuild } from '../../../common/device.ts';

/**
 * Options that not every build knows, and the first release that does. An unknown option ends ffmpeg at once, so what is
 * not known to be there is left out.
 */
const SINCE = {
  /** `-stats_period`, how often progress is printed. */
  'stats-period': { release: 5, year: 2021 },
  /** `-fps_mode`, which replaced `-vsync` in 5.1. */
  'fps-mode': { release: 6, year: 2023 },
  /** Opus in MP4 without asking for experimental muxing. */
  'opus-in-mp4': { release: 5, year: 2021 },
} as const;

/** Whether a build is new enough for an option. A snapshot without a version tells its age by a date, or else counts as old. */
export function supports(build: FfmpegBuild, feature: keyof typeof SINCE): boolean {
  const { release, year } = SINCE[feature];
  if (build.majorVersion !== null) {
    const isFivePointOne = build.majorVersion === 5 && /^n?5\.[1-9]/.test(build.version);
    return build.majorVersion >= release || (feature === 'fps-mode' && isFivePointOne);
  }
  const date = /(20\d\d)-?\d\d-?\d\d/.exec(build.version);
  return date !== null && Number(date[1]) >= year;
}
