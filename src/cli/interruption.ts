import { EXIT, type ExitCode } from './exit-code.ts';

const EXIT_CODE_OF = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hangUp } as const;

/** What asked this process to end. */
export interface Interruption {
  /** Aborted by the first signal: time to stop cleanly. */
  readonly signal: AbortSignal;
  /** What to exit with after a clean stop; null while nothing asked for one. */
  exitCode(): ExitCode | null;
  /** Back to the system's own handling of signals. */
  dispose(): void;
}

/** The part of `process` that is used, so that a test can stand in for it. */
export interface SignalSource {
  on(event: keyof typeof EXIT_CODE_OF, listener: () => void): unknown;
  off(event: keyof typeof EXIT_CODE_OF, listener: () => void): unknown;
  exit(code: number): never;
}

/**
 * Takes Ctrl-C, SIGTERM and the terminal's hang-up over: the first aborts `signal`, a second one exits at once.
 * Nothing is lost by the second: what was running is found unfinished at the next start and goes back to the queue.
 */
export function listenForInterruption(source: SignalSource): Interruption {
  const controller = new AbortController();
  let exitCode: ExitCode | null = null;
  const listeners = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => {
    const listener = () => {
      if (exitCode !== null) source.exit(EXIT_CODE_OF[name]);
      exitCode = EXIT_CODE_OF[name];
      controller.abort();
    };
    source.on(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    dispose: () => {
      for (const { name, listener } of listeners) source.off(name, listener);
    },
  };
}
