import { type PointerEvent, type RefObject, useCallback, useState } from 'react';
import type { JobId } from '../../common/ids.ts';
import { indexOf } from '../stores/job-pages.ts';
import { holdOrder, useJobs } from '../stores/jobs-store.ts';
import { useSelection } from '../stores/selection-store.ts';
import { moveJobs } from './job-actions.ts';
import { dropTarget, isWaiting } from './job-rules.ts';
import { rowsOf } from './list-keys.ts';
import { ROW_HEIGHT } from './row-columns.ts';

/** A press that moves less than this is a click. */
const THRESHOLD_PX = 5;
const HEADER_PX = 28;
const EDGE_PX = 36;
const SCROLL_PX_PER_FRAME = 10;

/**
 * Moves waiting rows with the pointer: the dragged row, or the whole selection when it is part of it. `line` is the row
 * above which they would land, null while nothing is dragged.
 */
export function useRowDrag(scroller: RefObject<HTMLElement | null>, total: number) {
  const [line, setLine] = useState<number | null>(null);

  const onRowPointerDown = useCallback(
    (id: JobId, down: PointerEvent) => {
      const list = scroller.current;
      // A finger scrolls; only mouse and pen drag.
      if (list === null || down.button !== 0 || down.pointerType === 'touch') return;
      if (down.target instanceof Element && down.target.closest('button') !== null) return;
      const ids = draggedJobs(id);
      const stop = new AbortController();
      let isDragging = false;
      let pointerY = down.clientY;
      let target: JobId | null | undefined;

      const place = () => {
        const top = list.getBoundingClientRect().top + HEADER_PX;
        const index = Math.round((pointerY - top + list.scrollTop) / ROW_HEIGHT);
        const clamped = Math.min(total, Math.max(0, index));
        target = dropTarget(rowsOf(), clamped, new Set(ids));
        setLine(target === undefined ? null : clamped);
        holdOrder(1_000);
      };
      const scrollAtEdge = () => {
        if (stop.signal.aborted) return;
        const { top, bottom } = list.getBoundingClientRect();
        if (pointerY < top + HEADER_PX + EDGE_PX) list.scrollTop -= SCROLL_PX_PER_FRAME;
        else if (pointerY > bottom - EDGE_PX) list.scrollTop += SCROLL_PX_PER_FRAME;
        place();
        requestAnimationFrame(scrollAtEdge);
      };
      const finish = (drop: boolean) => {
        stop.abort();
        setLine(null);
        if (!isDragging) return;
        holdOrder(0);
        swallowClick();
        if (drop && target !== undefined) void moveJobs(ids, target);
      };

      const listen = { signal: stop.signal };
      window.addEventListener(
        'pointermove',
        (move) => {
          pointerY = move.clientY;
          if (isDragging || Math.abs(pointerY - down.clientY) < THRESHOLD_PX) return;
          isDragging = true;
          scrollAtEdge();
        },
        listen,
      );
      window.addEventListener('pointerup', () => finish(true), listen);
      window.addEventListener('pointercancel', () => finish(false), listen);
      window.addEventListener('blur', () => finish(false), listen);
      window.addEventListener(
        'keydown',
        (event) => {
          if (event.key === 'Escape') finish(false);
        },
        listen,
      );
    },
    [scroller, total],
  );

  return { line, onRowPointerDown };
}

/** The selection in the list's order when the row is part of it, else the row alone. Only jobs that wait. */
function draggedJobs(id: JobId): JobId[] {
  const { selected } = useSelection.getState();
  if (!selected.has(id)) return [id];
  const jobs = useJobs.getState();
  return [...selected]
    .filter((one) => isWaiting(jobs.byId.get(one)?.status ?? 'done'))
    .sort((a, b) => (indexOf(jobs, a) ?? 0) - (indexOf(jobs, b) ?? 0));
}

/** The click that ends a drag opens nothing. */
function swallowClick(): void {
  const swallow = (event: Event) => {
    event.stopPropagation();
    event.preventDefault();
  };
  window.addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener('click', swallow, { capture: true }), 0);
}
