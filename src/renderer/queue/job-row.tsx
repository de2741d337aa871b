import { Check, GripVertical } from 'lucide-react';
import { type MouseEvent, memo, type PointerEvent } from 'react';
import type { JobId } from '../../common/ids.ts';
import type { Job } from '../../common/job.ts';
import { classNames } from '../controls/class-names.ts';
import { fileName, folderOf } from '../controls/file-path.ts';
import { MiddleEllipsis } from '../controls/middle-ellipsis.tsx';
import { jobDeviceName } from '../devices/device-words.ts';
import { useDetails } from '../stores/details-store.ts';
import { useDevices } from '../stores/devices-store.ts';
import { useJobs } from '../stores/jobs-store.ts';
import { usePresets } from '../stores/presets-store.ts';
import { useSelection } from '../stores/selection-store.ts';
import { text } from '../text/en.ts';
import { FallbackMark } from './fallback-mark.tsx';
import { GridCell, GridRow } from './grid-parts.tsx';
import { isWaiting } from './job-rules.ts';
import { ProgressCell } from './progress-cell.tsx';
import { RowActions } from './row-actions.tsx';
import { DEVICE_COLUMN, PRESET_COLUMN, ROW_GRID, ROW_HEIGHT } from './row-columns.ts';
import { SizeCell } from './size-cell.tsx';
import { StatusIcon } from './status-icon.tsx';

export interface RowHandlers {
  onRowClick(id: JobId, event: MouseEvent): void;
  onRowPointerDown(id: JobId, event: PointerEvent): void;
  onCheck(id: JobId, event: MouseEvent): void;
}

export function rowElementId(id: JobId): string {
  return `job-${id}`;
}

interface JobRowProps extends RowHandlers {
  id: JobId | null;
  index: number;
  top: number;
  canReorder: boolean;
}

/** One job. A row whose job is not loaded yet keeps its place. */
export const JobRow = memo(function JobRow({ id, index, top, canReorder, ...handlers }: JobRowProps) {
  const job = useJobs((state) => (id === null ? undefined : state.byId.get(id)));
  const position = { height: ROW_HEIGHT, transform: `translateY(${top}px)` };
  if (job === undefined) {
    return (
      <GridRow aria-rowindex={index + 2} className="absolute inset-x-0 top-0" style={position}>
        <GridCell className={classNames(ROW_GRID, 'h-full')}>
          <span className="size-4 rounded-full bg-track" />
          <span className="h-2 w-40 rounded-full bg-track" />
        </GridCell>
      </GridRow>
    );
  }
  return <LoadedRow job={job} index={index} position={position} canReorder={canReorder} {...handlers} />;
});

interface LoadedRowProps extends RowHandlers {
  job: Job;
  index: number;
  position: { height: number; transform: string };
  canReorder: boolean;
}

function LoadedRow({
  job,
  index,
  position,
  canReorder,
  onRowClick,
  onRowPointerDown,
  onCheck,
}: LoadedRowProps) {
  const isActive = useSelection((state) => state.active === job.id);
  const isSelected = useSelection((state) => state.selected.has(job.id));
  const isOpen = useDetails((state) => state.jobId === job.id);
  const device = useDevices(({ list }) => jobDeviceName(list?.devices ?? [], job));
  const preset = usePresets(
    ({ presets }) => presets?.find((one) => one.id === job.preset)?.name ?? job.preset,
  );
  const name = fileName(job.source);
  const canMove = canReorder && isWaiting(job.status);
  return (
    <GridRow
      id={rowElementId(job.id)}
      aria-rowindex={index + 2}
      aria-selected={isSelected || isOpen}
      data-status={job.status}
      onClick={(event) => onRowClick(job.id, event)}
      onPointerDown={canMove ? (event) => onRowPointerDown(job.id, event) : undefined}
      style={position}
      className={classNames(
        'group/row absolute inset-x-0 top-0 border-b border-line',
        isSelected || isOpen ? 'bg-selected' : 'hover:bg-hover',
        isActive && 'group-focus-visible/list:shadow-[inset_0_0_0_2px_var(--accent)]',
      )}
    >
      {canMove && (
        <GripVertical
          size={12}
          strokeWidth={2}
          aria-hidden
          className="absolute top-4 left-0.5 text-ink-3 opacity-0 group-hover/row:opacity-100"
        />
      )}
      <div role="presentation" className={classNames(ROW_GRID, 'h-full')}>
        <GridCell className="relative flex size-5 items-center justify-center">
          <span className={isSelected ? 'hidden' : 'group-hover/row:invisible'}>
            <StatusIcon status={job.status} fraction={job.progress.fraction} />
          </span>
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={text.queue.select(name)}
            checked={isSelected}
            // The press itself selects: it knows about Shift.
            onChange={() => undefined}
            onClick={(event) => onCheck(job.id, event)}
            className={classNames(
              'absolute inset-0.5 appearance-none rounded-sm border',
              isSelected
                ? 'border-accent bg-accent'
                : 'border-line-strong bg-surface opacity-0 group-hover/row:opacity-100',
            )}
          />
          {isSelected && (
            <Check
              size={12}
              strokeWidth={3}
              aria-hidden
              className="pointer-events-none absolute text-on-accent"
            />
          )}
        </GridCell>
        <GridCell className="flex min-w-0 items-baseline gap-2">
          <MiddleEllipsis text={name} className="font-medium" />
          <FallbackMark job={job} className="self-center @3xl:hidden" />
          <span className="hidden min-w-0 flex-1 truncate text-sm text-ink-3 @4xl:block" title={job.source}>
            {job.sourceSummary ?? folderOf(job.source)}
          </span>
        </GridCell>
        <GridCell className={classNames(PRESET_COLUMN, 'truncate text-ink-2')} title={preset}>
          {preset}
        </GridCell>
        <GridCell className={classNames(DEVICE_COLUMN, 'min-w-0 text-ink-2')}>
          <span className="flex min-w-0 items-center gap-1.5">
            <span className="truncate" title={device}>
              {device}
            </span>
            <FallbackMark job={job} />
          </span>
        </GridCell>
        {job.status === 'failed' && job.error !== null ? (
          <GridCell className="col-span-2 min-w-0">
            <p className="truncate text-failed" title={`${job.error.message} ${job.error.nextStep}`}>
              {job.error.message}
            </p>
          </GridCell>
        ) : (
          <>
            <ProgressCell job={job} />
            <SizeCell job={job} />
          </>
        )}
        <GridCell className="flex items-center justify-end">
          <RowActions job={job} name={name} isActive={isActive} />
        </GridCell>
      </div>
    </GridRow>
  );
}
