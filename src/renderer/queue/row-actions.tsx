import { Download, Ellipsis, FolderOpen, Pause, Play, RotateCcw, Trash2, X } from 'lucide-react';
import type { Job } from '../../common/job.ts';
import { native } from '../connection/native.ts';
import { IconButton } from '../controls/button.tsx';
import { classNames } from '../controls/class-names.ts';
import { text } from '../text/en.ts';
import { actOnJobs, fetchResult } from './job-actions.ts';
import { JobMenu } from './job-menu.tsx';
import { type JobAction, takesAction } from './job-rules.ts';

/** What a person most likely wants of this job, and a menu with the rest. */
export function RowActions({ job, name, isActive }: { job: Job; name: string; isActive: boolean }) {
  const { status } = job;
  const shared = { tabIndex: isActive ? 0 : -1 };
  // Actions on trouble and results stay in sight; the rest shows where the pointer or the keyboard is.
  const onDemand = {
    ...shared,
    className: classNames(
      'opacity-0 group-hover/row:opacity-100 focus-visible:opacity-100 data-[state=open]:opacity-100',
      '[@media(hover:none)]:opacity-100',
      isActive && 'group-focus-visible/list:opacity-100 group-focus-within/row:opacity-100',
    ),
  };
  const act = (action: JobAction) => () => void actOnJobs(action, [job.id]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only keeps a press of a button from reaching the row
    // biome-ignore lint/a11y/useKeyWithClickEvents: likewise
    <div className="flex items-center" onClick={(event) => event.stopPropagation()}>
      {takesAction(status, 'pause') && (
        <IconButton
          {...onDemand}
          icon={Pause}
          label={text.actions.pauseJob(name)}
          tip={text.actions.pause}
          onClick={act('pause')}
        />
      )}
      {status === 'paused' && (
        <IconButton
          {...shared}
          icon={Play}
          label={text.actions.resumeJob(name)}
          tip={text.actions.resume}
          onClick={act('resume')}
        />
      )}
      {takesAction(status, 'cancel') && (
        <IconButton
          {...onDemand}
          icon={X}
          label={text.actions.cancelJob(name)}
          tip={text.actions.cancel}
          onClick={act('cancel')}
        />
      )}
      {(status === 'failed' || status === 'cancelled') && (
        <>
          <IconButton
            {...(status === 'failed' ? shared : onDemand)}
            icon={RotateCcw}
            label={text.actions.retryJob(name)}
            tip={text.actions.retry}
            onClick={act('retry')}
          />
          <IconButton
            {...(status === 'failed' ? shared : onDemand)}
            icon={Trash2}
            label={text.actions.removeJob(name)}
            tip={text.actions.remove}
            onClick={act('remove')}
          />
        </>
      )}
      {status === 'done' && (
        <IconButton
          {...shared}
          icon={native === null ? Download : FolderOpen}
          label={native === null ? text.actions.downloadJob(name) : text.actions.showJob(name)}
          tip={native === null ? text.actions.download : text.actions.showInFolder}
          onClick={() => void fetchResult(job)}
        />
      )}
      <JobMenu
        job={job}
        trigger={
          <IconButton
            {...onDemand}
            icon={Ellipsis}
            label={text.actions.more(name)}
            tip={text.actions.moreShort}
          />
        }
      />
    </div>
  );
}
