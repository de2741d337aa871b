import type { KeyboardEvent } from 'react';
import type { JobId } from '../../common/ids.ts';
import { closeDetails, openDetails, useDetails } from '../stores/details-store.ts';
import { idAt, indexOf } from '../stores/job-pages.ts';
import { useJobs } from '../stores/jobs-store.ts';
import {
  actionTargets,
  activate,
  clearSelection,
  moveTo,
  toggleSelected,
  useSelection,
} from '../stores/selection-store.ts';
import { actOnJobs, moveJobs } from './job-actions.ts';
import { type RowAt, stepTarget, takesAction } from './job-rules.ts';
import { selectAll, selectUpTo } from './select-range.ts';

interface ListView {
  readonly canReorder: boolean;
  /** Rows that Page up and Page down go. */
  readonly pageRows: number;
  /** Scrolls a row into view. */
  reveal(index: number): void;
  /** Tells the details pane which row the keyboard is on. */
  show(id: JobId): void;
}

/** The keys of the list. Keys pressed in a button inside a row are the button's. */
export function handleListKey(event: KeyboardEvent, view: ListView): void {
  if (event.target !== event.currentTarget) {
    if (event.key === 'Escape' && event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
    return;
  }
  if (react(event, view)) event.preventDefault();
}

/** True when the key meant something here. */
function react(event: KeyboardEvent, view: ListView): boolean {
  const withCommand = event.ctrlKey || event.metaKey;
  const step = rowStep(event.key, view.pageRows);
  if (step !== null) {
    if (event.altKey) return view.canReorder && moveSelected(step, view);
    moveActive(step, event.shiftKey, withCommand, view);
    return true;
  }
  if (withCommand) {
    if (event.key.toLowerCase() !== 'a') return false;
    void selectAll();
    return true;
  }
  const { active, selected } = useSelection.getState();
  switch (event.key) {
    case ' ':
      if (active !== null) toggleSelected(active);
      return true;
    case 'Enter':
      if (active !== null) openDetails(active);
      return true;
    case 'Escape':
      if (selected.size > 0) clearSelection();
      else if (useDetails.getState().jobId !== null) closeDetails();
      else return false;
      return true;
    case 'Delete':
    case 'Backspace':
      void actOnJobs('remove', actionTargets());
      return true;
    case 'p':
      togglePause();
      return true;
    case 'r':
      void actOnJobs('retry', actionTargets());
      return true;
    default:
      return false;
  }
}

function rowStep(key: string, pageRows: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return 1;
    case 'ArrowUp':
      return -1;
    case 'PageDown':
      return pageRows;
    case 'PageUp':
      return -pageRows;
    case 'Home':
      return Number.NEGATIVE_INFINITY;
    case 'End':
      return Number.POSITIVE_INFINITY;
    default:
      return null;
  }
}

function moveActive(step: number, extend: boolean, keepSelection: boolean, view: ListView): void {
  const jobs = useJobs.getState();
  const total = jobs.total ?? 0;
  if (total === 0) return;
  const { active } = useSelection.getState();
  const at = active === null ? null : indexOf(jobs, active);
  const wanted = at === null ? (step > 0 && Number.isFinite(step) ? 0 : step) : at + step;
  const index = Math.min(total - 1, Math.max(0, wanted));
  view.reveal(index);
  const id = idAt(jobs, index);
  // A far row is read once it is on screen; the keyboard follows with the next press.
  if (id === null) return;
  if (extend) void selectUpTo(id);
  else if (keepSelection) moveTo(id);
  else activate(id);
  view.show(id);
}

function moveSelected(step: number, view: ListView): boolean {
  if (Math.abs(step) !== 1) return false;
  const jobs = useJobs.getState();
  const ids = actionTargets();
  const places = ids.map((id) => indexOf(jobs, id)).filter((place) => place !== null);
  const target = stepTarget(rowsOf(), places, step < 0 ? 'up' : 'down');
  if (target === undefined) return true;
  const inOrder = [...ids].sort((a, b) => (indexOf(jobs, a) ?? 0) - (indexOf(jobs, b) ?? 0));
  void moveJobs(inOrder, target);
  const edge = step < 0 ? Math.min(...places) - 1 : Math.max(...places) + 1;
  view.reveal(edge);
  return true;
}

/** The rows of the current list as ordering sees them. */
export function rowsOf(): RowAt {
  const jobs = useJobs.getState();
  return (index) => {
    const id = index < 0 ? null : idAt(jobs, index);
    const job = id === null ? undefined : jobs.byId.get(id);
    return job === undefined ? null : { id: job.id, status: job.status };
  };
}

/** Pauses what can be paused; where nothing can, resumes. */
function togglePause(): void {
  const ids = actionTargets();
  const { byId } = useJobs.getState();
  const canPause = ids.some((id) => takesAction(byId.get(id)?.status ?? 'done', 'pause'));
  void actOnJobs(canPause ? 'pause' : 'resume', ids);
}
