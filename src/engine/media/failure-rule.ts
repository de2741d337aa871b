import type { Problem } from '../../common/problem.ts';

/** What a rule says about a line. The line itself becomes the problem's `detail`. */
export type Explanation = Omit<Problem, 'detail'>;

/** Null when a closer look says that the line tells nothing. `log` is the whole log, for facts on a neighbouring line. */
type Explain = (match: RegExpMatchArray, log: readonly string[]) => Explanation | null;

/**
 * One telling line of ffmpeg. Patterns see the line without its `[component @ 0x…]` marks and with the two paths of the
 * run replaced by `<source>` and `<output>`, so that a file called "No space left on device.mp4" means nothing.
 */
export interface FailureRule {
  readonly pattern: RegExp;
  /** A `cause` ends the run wherever it stands. A `hint` also shows up in runs that go on, and counts when no cause does. */
  readonly weight: 'cause' | 'hint';
  readonly explain: Explain;
}

export function cause(pattern: RegExp, explain: Explain | Explanation): FailureRule {
  return { pattern, weight: 'cause', explain: typeof explain === 'function' ? explain : () => explain };
}

export function hint(pattern: RegExp, explain: Explain | Explanation): FailureRule {
  return { pattern, weight: 'hint', explain: typeof explain === 'function' ? explain : () => explain };
}

export function explanation(code: Problem['code'], message: string, nextStep: string): Explanation {
  return { code, message, nextStep };
}

/** A line of ffmpeg's without the leading `[h264_nvenc @ 0x55…]`, `[error]`, `[in#0/mov @ …]` and the like. */
export function withoutMarks(line: string): string {
  return line.replace(/^(?:\[[^\]]*\]\s*)+/, '');
}
