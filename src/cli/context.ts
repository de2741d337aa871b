import type { Interruption } from './interruption.ts';
import type { OpenSession } from './session.ts';
import type { Terminal } from './terminal.ts';

/** Everything that a command may touch of the world around it. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** JSON on `out` instead of text for people. */
  readonly json: boolean;
  /** What relative paths start from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Reaches the engine: the one that holds the home folder, or one in this process. */
  readonly openSession: OpenSession;
  /** Takes the signals over; commands that do not call it end at once by them. */
  readonly listenForInterruption: () => Interruption;
}
