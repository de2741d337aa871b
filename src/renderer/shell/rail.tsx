import { Cpu, Gauge, ListVideo, type LucideIcon, Settings, SlidersHorizontal } from 'lucide-react';
import { formatCount } from '../../common/format.ts';
import { classNames } from '../controls/class-names.ts';
import { Tip } from '../controls/tip.tsx';
import type { Page } from '../stores/page-store.ts';
import { useSummary } from '../stores/summary-store.ts';
import { text } from '../text/en.ts';
import { Mark } from './mark.tsx';

const ICONS: Record<Page, LucideIcon> = {
  queue: ListVideo,
  devices: Cpu,
  bench: Gauge,
  presets: SlidersHorizontal,
  settings: Settings,
};

/** Where one can go. Folds to icons in a narrow window. */
export function Rail({ page }: { page: Page }) {
  const open = useSummary(({ summary }) =>
    summary === null ? 0 : summary.counts.running + summary.counts.queued + summary.counts.paused,
  );
  return (
    <nav
      aria-label={text.rail.label}
      className="flex w-12 flex-col gap-0.5 border-r border-line bg-canvas p-2 lg:w-44"
    >
      <div className="mb-2 flex h-8 items-center gap-2.5 px-1">
        <Mark size={22} />
        <span className="hidden text-lg font-semibold tracking-tight lg:block">{text.app.name}</span>
      </div>
      <RailLink to="queue" current={page} {...(open > 0 ? { badge: formatCount(open) } : {})} />
      <RailLink to="devices" current={page} />
      <RailLink to="bench" current={page} />
      <RailLink to="presets" current={page} />
      <div className="flex-1" />
      <RailLink to="settings" current={page} />
    </nav>
  );
}

function RailLink({ to, current, badge }: { to: Page; current: Page; badge?: string }) {
  const Icon = ICONS[to];
  const isCurrent = to === current;
  return (
    <Tip text={text.rail[to]}>
      <a
        href={`#/${to}`}
        aria-label={text.rail[to]}
        aria-current={isCurrent ? 'page' : undefined}
        className={classNames(
          'flex h-8 items-center gap-2.5 rounded-md px-2 transition-colors',
          isCurrent ? 'bg-pressed font-medium text-ink' : 'text-ink-2 hover:bg-hover hover:text-ink',
        )}
      >
        <Icon
          size={16}
          strokeWidth={1.75}
          aria-hidden
          className={classNames('shrink-0', isCurrent && 'text-accent')}
        />
        <span className="hidden flex-1 lg:block">{text.rail[to]}</span>
        {badge !== undefined && <span className="figures hidden text-sm text-ink-3 lg:block">{badge}</span>}
      </a>
    </Tip>
  );
}
