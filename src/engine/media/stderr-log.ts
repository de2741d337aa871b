/** The first lines tell the cause, the last ones how it ended. What lies between may be gigabytes of decoder warnings. */
const HEAD_LINES = 200;
const TAIL_LINES = 300;
/** A file may carry tags of any length, and ffmpeg prints them. */
const MAX_LINE_CHARS = 2000;

/** What ffmpeg wrote to stderr, bounded however long it runs and however much it complains. */
export class StderrLog {
  readonly #head: string[] = [];
  /** A ring: the oldest line is at `#oldest` once it is full. */
  readonly #tail: string[] = [];
  #oldest = 0;
  #left = 0;

  push(line: string): void {
    const kept = line.length > MAX_LINE_CHARS ? `${line.slice(0, MAX_LINE_CHARS)}…` : line;
    if (this.#head.length < HEAD_LINES) {
      this.#head.push(kept);
    } else if (this.#tail.length < TAIL_LINES) {
      this.#tail.push(kept);
    } else {
      this.#tail[this.#oldest] = kept;
      this.#oldest = (this.#oldest + 1) % TAIL_LINES;
      this.#left += 1;
    }
  }

  /** Head and tail in order; where lines were left out between them, one line says how many. */
  lines(): string[] {
    const tail = [...this.#tail.slice(this.#oldest), ...this.#tail.slice(0, this.#oldest)];
    if (this.#left === 0) return [...this.#head, ...tail];
    return [...this.#head, `… ${this.#left} lines left out …`, ...tail];
  }
}
