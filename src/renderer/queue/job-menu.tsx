import {
  ArrowUpToLine,
  ClipboardCopy,
  Download,
  FolderOpen,
  Info,
  Pause,
  Play,
  RotateCcw,
  Trash2,
  X,
} from 'lucide-react';
import type { ReactNode } from 'react';
import type { Job } from '../../common/job.ts';
import { copyText } from '../connection/copy-text.ts';
import { native } from '../connection/native.ts';
import { Menu, MenuItem, MenuLine } from '../controls/menu.tsx';
import { openDetails } from '../stores/details-store.ts';
import { text } from '../text/en.ts';
import { actOnJobs, fetchResult, moveToTop } from './job-actions.ts';
import { isWaiting, takesAction } from './job-rules.ts';

/** Everything that can be done with one job. */
export function JobMenu({ job, trigger }: { job: Job; trigger: ReactNode }) {
  const { id, status } = job;
  return (
    <Menu trigger={trigger}>
      <MenuItem icon={Info} keys="Enter" onSelect={() => openDetails(id)}>
        {text.actions.details}
      </MenuItem>
      {job.output !== null && (
        <MenuItem icon={native === null ? Download : FolderOpen} onSelect={() => void fetchResult(job)}>
          {native === null ? text.actions.download : text.actions.showInFolder}
        </MenuItem>
      )}
      <MenuItem icon={ClipboardCopy} onSelect={() => void copyText(job.source)}>
        {text.actions.copyPath}
      </MenuItem>
      <MenuLine />
      {takesAction(status, 'pause') && (
        <MenuItem icon={Pause} keys="P" onSelect={() => void actOnJobs('pause', [id])}>
          {text.actions.pause}
        </MenuItem>
      )}
      {takesAction(status, 'resume') && (
        <MenuItem icon={Play} keys="P" onSelect={() => void actOnJobs('resume', [id])}>
          {text.actions.resume}
        </MenuItem>
      )}
      {isWaiting(status) && (
        <MenuItem icon={ArrowUpToLine} onSelect={() => void moveToTop([id])}>
          {text.actions.moveToTop}
        </MenuItem>
      )}
      {takesAction(status, 'retry') && (
        <MenuItem icon={RotateCcw} keys="R" onSelect={() => void actOnJobs('retry', [id])}>
          {status === 'done' ? text.actions.encodeAgain : text.actions.retry}
        </MenuItem>
      )}
      {takesAction(status, 'cancel') && (
        <MenuItem icon={X} onSelect={() => void actOnJobs('cancel', [id])}>
          {text.actions.cancel}
        </MenuItem>
      )}
      <MenuItem icon={Trash2} keys="Del" danger onSelect={() => void actOnJobs('remove', [id])}>
        {text.actions.remove}
      </MenuItem>
    </Menu>
  );
}
