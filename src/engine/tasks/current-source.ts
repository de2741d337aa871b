import { problem } from '../../common/problem.ts';
import type { SourceInfo } from '../../common/source.ts';
import type { FileStat, Host } from '../hosts/host.ts';
import { inspectSource } from '../media/inspect-source.ts';
import { ffprobeOf } from './inspect-task.ts';
import type { TaskContext, TaskRun } from './task-context.ts';

function isSameFile(source: SourceInfo, stat: FileStat): boolean {
  return (
    source.sizeBytes === stat.sizeBytes && Date.parse(source.modifiedAt) === Math.trunc(stat.modifiedAtMs)
  );
}

/** What was read at inspection, or read anew when the file is not the same any more. Throws `source-not-found`. */
export async function currentSource(context: TaskContext, run: TaskRun): Promise<SourceInfo> {
  const { host, store } = context;
  const stat = await host.files.stat(run.job.source);
  if (stat === null) {
    throw problem(
      'source-not-found',
      `The source ${run.job.source} is not there any more.`,
      'Put it back, then retry.',
    );
  }
  const known = store.sourceInfo(run.job.id);
  if (known !== null && isSameFile(known, stat)) return known;
  return inspectSource(host, ffprobeOf(context), run.job.source, run.control.signal);
}

/**
 * A source that is still being copied gives a whole-looking output of half a film: throws `source-changed`. One that was
 * deleted meanwhile was read to its end, and its output is the only copy left.
 */
export async function refuseChangedSource(host: Host, source: SourceInfo): Promise<void> {
  const stat = await host.files.stat(source.path).catch(() => null);
  if (stat === null || isSameFile(source, stat)) return;
  throw problem(
    'source-changed',
    `The source ${source.path} changed while it was encoded.`,
    'Wait until it is completely written, then retry.',
  );
}
