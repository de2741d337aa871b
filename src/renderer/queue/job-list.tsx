import { useVirtualizer } from '@tanstack/react-virtual';
import { type MouseEvent, useCallback, useEffect, useRef } from 'react';
import type { JobId } from '../../common/ids.ts';
import { classNames } from '../controls/class-names.ts';
import { followDetails, openDetails } from '../stores/details-store.ts';
import { idAt } from '../stores/job-pages.ts';
import { holdOrder, showRows, useJobs } from '../stores/jobs-store.ts';
import { activate, toggleSelected, useSelection } from '../stores/selection-store.ts';
import { text } from '../text/en.ts';
import { Grid, GridHeading, GridRow, GridRowGroup } from './grid-parts.tsx';
import { JobRow, rowElementId } from './job-row.tsx';
import { handleListKey } from './list-keys.ts';
import { DEVICE_COLUMN, PRESET_COLUMN, ROW_GRID, ROW_HEIGHT } from './row-columns.ts';
import { selectUpTo } from './select-range.ts';
import { useRowDrag } from './use-row-drag.ts';

/** Rows stay where they are for this long after the pointer moved over them. */
const POINTER_HOLD_MS = 900;

/** The queue, one row a job; only rows on screen exist. */
export function JobList() {
  const scroller = useRef<HTMLDivElement>(null);
  const total = useJobs((state) => state.total) ?? 0;
  const filter = useJobs((state) => state.filter);
  const search = useJobs((state) => state.search);
  // Rows read their ids from the pages; a new set of pages draws them anew.
  useJobs((state) => state.pages);
  const active = useSelection((state) => state.active);
  const canReorder = (filter === 'all' || filter === 'waiting') && search === '';

  const virtualizer = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  const rows = virtualizer.getVirtualItems();
  const first = rows[0]?.index ?? 0;
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => showRows(first, last), [first, last]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another query starts at its top
  useEffect(() => {
    virtualizer.scrollToOffset(0);
  }, [filter, search]);

  const drag = useRowDrag(scroller, total);
  const onRowClick = useCallback((id: JobId, event: MouseEvent) => {
    if (event.shiftKey) void selectUpTo(id);
    else if (event.ctrlKey || event.metaKey) toggleSelected(id);
    else {
      activate(id);
      openDetails(id);
    }
  }, []);
  const onCheck = useCallback((id: JobId, event: MouseEvent) => {
    event.stopPropagation();
    if (event.shiftKey) void selectUpTo(id);
    else toggleSelected(id);
  }, []);

  const pages = useJobs.getState();
  const activeIsDrawn = active !== null && rows.some((row) => idAt(pages, row.index) === active);
  return (
    <div className="@container flex min-h-0 flex-1 flex-col">
      <Grid
        ref={scroller}
        tabIndex={0}
        aria-label={text.queue.listLabel}
        aria-multiselectable
        aria-rowcount={total + 1}
        aria-activedescendant={activeIsDrawn ? rowElementId(active) : undefined}
        onKeyDown={(event) =>
          handleListKey(event, {
            canReorder,
            pageRows: Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 2),
            reveal: (index) => virtualizer.scrollToIndex(index),
            show: followDetails,
          })
        }
        onPointerMove={() => holdOrder(POINTER_HOLD_MS)}
        className={classNames(
          'group/list relative min-h-0 flex-1 overflow-y-auto overscroll-contain outline-none select-none',
          drag.line !== null && 'cursor-grabbing',
        )}
      >
        <GridRowGroup className="sticky top-0 z-10">
          <GridRow
            aria-rowindex={1}
            className={classNames(ROW_GRID, 'h-7 border-b border-line bg-surface text-sm text-ink-3')}
          >
            <GridHeading>
              <span className="sr-only">{text.columns.status}</span>
            </GridHeading>
            <GridHeading>{text.columns.name}</GridHeading>
            <GridHeading className={PRESET_COLUMN}>{text.columns.preset}</GridHeading>
            <GridHeading className={DEVICE_COLUMN}>{text.columns.device}</GridHeading>
            <GridHeading>{text.columns.progress}</GridHeading>
            <GridHeading className="text-right">{text.columns.size}</GridHeading>
            <GridHeading>
              <span className="sr-only">{text.columns.actions}</span>
            </GridHeading>
          </GridRow>
        </GridRowGroup>
        <GridRowGroup className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {rows.map((row) => {
            const id = idAt(pages, row.index);
            return (
              <JobRow
                key={id ?? `place-${row.index}`}
                id={id}
                index={row.index}
                top={row.start}
                canReorder={canReorder}
                onRowClick={onRowClick}
                onRowPointerDown={drag.onRowPointerDown}
                onCheck={onCheck}
              />
            );
          })}
          {drag.line !== null && (
            <div
              role="presentation"
              className="pointer-events-none absolute inset-x-2 top-0 z-10 h-0.5 rounded-full bg-accent"
              style={{ transform: `translateY(${drag.line * ROW_HEIGHT - 1}px)` }}
            />
          )}
        </GridRowGroup>
      </Grid>
    </div>
  );
}
