import type { JobMetadata, JobOutput } from '../../common/job.ts';
import { problem } from '../../common/problem.ts';
import type { TaskContext, TaskRun } from './task-context.ts';

/** Stopped from outside, noticed between two steps. */
export class StoppedError extends Error {}

/**
 * Gives a verified output its final name. From the moment that the lease says `publishing`, a crash ends in a job that is
 * done, once and under one name. Throws a `StoppedError` when the job was cancelled before that moment.
 */
export async function publishOutput(
  { host, store }: TaskContext,
  run: TaskRun,
  temporaryPath: string,
  output: JobOutput,
  metadata: JobMetadata,
): Promise<void> {
  const stat = await host.files.stat(temporaryPath);
  if (stat === null) {
    throw problem(
      'output-folder-missing',
      `The finished file for ${output.path} was removed before it got its name.`,
      'Choose a folder that stays, then retry.',
    );
  }
  run.control.signal.throwIfAborted();
  const publishing = { finalPath: output.path, fileId: stat.fileId, output, metadata };
  if (!store.updateLease(run.lease.taskId, { publishing })) throw new StoppedError();
  await host.files.publish(temporaryPath, output.path, {
    overwrite: run.recipe.output.onExisting === 'overwrite',
  });
}
