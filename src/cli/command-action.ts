import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import type { ExitCode } from './exit-code.ts';

/** What a command does once the command line is understood. */
export type Action = (context: CommandContext) => Promise<ExitCode>;

/** Runs an action with the context that its options ask for. */
export type Perform = (options: { json?: boolean }, action: Action) => Promise<void>;

export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON for scripts');
}
