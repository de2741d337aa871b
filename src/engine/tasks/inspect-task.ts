import { problem, toProblem } from '../../common/problem.ts';
import { chooseFfprobe } from '../media/ffmpeg-builds.ts';
import { inspectSource } from '../media/inspect-source.ts';
import { whyNotEncodable } from '../media/source-summary.ts';
import type { TaskContext, TaskRun } from './task-context.ts';
import type { TaskOutcome } from './task-outcome.ts';

/** The path of the ffprobe to use; throws `ffmpeg-missing` when there is none. */
export function ffprobeOf(context: Pick<TaskContext, 'registry'>): string {
  const path = chooseFfprobe(context.registry.builds());
  if (path !== null) return path;
  throw problem(
    'ffmpeg-missing',
    'No working ffprobe was found.',
    'Install ffmpeg, or set its path in the settings. "gantry doctor" lists where it was looked for.',
  );
}

/** Reads what the source is. A source that cannot be encoded fails its job here, with the reason. */
export async function runInspect(context: TaskContext, run: TaskRun): Promise<TaskOutcome> {
  try {
    const info = await inspectSource(context.host, ffprobeOf(context), run.job.source, run.control.signal);
    const error = whyNotEncodable(info);
    return error === null ? { kind: 'inspected', info } : { kind: 'failed', error, exitCode: null };
  } catch (error) {
    if (run.control.signal.aborted) return { kind: 'stopped' };
    return { kind: 'failed', error: toProblem(error), exitCode: null };
  }
}
