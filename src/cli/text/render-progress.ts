import { formatEta, formatFps, formatPercent, formatSpeed, UNKNOWN } from '../../common/format.ts';
import type { Progress } from '../../common/job.ts';
import { displayWidth, ellipsize, padEnd, padStart } from './columns.ts';
import { printable } from './printable.ts';

/** One running job, as the progress display needs it. */
export interface ProgressRow {
  /** The source's file name, as the disk has it. */
  readonly name: string;
  readonly progress: Progress;
  /** Held while running: the process stands still. */
  readonly isPaused: boolean;
}

/** Columns that may be dropped when the terminal is narrow, least important last. */
const MAX_NAME_COLUMNS = 48;
const MIN_NAME_COLUMNS = 10;
const MAX_BAR_COLUMNS = 24;
const MIN_BAR_COLUMNS = 6;

/**
 * The progress display: one line for each running job, none wider than the terminal.
 * On a narrow terminal frame rate, ETA, speed and bar go, in this order; name and percent stay.
 *
 * @param width columns of the terminal
 */
export function renderProgress(rows: readonly ProgressRow[], width: number): string[] {
  const cells = rows.map((row) => ({
    name: printable(row.name),
    percent: padStart(formatPercent(row.progress.fraction), 5),
    speed: padStart(row.isPaused ? 'paused' : formatSpeed(row.progress.speedX), 6),
    eta: padStart(row.progress.etaMs === null ? UNKNOWN : `${formatEta(row.progress.etaMs)} left`, 14),
    fps: padStart(formatFps(row.progress.fps), 9),
    fraction: row.progress.fraction,
  }));
  // The last column of a terminal wraps the line on some; leave it empty.
  const usable = Math.max(1, width - 1);
  const longestName = Math.max(0, ...cells.map((cell) => displayWidth(cell.name)));
  const layout = chooseLayout(usable, longestName);
  return cells.map((cell) => {
    const parts = [padEnd(ellipsize(cell.name, layout.name), layout.name)];
    if (layout.bar > 0) parts.push(renderBar(cell.fraction, layout.bar));
    parts.push(cell.percent);
    if (layout.speed) parts.push(cell.speed);
    if (layout.fps) parts.push(cell.fps);
    if (layout.eta) parts.push(cell.eta);
    return ellipsize(parts.join('  '), usable);
  });
}

interface Layout {
  readonly name: number;
  readonly bar: number;
  readonly speed: boolean;
  readonly eta: boolean;
  readonly fps: boolean;
}

function chooseLayout(usable: number, longestName: number): Layout {
  const wanted = Math.min(Math.max(longestName, MIN_NAME_COLUMNS), MAX_NAME_COLUMNS);
  const percent = 2 + 5;
  const optional = { speed: 2 + 6, eta: 2 + 14, fps: 2 + 9 };
  const steps = [
    { speed: true, eta: true, fps: true },
    { speed: true, eta: true, fps: false },
    { speed: true, eta: false, fps: false },
    { speed: false, eta: false, fps: false },
  ];
  for (const step of steps) {
    const fixed =
      percent +
      (step.speed ? optional.speed : 0) +
      (step.eta ? optional.eta : 0) +
      (step.fps ? optional.fps : 0);
    const room = usable - fixed - 2;
    if (room < MIN_NAME_COLUMNS + MIN_BAR_COLUMNS) continue;
    const name = Math.min(wanted, room - MIN_BAR_COLUMNS);
    return { ...step, name, bar: Math.min(MAX_BAR_COLUMNS, room - name) };
  }
  return {
    speed: false,
    eta: false,
    fps: false,
    name: Math.max(1, Math.min(wanted, usable - percent)),
    bar: 0,
  };
}

function renderBar(fraction: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}
