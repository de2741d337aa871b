import type { Problem } from '../common/problem.ts';
import type { Terminal } from './terminal.ts';
import { jsonLine, printable } from './text/printable.ts';

/** A failure for people: what happened, what to do, and the machine's own words where they say more. */
export function problemText(problem: Problem): string {
  const lines = [printable(problem.message), printable(problem.nextStep)];
  if (problem.detail !== undefined) {
    lines.push(...problem.detail.split('\n').map((line) => `  ${printable(line)}`));
  }
  return `${lines.join('\n')}\n`;
}

/** Tells a failure of the whole command. With JSON, `{"error":…}` on `out` as well. */
export function printProblem(terminal: Terminal, json: boolean, problem: Problem): void {
  if (json) terminal.out(`${jsonLine({ error: problem })}\n`);
  terminal.err(problemText(problem));
}
