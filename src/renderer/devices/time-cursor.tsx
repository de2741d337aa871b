import type { KeyboardEvent, PointerEvent } from 'react';
import { readAt, useReadAt } from '../stores/read-at-store.ts';
import { text } from '../text/en.ts';
import { clockTime } from './clock-time.ts';

/**
 * Lies over the charts of a device. Where the pointer is, or where the arrow keys lead, is the moment that the figures of
 * all devices show; leaving returns to now.
 */
export function TimeCursor({
  label,
  fromMs,
  toMs,
  stepMs,
  rows,
  describe,
}: {
  label: string;
  fromMs: number;
  toMs: number;
  /** How far an arrow key moves. */
  stepMs: number;
  /** Rows of the grid that it covers. */
  rows: number;
  /** What the charts show at a moment, in words. */
  describe: (atMs: number) => string;
}) {
  const atMs = useReadAt((state) => state.atMs);
  const shownMs = atMs === null ? null : Math.min(toMs, Math.max(fromMs, atMs));
  const follow = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    readAt(fromMs + ((event.clientX - left) / Math.max(1, width)) * (toMs - fromMs));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = keyTarget(event.key, shownMs ?? toMs, { fromMs, toMs, stepMs });
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    readAt(target);
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={Math.round(fromMs / 1000)}
      aria-valuemax={Math.round(toMs / 1000)}
      aria-valuenow={Math.round((shownMs ?? toMs) / 1000)}
      aria-valuetext={
        shownMs === null ? text.devices.now : text.devices.moment(clockTime(shownMs), describe(shownMs))
      }
      onPointerMove={follow}
      onPointerLeave={() => readAt(null)}
      onBlur={() => readAt(null)}
      onKeyDown={onKeyDown}
      className="relative col-start-2 row-start-1 h-full rounded-sm"
      style={{ gridRowEnd: `span ${rows}` }}
    >
      {shownMs !== null && (
        <span
          className="pointer-events-none absolute inset-y-0 w-px bg-ink-3"
          style={{ left: `${((shownMs - fromMs) / Math.max(1, toMs - fromMs)) * 100}%` }}
        />
      )}
    </div>
  );
}

/** Where a key leads: a moment, null for now, undefined where the key means nothing here. */
export function keyTarget(
  key: string,
  atMs: number,
  { fromMs, toMs, stepMs }: { fromMs: number; toMs: number; stepMs: number },
): number | null | undefined {
  const page = (toMs - fromMs) / 10;
  const moves: Record<string, number> = {
    ArrowLeft: -stepMs,
    ArrowDown: -stepMs,
    ArrowRight: stepMs,
    ArrowUp: stepMs,
    PageDown: -page,
    PageUp: page,
  };
  if (key === 'Home') return fromMs;
  if (key === 'End' || key === 'Escape') return null;
  const move = moves[key];
  if (move === undefined) return undefined;
  const target = Math.max(fromMs, atMs + move);
  return target >= toMs ? null : target;
}
