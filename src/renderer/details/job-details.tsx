import { Download, FolderOpen, Info, Pause, Play, RotateCcw, Trash2, TriangleAlert, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { formatDuration, formatEta, formatFps, formatPercent, formatSpeed } from '../../common/format.ts';
import type { JobId } from '../../common/ids.ts';
import type { Job } from '../../common/job.ts';
import { native } from '../connection/native.ts';
import { Button, IconButton } from '../controls/button.tsx';
import { classNames } from '../controls/class-names.ts';
import { fileName } from '../controls/file-path.ts';
import { ProblemNote } from '../controls/problem-note.tsx';
import { ProgressBar } from '../controls/progress-bar.tsx';
import { aboutTime } from '../queue/about-time.ts';
import { type Fallback, fallbackOf, fallbackSentence } from '../queue/fallback.ts';
import { actOnJobs, fetchResult } from '../queue/job-actions.ts';
import { takesAction } from '../queue/job-rules.ts';
import { StatusIcon } from '../queue/status-icon.tsx';
import { closeDetails } from '../stores/details-store.ts';
import { useDevices } from '../stores/devices-store.ts';
import { useJobs } from '../stores/jobs-store.ts';
import { text } from '../text/en.ts';
import { AskedFor } from './asked-for.tsx';
import { Attempts } from './attempts.tsx';
import { EncoderLog } from './encoder-log.tsx';
import { Result } from './result.tsx';
import { SourceFacts } from './source-facts.tsx';

/** Everything about one job, in a pane at the right. Takes its own place in a wide window, lies over the list in a narrow one. */
export function JobDetails({ id }: { id: JobId }) {
  const job = useJobs((state) => state.byId.get(id));
  const pane = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another job starts at its top
  useEffect(() => {
    pane.current?.querySelector('[data-scroller]')?.scrollTo(0, 0);
  }, [id]);
  return (
    <aside
      ref={pane}
      aria-label={text.details.label}
      onKeyDown={(event) => {
        if (event.key === 'Escape') closeDetails();
      }}
      className="slide-in absolute inset-y-0 right-0 z-20 flex w-[24rem] min-[1440px]:w-[26rem] max-w-full flex-col border-l border-line bg-raised shadow-2 min-[1180px]:static min-[1180px]:shadow-none"
    >
      {job === undefined ? (
        <div className="flex items-center justify-between p-4 text-ink-3">
          {text.details.reading}
          <IconButton icon={X} label={text.details.close} onClick={closeDetails} />
        </div>
      ) : (
        <>
          <Header job={job} />
          <div data-scroller className="min-h-0 flex-1 overflow-y-auto px-4 pb-6">
            <State job={job} />
            {job.output !== null && <Result job={job} output={job.output} />}
            <AskedFor job={job} />
            <SourceFacts path={job.source} />
            <Attempts job={job} />
            <EncoderLog key={job.id} job={job} />
          </div>
        </>
      )}
    </aside>
  );
}

function Header({ job }: { job: Job }) {
  const { id, status } = job;
  return (
    <header className="border-b border-line px-4 pt-3 pb-3">
      <div className="flex items-start gap-2">
        <span className="mt-[3px] shrink-0">
          <StatusIcon status={status} fraction={job.progress.fraction} />
        </span>
        <h2
          className="line-clamp-3 min-w-0 flex-1 text-lg leading-snug font-semibold break-words"
          title={job.source}
        >
          {fileName(job.source)}
        </h2>
        <IconButton icon={X} label={text.details.close} onClick={closeDetails} className="-mt-0.5 -mr-1.5" />
      </div>
      <div className="mt-2.5 flex flex-wrap gap-1.5">
        {job.output !== null && (
          <Button
            size="sm"
            look="primary"
            icon={native === null ? Download : FolderOpen}
            onClick={() => void fetchResult(job)}
          >
            {native === null ? text.actions.download : text.actions.showInFolder}
          </Button>
        )}
        {takesAction(status, 'pause') && (
          <Button size="sm" icon={Pause} onClick={() => void actOnJobs('pause', [id])}>
            {text.actions.pause}
          </Button>
        )}
        {takesAction(status, 'resume') && (
          <Button size="sm" icon={Play} onClick={() => void actOnJobs('resume', [id])}>
            {text.actions.resume}
          </Button>
        )}
        {takesAction(status, 'cancel') && (
          <Button size="sm" icon={X} onClick={() => void actOnJobs('cancel', [id])}>
            {text.actions.cancel}
          </Button>
        )}
        {takesAction(status, 'retry') && (
          <Button
            size="sm"
            look={status === 'failed' ? 'primary' : 'plain'}
            icon={RotateCcw}
            onClick={() => void actOnJobs('retry', [id])}
          >
            {status === 'done' ? text.actions.encodeAgain : text.actions.retry}
          </Button>
        )}
        <Button size="sm" icon={Trash2} onClick={() => void actOnJobs('remove', [id])}>
          {text.actions.remove}
        </Button>
      </div>
    </header>
  );
}

/** How far it is, what it waits for, or why it ended. */
function State({ job }: { job: Job }) {
  const { progress, metadata } = job;
  const devices = useDevices(({ list }) => list?.devices) ?? [];
  const fallback = fallbackOf(job, devices);
  const isUnderWay = job.status === 'running' || (job.status === 'paused' && progress.fraction > 0);
  return (
    <div className="flex flex-col gap-3 pt-4 empty:hidden">
      {isUnderWay && (
        <div>
          <div className="figures mb-1.5 flex items-baseline gap-3">
            <span className="text-xl font-semibold">{formatPercent(progress.fraction)}</span>
            {job.status === 'running' ? (
              <>
                <span className="text-ink-2">{formatFps(progress.fps)}</span>
                <span className="text-ink-2">{formatSpeed(progress.speedX)}</span>
                <span className="flex-1 text-right text-ink-2">
                  {text.details.left(formatEta(progress.etaMs))}
                </span>
              </>
            ) : (
              <span className="text-ink-2">{text.status.paused}</span>
            )}
          </div>
          <ProgressBar
            fraction={progress.fraction}
            label={text.queue.progress}
            tone={job.status === 'running' ? 'active' : 'still'}
          />
        </div>
      )}
      {job.status === 'queued' && (job.waitingFor !== null || progress.etaMs !== null) && (
        <p className="text-ink-2">
          {job.waitingFor !== null && `${text.queue.waitingFor(job.waitingFor)}. `}
          {progress.etaMs !== null && `${text.queue.doneInAbout(aboutTime(progress.etaMs))}.`}
        </p>
      )}
      {job.error !== null && (
        <ProblemNote problem={job.error} tone={job.status === 'failed' ? 'failed' : 'calm'} />
      )}
      {fallback !== null && <FallbackNote job={job} fallback={fallback} />}
      {metadata !== null && job.status === 'done' && (
        <p className="figures text-ink-2">
          {text.details.took(
            formatDuration(metadata.processingTimeSeconds * 1000),
            formatSpeed(metadata.processingSpeed),
          )}
        </p>
      )}
    </div>
  );
}

function FallbackNote({ job, fallback }: { job: Job; fallback: Fallback }) {
  const Icon = fallback.isTrouble ? TriangleAlert : Info;
  return (
    <p
      className={classNames(
        'flex gap-2.5 rounded-md p-3',
        fallback.isTrouble ? 'bg-attention-soft' : 'border border-line bg-sunken',
      )}
    >
      <Icon
        size={16}
        strokeWidth={1.75}
        aria-hidden
        className={classNames('mt-0.5 shrink-0', fallback.isTrouble ? 'text-attention' : 'text-ink-3')}
      />
      <span className="min-w-0 break-words">{fallbackSentence(job, fallback)}</span>
    </p>
  );
}
