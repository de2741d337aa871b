const LONGEST_LINE_CHARS = 64 * 1024;

/** Cuts a stream of text into lines. A carriage return ends a line as well; an endless line comes in pieces. */
export class LineSplitter {
  #rest = '';
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n|\r/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
    while (this.#rest.length > LONGEST_LINE_CHARS) {
      this.#onLine(this.#rest.slice(0, LONGEST_LINE_CHARS));
      this.#rest = this.#rest.slice(LONGEST_LINE_CHARS);
    }
  }

  end(): void {
    if (this.#rest !== '') this.#onLine(this.#rest);
    this.#rest = '';
  }
}
