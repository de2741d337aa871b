import { ArrowUpToLine, Pause, Play, RotateCcw, Trash2, X } from 'lucide-react';
import { formatCount } from '../../common/format.ts';
import { Button, IconButton } from '../controls/button.tsx';
import { useJobs } from '../stores/jobs-store.ts';
import { clearSelection, useSelection } from '../stores/selection-store.ts';
import { text } from '../text/en.ts';
import { actOnJobs, moveToTop } from './job-actions.ts';
import { isWaiting, type JobAction, takesAction } from './job-rules.ts';

/** What can be done with the selected rows. Floats over the list, so that no row moves when it comes. */
export function SelectionBar() {
  const selected = useSelection((state) => state.selected);
  const byId = useJobs((state) => state.byId);
  if (selected.size === 0) return null;
  const ids = [...selected];
  // A row that is not loaded may be in any state.
  const statuses = new Set(ids.map((id) => byId.get(id)?.status ?? null));
  const offers = (action: JobAction) =>
    [...statuses].some((status) => status === null || takesAction(status, action));
  const canMove = [...statuses].some((status) => status === null || isWaiting(status));
  return (
    <div className="pointer-events-none absolute inset-x-0 bottom-3 z-20 flex justify-center px-3">
      <div
        role="toolbar"
        aria-label={text.selection.label}
        className="rise-in pointer-events-auto flex max-w-full items-center gap-0.5 overflow-x-auto rounded-lg border border-line-strong bg-raised p-1 shadow-2"
      >
        <span role="status" className="figures px-2.5 font-medium">
          {text.selection.count(formatCount(selected.size))}
        </span>
        {offers('pause') && (
          <Button look="quiet" icon={Pause} onClick={() => void actOnJobs('pause', ids)}>
            {text.actions.pause}
          </Button>
        )}
        {offers('resume') && (
          <Button look="quiet" icon={Play} onClick={() => void actOnJobs('resume', ids)}>
            {text.actions.resume}
          </Button>
        )}
        {canMove && (
          <Button look="quiet" icon={ArrowUpToLine} onClick={() => void moveToTop(ids)}>
            {text.actions.moveToTop}
          </Button>
        )}
        {offers('retry') && (
          <Button look="quiet" icon={RotateCcw} onClick={() => void actOnJobs('retry', ids)}>
            {text.actions.retry}
          </Button>
        )}
        {offers('cancel') && (
          <Button look="quiet" icon={X} onClick={() => void actOnJobs('cancel', ids)}>
            {text.actions.cancel}
          </Button>
        )}
        <Button look="quiet" icon={Trash2} onClick={() => void actOnJobs('remove', ids)}>
          {text.actions.remove}
        </Button>
        <IconButton icon={X} label={text.selection.clear} onClick={clearSelection} />
      </div>
    </div>
  );
}
