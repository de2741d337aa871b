import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { problem } from '../../common/problem.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { oneTimeLink } from '../one-time-link.ts';
import { openBrowser } from '../open-browser.ts';
import type { Holder } from '../session.ts';
import { jsonLine } from '../text/printable.ts';
import { UsageError } from '../usage-error.ts';

export interface ServeOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly host: string;
  readonly open?: boolean;
}

/** Runs the engine and its user interface for browsers until it is told to end. */
export async function serve(context: CommandContext, options: ServeOptions): Promise<ExitCode> {
  const { terminal } = context;
  const interruption = context.listenForInterruption();
  const session = await context.openSession();
  try {
    if (session.kind === 'other') return await alreadyRunning(context, session.holder, options);
    const token = chooseToken(context.env['GANTRY_TOKEN']);
    const { url } = await session.serve({ host: options.host, port: options.port, token });
    await session.start('all');
    const address = withToken(url, token);
    terminal.out(context.json ? `${jsonLine({ url: address, token })}\n` : `${address}\n`);
    terminal.err('Gantry is ready. Open the address above in a browser. Ctrl-C stops it.\n');
    if (!isLoopback(options.host)) {
      terminal.err(
        'Other machines can reach it. The traffic is not encrypted, and whoever has the address can use it.\n',
      );
    }
    if (options.open === true) await open(context, address);
    if (!interruption.signal.aborted) await once(interruption.signal, 'abort');
    terminal.err('Stopping. What runs goes back to the queue.\n');
    // Serving until told to stop is what it is for: a clean stop is success.
    await session.close();
    return EXIT.ok;
  } finally {
    await session.close();
    interruption.dispose();
  }
}

/** A second one may look into the first, but serves nothing itself. */
async function alreadyRunning(
  context: CommandContext,
  holder: Holder,
  options: ServeOptions,
): Promise<ExitCode> {
  if (options.open !== true) {
    throw problem(
      'engine-in-use',
      `Process ${holder.pid} (${holder.command}) serves this queue already.`,
      'Open it with `gantry serve --open`, stop it first, or set GANTRY_HOME to another folder.',
    );
  }
  const address = withToken(holder.url, holder.token);
  context.terminal.out(
    context.json ? `${jsonLine({ url: address, token: holder.token })}\n` : `${address}\n`,
  );
  context.terminal.err(`Process ${holder.pid} (${holder.command}) runs already.\n`);
  await open(context, address);
  return EXIT.ok;
}

async function open(context: CommandContext, address: string): Promise<void> {
  if (context.env['GANTRY_NO_OPEN'] === '1') return;
  const link = await oneTimeLink(address);
  if (await openBrowser(link.url)) return;
  link.close();
  context.terminal.err('No browser could be opened. Open the address above in one.\n');
}

/** A token from the environment, or a new one of 256 random bits. */
function chooseToken(fromEnvironment: string | undefined): string {
  if (fromEnvironment === undefined || fromEnvironment === '') return randomBytes(32).toString('base64url');
  if (/^[\x21-\x7e]{1,256}$/.test(fromEnvironment)) return fromEnvironment;
  throw new UsageError(
    'GANTRY_TOKEN is not fit for a token.',
    'Use at most 256 letters, digits and signs without blanks, or leave it out to get a fresh one.',
  );
}

function withToken(url: string, token: string): string {
  const address = new URL(url);
  address.searchParams.set('token', token);
  return address.href;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
