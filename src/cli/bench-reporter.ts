import type { BenchResult, BenchRun } from '../common/bench.ts';
import { LiveDisplay } from './live-display.ts';
import type { Terminal } from './terminal.ts';
import { benchResultLine, benchRunText } from './text/bench-text.ts';
import { ellipsize } from './text/columns.ts';
import { jsonLine, printable } from './text/printable.ts';

/** Told of a benchmark while it runs. */
export interface BenchReporter {
  /** After every change of the run. */
  changed(run: BenchRun): void;
  /** Once for each result. */
  result(result: BenchResult): void;
  notice(text: string): void;
  /** The run as it ended. */
  ended(run: BenchRun): void;
  close(): void;
}

/** One JSON object a line on `out`: each result as it comes in, and at last the whole run. */
export function jsonBenchReporter(terminal: Terminal): BenchReporter {
  const emit = (event: { type: string; [key: string]: unknown }) => terminal.out(`${jsonLine(event)}\n`);
  return {
    changed: () => {},
    result: (result) => emit({ type: 'result', result }),
    notice: (text) => terminal.err(`${text}\n`),
    ended: (run) => emit({ type: 'run', run }),
    close: () => {},
  };
}

/** For people: what is measured now, results as they come in, and the table at the end on `out`. */
export function textBenchReporter(terminal: Terminal): BenchReporter {
  const live = terminal.isInteractive ? new LiveDisplay(terminal) : null;
  let mentioned: string | null = null;
  const print = (to: 'out' | 'err', text: string) => {
    if (live === null) terminal[to](text);
    else live.print(to, text);
  };
  return {
    changed: (run) => {
      const now = nowText(run);
      if (now === null) return;
      if (live !== null) live.draw([ellipsize(now, terminal.size().columns - 1)]);
      // Without a line to redraw, what is measured is told by its result.
      else if (run.status === 'waiting' && now !== mentioned) terminal.err(`${now}\n`);
      mentioned = now;
    },
    result: (result) => print('err', `${benchResultLine(result)}\n`),
    notice: (text) => print('err', `${text}\n`),
    ended: (run) => {
      live?.clear();
      terminal.out(benchRunText(run));
    },
    close: () => live?.clear(),
  };
}

function nowText({ status, current, done, total }: BenchRun): string | null {
  if (current === null) return null;
  const what = printable(current);
  return status === 'waiting' ? `Waiting for ${what}.` : `${done} of ${total}  ${what}`;
}
