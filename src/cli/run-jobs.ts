import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Interruption } from './interruption.ts';
import type { JobReporter } from './job-reporter.ts';
import type { JobTracker } from './job-tracker.ts';
import { OutcomeTally, outcomeOf } from './outcome-tally.ts';
import type { Session } from './session.ts';
import { watchJobs } from './watch-jobs.ts';

export interface RunOptions {
  readonly tracker: JobTracker;
  readonly reporter: JobReporter;
  readonly interruption: Interruption;
  /** `all` works off the whole queue, `tracked` only the tracker's jobs. */
  readonly scope: 'all' | 'tracked';
  /** Inputs that made no job. */
  readonly rejectedCount: number;
}

/** So long between tries to reach an engine again that went away without being followed. */
const RETRY_AFTER_MS = 500;

/**
 * Runs or follows jobs until all have ended. Where the engine of another process does the work and goes away, this
 * process takes the rest over. Closes the session it was given.
 */
export async function runJobs(
  context: CommandContext,
  firstSession: Session,
  options: RunOptions,
): Promise<ExitCode> {
  const { tracker, reporter, interruption } = options;
  const tally = new OutcomeTally();
  tally.count('rejected', options.rejectedCount);
  let session = firstSession;
  try {
    for (;;) {
      if (session.kind === 'own') {
        await session.start(options.scope === 'all' ? 'all' : new Set(tracker.pending));
      }
      const outcome = await watchJobs(
        session.api,
        tracker,
        {
          changed: (change) => {
            if (change.kind === 'ended') tally.count(outcomeOf(change.job));
            if (change.kind === 'removed') tally.count('removed');
            reporter.changed(change);
          },
          settled: (...args) => reporter.settled(...args),
        },
        interruption.signal,
      );
      if (outcome.kind === 'finished') {
        await finishOthers(session, reporter, interruption.signal);
        break;
      }
      if (session.kind === 'own') throw outcome.cause ?? new Error('The engine ended its events.');
      const { holder } = session;
      await session.close();
      await sleep(RETRY_AFTER_MS, undefined, { signal: interruption.signal });
      session = await context.openSession();
      if (session.kind === 'own') {
        reporter.notice(`Process ${holder.pid} (${holder.command}) has ended. Its work goes on here.`);
      }
    }
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    reporter.close();
    await reportStop(session, options);
    return interruption.exitCode() ?? EXIT.failed;
  } finally {
    reporter.close();
    await session.close();
  }
  reporter.notice(tally.text());
  return tally.exitCode();
}

/** Another command's job that runs here is not cut off in the middle. */
async function finishOthers(session: Session, reporter: JobReporter, signal: AbortSignal): Promise<void> {
  if (session.kind !== 'own' || session.runningCount() === 0) return;
  const count = session.runningCount();
  reporter.notice(`Done. Waiting for ${count === 1 ? 'a job' : `${count} jobs`} of another command to end.`);
  await Promise.race([
    session.finish(),
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
  ]);
}

async function reportStop(session: Session, { tracker, reporter }: RunOptions): Promise<void> {
  const remaining = tracker.pending.size;
  const isOne = remaining === 1;
  const jobs = isOne ? '1 job' : `${remaining} jobs`;
  if (session.kind === 'own') {
    reporter.notice('Stopping. Press Ctrl-C again to stop at once.');
    await session.close();
    reporter.stopped(remaining);
    reporter.notice(
      `Stopped. ${jobs} ${isOne ? 'stays' : 'stay'} in the queue. Go on with: gantry queue run`,
    );
  } else {
    const { command, pid } = session.holder;
    reporter.stopped(remaining);
    reporter.notice(
      `No longer watching. ${jobs} ${isOne ? 'goes' : 'go'} on in process ${pid} (${command}). See: gantry queue list`,
    );
  }
}
