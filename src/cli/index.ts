import { fileURLToPath } from 'node:url';
import { appOf } from './app-folder.ts';
import { EXIT } from './exit-code.ts';
import { type Interruption, listenForInterruption } from './interruption.ts';
import { runCommandLine } from './run.ts';
import { flushProcessTerminal, processTerminal } from './terminal.ts';

/** The `gantry` command: runs it and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  let interruption: Interruption | null = null;
  const terminal = processTerminal(() => {
    // Nobody reads on. A command that holds the signals stops cleanly as if by one; any other has nothing to tidy up.
    if (interruption === null) process.exit(EXIT.failed);
    process.kill(process.pid, 'SIGTERM');
  });
  const app = appOf(fileURLToPath(import.meta.url));
  const cwd = process.cwd();
  const exitCode = await runCommandLine(argv, {
    terminal,
    cwd,
    env: process.env,
    version: app.version,
    openSession: async () => {
      const { openSession } = await import('./session.ts');
      return openSession({
        env: process.env,
        cwd,
        app,
        command: ['gantry', ...argv.slice(0, argv[0] === 'queue' ? 2 : 1)].join(' '),
        onWait: (holder) => {
          const who = holder === null ? 'another process' : `process ${holder.pid} (${holder.command})`;
          terminal.err(`Waiting for ${who} to end.\n`);
        },
      });
    },
    listenForInterruption: () => {
      interruption = listenForInterruption(process);
      return interruption;
    },
  });
  await flushProcessTerminal();
  process.exit(exitCode);
}
