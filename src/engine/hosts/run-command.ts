import type { Command, Exit, Host } from './host.ts';

export interface CommandResult extends Exit {
  readonly stdout: string;
  readonly stderr: string;
  /** True when the time limit ended it. */
  readonly timedOut: boolean;
  /** True when more was printed than was kept. */
  readonly truncated: boolean;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Default 30 000 ms. */
  readonly timeoutMs?: number;
  /** Kept of each stream, in characters; default 16 Mi. What comes after is dropped. */
  readonly maxOutputChars?: number;
}

/** Runs a short command to its end and collects what it printed. Throws only when it could not be started. */
export async function runCommand(
  host: Host,
  command: Command,
  options: RunOptions = {},
): Promise<CommandResult> {
  const limit = options.maxOutputChars ?? 16 * 1024 * 1024;
  const collected = { stdout: [] as string[], stderr: [] as string[] };
  const kept = { stdout: 0, stderr: 0 };
  let truncated = false;
  const keep = (stream: 'stdout' | 'stderr') => (line: string) => {
    if (kept[stream] + line.length > limit) {
      truncated = true;
      return;
    }
    kept[stream] += line.length + 1;
    collected[stream].push(line);
  };
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(), options.timeoutMs ?? 30_000);
  const signal = options.signal ? AbortSignal.any([options.signal, timer.signal]) : timer.signal;
  try {
    const child = await host.exec(command, {
      signal,
      onStdoutLine: keep('stdout'),
      onStderrLine: keep('stderr'),
    });
    const exit = await child.done;
    return {
      ...exit,
      stdout: collected.stdout.join('\n'),
      stderr: collected.stderr.join('\n'),
      timedOut: timer.signal.aborted,
      truncated,
    };
  } finally {
    clearTimeout(timeout);
  }
}
