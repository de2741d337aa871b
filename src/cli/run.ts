import { type Command, CommanderError } from 'commander';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { printProblem } from './print-problem.ts';
import { problemOf } from './problem-of.ts';
import { buildProgram, helpHint } from './program.ts';
import { UsageError } from './usage-error.ts';

/** Everything that a command is given, but whether it prints JSON, which the command line says. */
export type Surroundings = Omit<CommandContext, 'json'>;

/** Runs one command line to its end and says what to exit with. Prints every failure; never throws. */
export async function runCommandLine(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { terminal } = surroundings;
  // A command line that cannot be parsed has no options yet; its caller may be a script all the same.
  const json = argvWithoutOperands(argv).includes('--json');
  let exitCode: ExitCode = EXIT.ok;
  const program = buildProgram(
    surroundings.version,
    (options) => ({ ...surroundings, ...options }),
    (code) => {
      exitCode = code;
    },
  );
  for (const command of allCommands(program)) {
    command.exitOverride((error) => {
      throw Object.assign(error, { hint: helpHint(command) });
    });
    command.configureOutput({
      writeOut: (text) => terminal.out(text),
      // What commander has to say against a command line is told below, in one form with all other failures.
      writeErr: (text) => terminal.err(text),
      outputError: () => {},
    });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportFailure(error, json, surroundings);
  }
}

function argvWithoutOperands(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

function reportFailure(error: unknown, json: boolean, { terminal }: Surroundings): ExitCode {
  if (error instanceof CommanderError) {
    // Help that was asked for is no failure; help that is shown because no command was named is.
    if (error.exitCode === 0) return EXIT.ok;
    if (error.code === 'commander.help') return EXIT.usage;
    const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : 'See: gantry --help';
    const message = error.message.replace(/^error: /, '');
    printProblem(terminal, json, { code: 'invalid-request', message: sentence(message), nextStep: hint });
    return EXIT.usage;
  }
  if (error instanceof UsageError) {
    const { message, nextStep } = error;
    printProblem(terminal, json, { code: 'invalid-request', message, nextStep });
    return EXIT.usage;
  }
  const problem = problemOf(error);
  printProblem(terminal, json, problem);
  // The engine found fault with what was asked, not with the work.
  return problem.code === 'invalid-request' ? EXIT.usage : EXIT.failed;
}

/** commander's lower-case fragments as the sentences of every other message. */
function sentence(text: string): string {
  const fragment = text.trim().replace(/\s*\(Did you mean (.+)\?\)$/s, '. Did you mean $1?');
  const start = fragment.charAt(0).toUpperCase() + fragment.slice(1);
  return /[.?]$/.test(start) ? start : `${start}.`;
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}
