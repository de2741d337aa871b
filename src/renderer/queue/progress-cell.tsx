import { formatDuration, formatEta, formatFps, formatPercent, formatSpeed } from '../../common/format.ts';
import type { Job } from '../../common/job.ts';
import { ProgressBar } from '../controls/progress-bar.tsx';
import { text } from '../text/en.ts';
import { aboutTime } from './about-time.ts';
import { GridCell } from './grid-parts.tsx';

/** How far a job is, or why it does not run. */
export function ProgressCell({ job }: { job: Job }) {
  const { progress } = job;
  switch (job.status) {
    case 'running':
      return (
        <GridCell className="flex min-w-0 flex-col gap-1">
          <div className="figures flex items-baseline gap-2 text-sm leading-4">
            <span className="w-10 text-base leading-4 font-medium text-ink">
              {formatPercent(progress.fraction)}
            </span>
            <span className="hidden w-14 text-right text-ink-2 @7xl:block">{formatFps(progress.fps)}</span>
            <span className="hidden w-11 text-right text-ink-2 @3xl:block">
              {formatSpeed(progress.speedX)}
            </span>
            <span className="flex-1 text-right text-ink-2" title={text.queue.eta}>
              {formatEta(progress.etaMs)}
            </span>
          </div>
          <ProgressBar fraction={progress.fraction} label={text.queue.progress} />
        </GridCell>
      );
    case 'paused':
      return (
        <GridCell className="flex min-w-0 flex-col gap-1">
          <div className="figures flex items-baseline gap-2 text-sm leading-4 text-ink-2">
            {progress.fraction > 0 && (
              <span className="w-10 text-base leading-4">{formatPercent(progress.fraction)}</span>
            )}
            <span>{text.status.paused}</span>
          </div>
          {progress.fraction > 0 && (
            <ProgressBar fraction={progress.fraction} label={text.queue.progress} tone="still" />
          )}
        </GridCell>
      );
    case 'queued': {
      const waiting = job.waitingFor === null ? text.status.queued : text.queue.waitingFor(job.waitingFor);
      if (progress.etaMs === null) {
        return (
          <GridCell className="truncate text-sm text-ink-3" title={waiting}>
            {waiting}
          </GridCell>
        );
      }
      const time = aboutTime(progress.etaMs);
      return (
        <GridCell className="flex min-w-0 items-baseline gap-2 text-sm text-ink-3">
          <span className="min-w-0 flex-1 truncate" title={waiting}>
            {waiting}
          </span>
          <span className="figures hidden @3xl:block" title={text.queue.doneInAbout(time)}>
            <span className="sr-only">{text.queue.doneInAbout(time)}</span>
            <span aria-hidden>{text.queue.about(time)}</span>
          </span>
        </GridCell>
      );
    }
    case 'done':
      return (
        <GridCell className="figures flex min-w-0 gap-2 text-sm text-ink-2">
          {job.metadata === null ? (
            text.status.done
          ) : (
            <>
              <span className="truncate">
                {text.queue.doneIn(formatDuration(job.metadata.processingTimeSeconds * 1000))}
              </span>
              <span className="hidden text-ink-3 @3xl:block">
                {formatSpeed(job.metadata.processingSpeed)}
              </span>
            </>
          )}
        </GridCell>
      );
    case 'failed':
    case 'cancelled':
      return (
        <GridCell className="truncate text-sm text-ink-3" title={job.error?.message}>
          {text.status[job.status]}
        </GridCell>
      );
  }
}
