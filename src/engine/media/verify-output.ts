import type { Container } from '../../common/preset.ts';
import { ProblemError, problem } from '../../common/problem.ts';
import { type SourceInfo, streamsOf } from '../../common/source.ts';
import type { Host } from '../hosts/host.ts';
import type { ExpectedOutput } from './encode-request.ts';
import { inspectSource } from './inspect-source.ts';

/** A name that ffprobe's demuxer for the container goes by. */
const DEMUXERS: Record<Container, string> = { mp4: 'mp4', mov: 'mov', mkv: 'matroska', webm: 'webm' };

/** An output may be shorter than its source by this much: tracks end at different times, and timestamps are rounded. */
const SHORTFALL_MS = 500;
const SHORTFALL_SHARE = 0.01;

/**
 * Opens a finished output and checks that it is what was planned: container, codec, picture size, tracks, at least one frame,
 * and a duration not shorter than the source's by more than half a second plus 1 %. Longer is no loss: a source may
 * understate its own. Shorter is none either when every frame is there: how long the last one stays is told by few
 * containers. Reads headers and the first packets only, so it costs the same for a film as for a clip.
 *
 * @throws ProblemError output-incomplete
 */
export async function verifyOutput(
  host: Host,
  ffprobePath: string,
  path: string,
  expected: ExpectedOutput,
  signal?: AbortSignal,
): Promise<{ sizeBytes: number; durationMs: number }> {
  const output = await inspectSource(host, ffprobePath, path, signal).catch((error: unknown) => {
    if (!(error instanceof ProblemError) || error.problem.code === 'ffmpeg-broken') throw error;
    throw incomplete(`ffprobe cannot open it (${error.problem.message})`);
  });
  const difference = firstDifference(output, expected);
  if (difference !== null) throw incomplete(difference);
  return { sizeBytes: output.sizeBytes, durationMs: output.durationMs ?? 0 };
}

/** The first thing about an output that is not as planned, as the end of a sentence; null when all is. */
export function firstDifference(output: SourceInfo, expected: ExpectedOutput): string | null {
  if (!output.container.split(',').includes(DEMUXERS[expected.container])) {
    return `it is no ${expected.container} file but ${output.container}`;
  }
  const video = streamsOf(output, 'video')[0];
  if (expected.video !== null) {
    const { codec, width, height } = expected.video;
    if (!video || video.frameCount === 0 || video.durationMs === 0) return 'it holds no video frame';
    if (video.codec !== codec) return `its video is ${video.codec} instead of ${codec}`;
    if (video.width !== width || video.height !== height) {
      return `its picture is ${video.width}×${video.height} instead of ${width}×${height}`;
    }
  }
  const audio = streamsOf(output, 'audio').length;
  if (audio !== expected.audioStreams)
    return `it has ${audio} sound tracks instead of ${expected.audioStreams}`;
  const subtitles = streamsOf(output, 'subtitle').length;
  if (subtitles !== expected.subtitleStreams) {
    return `it has ${subtitles} subtitle tracks instead of ${expected.subtitleStreams}`;
  }
  const frames = expected.frameCount ?? null;
  if (frames !== null && (video?.frameCount ?? -1) >= frames) return null;
  // A subtitle or sound track that runs to the end must not hide a picture that does not.
  const picture = video?.durationMs ?? output.durationMs;
  return shortfall(picture, expected.videoDurationMs) ?? shortfall(output.durationMs, expected.durationMs);
}

function shortfall(durationMs: number | null, expectedMs: number | null): string | null {
  if (expectedMs === null || (durationMs ?? 0) >= expectedMs * (1 - SHORTFALL_SHARE) - SHORTFALL_MS)
    return null;
  return `it lasts ${seconds(durationMs ?? 0)} instead of ${seconds(expectedMs)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function incomplete(what: string): ProblemError {
  return problem(
    'output-incomplete',
    `The output is not complete: ${what}.`,
    'Check that the source plays to its end; it may be damaged. Then retry.',
  );
}
