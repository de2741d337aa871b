import { create } from 'zustand';
import type { JobId } from '../../common/ids.ts';

/**
 * `active` is the row that the keyboard is on; `selected` are rows marked for an action on many. With nothing selected
 * an action takes the active row.
 */
interface SelectionState {
  readonly active: JobId | null;
  /** Where a range selection starts. */
  readonly anchor: JobId | null;
  readonly selected: ReadonlySet<JobId>;
}

const NOTHING: SelectionState = { active: null, anchor: null, selected: new Set() };

export const useSelection = create<SelectionState>(() => NOTHING);

/** Moves to a row and forgets what was selected. */
export function activate(id: JobId): void {
  useSelection.setState({ active: id, anchor: id, selected: new Set() });
}

/** Moves to a row and keeps what is selected. */
export function moveTo(id: JobId): void {
  useSelection.setState({ active: id });
}

export function toggleSelected(id: JobId): void {
  useSelection.setState((state) => {
    const selected = new Set(state.selected);
    if (!selected.delete(id)) selected.add(id);
    return { active: id, anchor: id, selected };
  });
}

/** Selects these rows and only them; the anchor stays, so that the range can be drawn anew. */
export function selectRange(ids: readonly JobId[], active: JobId): void {
  useSelection.setState((state) => ({ active, anchor: state.anchor ?? active, selected: new Set(ids) }));
}

export function clearSelection(): void {
  useSelection.setState({ selected: new Set() });
}

export function forgetJobs(ids: readonly JobId[]): void {
  useSelection.setState((state) => {
    const selected = new Set(state.selected);
    for (const id of ids) selected.delete(id);
    const isGone = (id: JobId | null) => id !== null && ids.includes(id);
    return {
      selected,
      active: isGone(state.active) ? null : state.active,
      anchor: isGone(state.anchor) ? null : state.anchor,
    };
  });
}

/** The jobs that an action takes: all selected ones, else the active one. */
export function actionTargets(): JobId[] {
  const { selected, active } = useSelection.getState();
  if (selected.size > 0) return [...selected];
  return active === null ? [] : [active];
}
