import { Ellipsis, Pause, Play, Search, Trash2, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { formatCount, formatEta } from '../../common/format.ts';
import type { QueueSummary } from '../../common/job.ts';
import { Button, IconButton } from '../controls/button.tsx';
import { classNames } from '../controls/class-names.ts';
import { Menu, MenuItem } from '../controls/menu.tsx';
import { FILTER_STATUSES, JOB_FILTERS, type JobFilter, showJobs, useJobs } from '../stores/jobs-store.ts';
import { useSummary } from '../stores/summary-store.ts';
import { text } from '../text/en.ts';
import { clearJobs, pauseQueue, resumeQueue } from './job-actions.ts';

const SEARCH_DELAY_MS = 180;

/** Counts as filters, search, when all is done, and the switch for the whole queue. */
export function QueueToolbar() {
  const summary = useSummary((state) => state.summary);
  const hasWork = summary !== null && summary.counts.running + summary.counts.queued > 0;
  return (
    <div className="@container shrink-0 border-b border-line">
      <div className="flex h-11 items-center gap-2 px-3 @4xl:gap-3">
        <Filters summary={summary} />
        <div className="flex-1" />
        <SearchBox />
        {hasWork && (
          <span className="figures shrink-0 text-sm text-ink-2" title={text.queue.eta}>
            <span className="sr-only @4xl:not-sr-only">{text.queue.eta}</span>{' '}
            <span className="text-ink">{formatEta(summary.etaMs)}</span>
          </span>
        )}
        {summary?.isPaused ? (
          <Button look="primary" icon={Play} onClick={() => void resumeQueue()}>
            {text.queue.resumeAll}
          </Button>
        ) : (
          hasWork && (
            <Button icon={Pause} onClick={() => void pauseQueue()} title={text.queue.pauseAll}>
              <span className="sr-only @4xl:not-sr-only">{text.queue.pauseAll}</span>
            </Button>
          )
        )}
        <ClearMenu summary={summary} />
      </div>
    </div>
  );
}

function Filters({ summary }: { summary: QueueSummary | null }) {
  const current = useJobs((state) => state.filter);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would want to be part of a form
    <div
      role="group"
      aria-label={text.queue.filterLabel}
      className="flex min-w-0 items-center gap-0.5 overflow-x-auto [scrollbar-width:none]"
    >
      {JOB_FILTERS.map((filter) => {
        const count = countOf(summary, filter);
        // Cancelled jobs are rare: their filter comes when there are some.
        if (filter === 'cancelled' && count === 0 && current !== filter) return null;
        return (
          <button
            key={filter}
            type="button"
            aria-pressed={filter === current}
            onClick={() => showJobs({ filter })}
            className={classNames(
              'flex h-7 shrink-0 items-center gap-1.5 rounded-md px-1.5 transition-colors @4xl:px-2',
              filter === current
                ? 'bg-pressed font-medium text-ink'
                : 'text-ink-2 hover:bg-hover hover:text-ink',
            )}
          >
            {text.filters[filter]}
            <span
              className={classNames(
                'figures text-sm',
                filter === 'failed' && count > 0 ? 'text-failed' : 'text-ink-3',
              )}
            >
              {formatCount(count)}
            </span>
          </button>
        );
      })}
    </div>
  );
}

function countOf(summary: QueueSummary | null, filter: JobFilter): number {
  if (summary === null) return 0;
  if (filter === 'all') return summary.total;
  return FILTER_STATUSES[filter].reduce((sum, status) => sum + summary.counts[status], 0);
}

function SearchBox() {
  const applied = useJobs((state) => state.search);
  const [typed, setTyped] = useState(applied);
  // "Show all" empties the search from elsewhere.
  useEffect(() => setTyped(applied), [applied]);
  useEffect(() => {
    if (typed === applied) return;
    const timer = setTimeout(() => showJobs({ search: typed }), SEARCH_DELAY_MS);
    return () => clearTimeout(timer);
  }, [typed, applied]);
  return (
    <div
      className={classNames(
        'relative shrink-0 transition-[width] focus-within:w-40 @4xl:w-44',
        // In a narrow window it is only its icon until it is used.
        typed === '' ? 'w-7' : 'w-40',
      )}
    >
      <Search
        size={14}
        strokeWidth={1.75}
        aria-hidden
        className="absolute top-1/2 left-2 -translate-y-1/2 text-ink-3"
      />
      <input
        type="search"
        aria-label={text.queue.search}
        placeholder={text.queue.search}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setTyped('');
        }}
        className="h-7 w-full rounded-md border border-line bg-sunken pl-7 transition-colors hover:border-line-strong [&::-webkit-search-cancel-button]:hidden"
      />
      {typed !== '' && (
        <button
          type="button"
          aria-label={text.queue.clearSearch}
          onClick={() => setTyped('')}
          className="absolute top-1 right-1 flex size-5 items-center justify-center rounded-sm text-ink-3 hover:bg-pressed hover:text-ink"
        >
          <X size={14} strokeWidth={1.75} aria-hidden />
        </button>
      )}
    </div>
  );
}

const CLEARABLE = ['done', 'failed', 'cancelled'] as const;

function ClearMenu({ summary }: { summary: QueueSummary | null }) {
  return (
    <Menu trigger={<IconButton icon={Ellipsis} label={text.queue.more} className="-ml-2" />}>
      {CLEARABLE.map((status) => {
        const count = summary?.counts[status] ?? 0;
        return (
          <MenuItem
            key={status}
            icon={Trash2}
            disabled={count === 0}
            onSelect={() => void clearJobs(status, count)}
          >
            {text.queue.clear[status]}
          </MenuItem>
        );
      })}
    </Menu>
  );
}
