/** Where a command's words go. Results for the caller go to `out`, everything said along the way to `err`. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether `err` is a terminal whose cursor can be moved. */
  readonly isInteractive: boolean;
  /** Columns and rows of that terminal; asked each time, because windows are resized. */
  size(): { columns: number; rows: number };
}

/** The process's own streams. Output that nobody reads any more (`gantry … | head`) calls `onClosed`. */
export function processTerminal(onClosed: () => void): Terminal {
  let isClosed = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // After the first, every further write fails as well.
      if (isClosed) return;
      if (error.code !== 'EPIPE') throw error;
      isClosed = true;
      onClosed();
    });
  }
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isInteractive: process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
    size: () => ({ columns: process.stderr.columns ?? 80, rows: process.stderr.rows ?? 24 }),
  };
}

/** Waits until all that was written has left the process, so that exiting cuts nothing off. */
export async function flushProcessTerminal(): Promise<void> {
  const flushed = (stream: NodeJS.WriteStream) =>
    new Promise<void>((resolve) => {
      if (stream.destroyed || stream.writableEnded) resolve();
      else stream.write('', () => resolve());
    });
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
}
