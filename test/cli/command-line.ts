import type { ExitCode } from '../../src/cli/exit-code.ts';
import { listenForInterruption, type SignalSource } from '../../src/cli/interruption.ts';
import { runCommandLine } from '../../src/cli/run.ts';
import type { Session } from '../../src/cli/session.ts';

export class SignalsDouble implements SignalSource {
  readonly listeners = new Map<string, Set<() => void>>();
  readonly exits: number[] = [];

  on(event: string, listener: () => void): void {
    const listeners = this.listeners.get(event) ?? new Set();
    listeners.add(listener);
    this.listeners.set(event, listeners);
  }

  off(event: string, listener: () => void): void {
    this.listeners.get(event)?.delete(listener);
  }

  exit(code: number): never {
    this.exits.push(code);
    return undefined as never;
  }

  send(event: string): void {
    for (const listener of this.listeners.get(event) ?? []) listener();
  }
}

export interface Ran {
  readonly exitCode: ExitCode;
  readonly out: string;
  readonly err: string;
  /** `out` as JSON, a value a line. */
  readonly events: unknown[];
}

export interface RunSettings {
  readonly sessions?: readonly Session[];
  readonly env?: Record<string, string>;
  readonly signals?: SignalsDouble;
  /** Sees each piece of output as it is written. */
  readonly onOut?: (text: string) => void;
  readonly isInteractive?: boolean;
}

/** Runs a command line in this process. Each time it needs the engine it gets the next of the sessions. */
export async function gantry(argv: readonly string[], settings: RunSettings = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const sessions = [...(settings.sessions ?? [])];
  const exitCode = await runCommandLine(argv, {
    terminal: {
      out: (text) => {
        out += text;
        settings.onOut?.(text);
      },
      err: (text) => {
        err += text;
      },
      isInteractive: settings.isInteractive ?? false,
      size: () => ({ columns: 100, rows: 24 }),
    },
    cwd: '/clips',
    env: settings.env ?? {},
    version: '1.2.3',
    openSession: async () => {
      const session = sessions.shift();
      if (session === undefined) throw new Error('The command opened the engine once too often.');
      return session;
    },
    listenForInterruption: () => listenForInterruption(settings.signals ?? new SignalsDouble()),
  });
  const lines = out.split('\n').filter((line) => line !== '');
  return {
    exitCode,
    out,
    err,
    get events() {
      return lines.map((line) => JSON.parse(line) as unknown);
    },
  };
}
