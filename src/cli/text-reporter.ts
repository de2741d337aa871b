import { assertNever } from '../common/assert-never.ts';
import { formatCount, formatEta, formatPercent, formatSpeed } from '../common/format.ts';
import type { JobId } from '../common/ids.ts';
import type { Job } from '../common/job.ts';
import type { JobReporter } from './job-reporter.ts';
import type { TrackedChange } from './job-tracker.ts';
import { LiveDisplay } from './live-display.ts';
import type { Terminal } from './terminal.ts';
import { ellipsize } from './text/columns.ts';
import {
  deviceText,
  fallbackText,
  fileName,
  jobResultText,
  QUEUE_IS_PAUSED,
  rejectedText,
} from './text/job-text.ts';
import { printable } from './text/printable.ts';
import { renderProgress } from './text/render-progress.ts';

/** Without a terminal to redraw, a running job is mentioned each time it has come this much further. */
const PLAIN_STEP = 0.25;

/** For people: on a terminal bars that move, elsewhere plain lines; how each job ended goes to `out`. */
export function textReporter(terminal: Terminal): JobReporter {
  const live = terminal.isInteractive ? new LiveDisplay(terminal) : null;
  const mentioned = new Map<JobId, number>();
  const fallbacks = new Set<string>();
  let waitMentioned: string | null = null;
  const print = (to: 'out' | 'err', text: string) => {
    if (live === null) terminal[to](text);
    else live.print(to, text);
  };

  const mentionProgress = (job: Job) => {
    const step = Math.floor(job.progress.fraction / PLAIN_STEP);
    if (step <= (mentioned.get(job.id) ?? 0) || job.progress.fraction >= 1) return;
    mentioned.set(job.id, step);
    const { fraction, speedX, etaMs } = job.progress;
    const eta = etaMs === null ? '' : `, ${formatEta(etaMs)} left`;
    const name = printable(fileName(job.source));
    print('err', `${formatPercent(fraction)}  ${name}, ${formatSpeed(speedX)}${eta}\n`);
  };

  /** The same reason for each of a hundred jobs is told once. */
  const mentionFallback = (job: Job) => {
    const reason = fallbackText(job);
    if (reason === null || fallbacks.has(reason)) return;
    fallbacks.add(reason);
    print('err', `${reason}\n`);
  };

  const changed = (change: TrackedChange): void => {
    switch (change.kind) {
      case 'status':
        if (live === null || change.job.status === 'paused') print('err', statusText(change.job));
        return;
      case 'progress':
        if (live === null) mentionProgress(change.job);
        return;
      case 'ended':
        mentioned.delete(change.job.id);
        print('out', jobResultText(change.job));
        mentionFallback(change.job);
        return;
      case 'waiting':
        // Told once for all of them, when everything is settled.
        return;
      case 'removed':
        print('out', `removed  job ${change.id}\n`);
        return;
      default:
        assertNever(change);
    }
  };

  return {
    added: (jobs) => print('err', `${jobs.length === 1 ? '1 job' : `${jobs.length} jobs`} added.\n`),
    rejected: (inputs) => {
      for (const input of inputs) print('out', rejectedText(input));
    },
    changed,
    settled: (tracker, summary) => {
      const { waitingFor } = tracker;
      if (live === null) {
        // Behind running jobs waiting is a matter of course; with none running a person wonders.
        if (tracker.active.length > 0 || waitingFor === null || waitingFor === waitMentioned) return;
        waitMentioned = waitingFor;
        print('err', `Waiting for ${printable(waitingFor)}.\n`);
        return;
      }
      const { columns, rows } = terminal.size();
      const bars = renderProgress(
        tracker.active.map((job) => ({
          name: fileName(job.source),
          progress: job.progress,
          isPaused: job.status === 'paused',
        })),
        columns,
      );
      const waiting = tracker.pending.size - tracker.active.length;
      const footer = waiting > 0 ? [waitingText(waiting, waitingFor)] : [];
      if (summary?.isPaused) footer.push(QUEUE_IS_PAUSED);
      // Lines that scroll out of the window cannot be drawn over.
      const room = Math.max(0, rows - footer.length - 1);
      live.draw([...bars.slice(0, room), ...footer.map((line) => ellipsize(line, columns - 1))]);
    },
    notice: (text) => print('err', `${text}\n`),
    stopped: () => {},
    close: () => live?.clear(),
  };
}

function waitingText(count: number, waitingFor: string | null): string {
  return `${formatCount(count)} waiting${waitingFor === null ? '' : ` for ${printable(waitingFor)}`}`;
}

function statusText(job: Job): string {
  const name = printable(fileName(job.source));
  switch (job.status) {
    case 'queued':
      return `waiting  ${name}${job.waitingFor === null ? '' : `: ${printable(job.waitingFor)}`}\n`;
    case 'paused':
      return `on hold  ${name}: let it go on with \`gantry queue resume ${job.id}\`\n`;
    default:
      return `${job.status}  ${name}${job.deviceId === null ? '' : ` on ${deviceText(job)}`}\n`;
  }
}
