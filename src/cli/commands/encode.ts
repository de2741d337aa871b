import { problem } from '../../common/problem.ts';
import type { CommandContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Interruption } from '../interruption.ts';
import { JobTracker } from '../job-tracker.ts';
import { jsonReporter } from '../json-reporter.ts';
import { type NewJobOptions, newJobs } from '../new-jobs.ts';
import { runJobs } from '../run-jobs.ts';
import type { EngineApi } from '../session.ts';
import { textReporter } from '../text-reporter.ts';

/** Adds the inputs and stays until each has come to its end. */
export async function encode(
  context: CommandContext,
  inputs: readonly string[],
  options: NewJobOptions,
): Promise<ExitCode> {
  const interruption = context.listenForInterruption();
  const session = await context.openSession();
  try {
    await refuseWhilePaused(session.api);
    const jobs = await newJobs(session.api, inputs, options, context.cwd);
    const added = await session.api.jobs.add({ jobs });
    const reporter = context.json ? jsonReporter(context.terminal) : textReporter(context.terminal);
    reporter.rejected(added.rejected);
    reporter.added(added.jobs);
    return await runJobs(context, session, {
      tracker: new JobTracker(added.jobs, { followNew: false }),
      reporter,
      interruption,
      scope: 'tracked',
      rejectedCount: added.rejected.length,
    });
  } finally {
    await session.close();
    interruption.dispose();
  }
}

/** Works off everything that is queued, what others add meanwhile included. */
export async function runQueue(context: CommandContext): Promise<ExitCode> {
  const interruption: Interruption = context.listenForInterruption();
  const session = await context.openSession();
  try {
    await refuseWhilePaused(session.api);
    return await runJobs(context, session, {
      tracker: new JobTracker([], { followNew: true }),
      reporter: context.json ? jsonReporter(context.terminal) : textReporter(context.terminal),
      interruption,
      scope: 'all',
      rejectedCount: 0,
    });
  } finally {
    await session.close();
    interruption.dispose();
  }
}

/** A command that is to run to the end would wait for ever. */
async function refuseWhilePaused(api: EngineApi): Promise<void> {
  const { isPaused } = await api.queue.summary();
  if (!isPaused) return;
  throw problem(
    'invalid-transition',
    'The queue is paused, so nothing would be encoded.',
    'Let it go on with `gantry queue resume` and run this again, or add for later with `gantry queue add`.',
  );
}
