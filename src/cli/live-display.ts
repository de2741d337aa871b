import type { Terminal } from './terminal.ts';

/** Moves the cursor up over the lines and clears from there to the end of the screen. */
const eraseLines = (count: number) => (count === 0 ? '' : `\u001b[${count}A\r\u001b[J`);

/**
 * Lines at the bottom of the terminal that are drawn over and over, with ordinary output scrolling by above them.
 * Everything else that is written while it is in use has to go through `print`.
 */
export class LiveDisplay {
  readonly #terminal: Terminal;
  #lines: readonly string[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Replaces the lines. Each must fit the terminal's width. */
  draw(lines: readonly string[]): void {
    if (lines.length === this.#lines.length && lines.every((line, i) => line === this.#lines[i])) return;
    this.#terminal.err(eraseLines(this.#lines.length) + lines.map((line) => `${line}\n`).join(''));
    this.#lines = lines;
  }

  /** Writes ordinary output above the lines. */
  print(to: 'out' | 'err', text: string): void {
    const lines = this.#lines;
    if (lines.length > 0) this.draw([]);
    this.#terminal[to](text);
    if (lines.length > 0) this.draw(lines);
  }

  clear(): void {
    if (this.#lines.length > 0) this.draw([]);
  }
}
