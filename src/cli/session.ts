import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '../common/contract/index.ts';
import { gantryHome } from '../common/home-folder.ts';
import type { JobId } from '../common/ids.ts';
import { problem } from '../common/problem.ts';
import { connect, inProcessClient } from '../engine/api/client.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import type { EngineInfo } from '../engine/queue/engine-lock.ts';
import type { App } from './app-folder.ts';

export type EngineApi = ContractRouterClient<Contract>;

/** Who holds the home folder at the moment, and answers. */
export interface Holder {
  readonly pid: number;
  /** What it was started as, e.g. `gantry serve`. */
  readonly command: string;
  readonly url: string;
  readonly token: string;
}

/** The engine runs in this process. Nothing is encoded before `start`. */
export interface OwnSession {
  readonly kind: 'own';
  readonly api: EngineApi;
  /** Begins to work: on all that is queued, or on these jobs and no others. Other commands can reach it from then on. */
  start(scope: 'all' | ReadonlySet<JobId>): Promise<void>;
  /**
   * Opens the engine to browsers and scripts.
   * @returns the address without the token
   */
  serve(options: { host: string; port: number; token: string }): Promise<{ url: string }>;
  /** How many jobs run now, whoever asked for them. */
  runningCount(): number;
  /** Starts nothing more and resolves when all that runs has ended. */
  finish(): Promise<void>;
  /** Stops cleanly: what runs goes back to the queue. */
  close(): Promise<void>;
}

/** Another process holds the home folder and is asked to do the work. */
export interface OtherSession {
  readonly kind: 'other';
  readonly api: EngineApi;
  readonly holder: Holder;
  /** Ends the connection; the other engine goes on. */
  close(): Promise<void>;
}

export type Session = OwnSession | OtherSession;
export type OpenSession = () => Promise<Session>;

export interface SessionOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly app: App;
  /** What this process was started as, for others that find the home taken. */
  readonly command: string;
  /** Told once when the holder of the home is waited for. */
  readonly onWait: (holder: EngineInfo | null) => void;
}

/** A holder that does not answer is just starting, just stopping, or a short command; it is waited for so long. */
const WAIT_FOR_HOLDER_MS = 30_000;
const ASK_AGAIN_MS = 100;
const SAY_SO_AFTER_MS = 2_000;

/**
 * Reaches the engine of the home folder: connects to the process that holds it, or opens one here.
 * @throws ProblemError `engine-in-use` when the holder does not answer, `database-failed` when the folder cannot be used
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { env, cwd, app } = options;
  const home = resolve(cwd, gantryHome({ platform: process.platform, env, homeFolder: homedir() }));
  const startedAtMs = performance.now();
  let saidSo = false;
  for (;;) {
    const opened = await createEngine({
      home,
      env,
      version: app.version,
      command: options.command,
      staticFolder: app.staticFolder,
      appFolder: app.folder,
    });
    if (!('heldBy' in opened)) return ownSession(opened);
    const { heldBy } = opened;
    const session = await connectTo(heldBy);
    if (session !== null) return session;

    const waitedMs = performance.now() - startedAtMs;
    if (waitedMs > WAIT_FOR_HOLDER_MS) throw inUse(home, heldBy);
    if (!saidSo && waitedMs > SAY_SO_AFTER_MS) {
      saidSo = true;
      options.onWait(heldBy);
    }
    await sleep(ASK_AGAIN_MS);
  }
}

function inUse(home: string, heldBy: EngineInfo | null) {
  const who = heldBy === null ? 'Another process' : `Process ${heldBy.pid} (${heldBy.command})`;
  return problem(
    'engine-in-use',
    `${who} holds ${home} and does not answer.`,
    'Wait until it has ended, stop it, or set GANTRY_HOME to another folder.',
  );
}

/** Null when the holder does not answer, or has gone in the meantime. */
async function connectTo(info: EngineInfo | null): Promise<OtherSession | null> {
  if (info === null || info.url === null || info.token === null) return null;
  const { pid, command, url, token } = info;
  try {
    const client = await connect({ url, token });
    return {
      kind: 'other',
      api: client.api,
      holder: { pid, command, url, token },
      close: async () => client.close(),
    };
  } catch {
    return null;
  }
}

function ownSession(engine: Engine): OwnSession {
  const client = inProcessClient(engine.router);
  let isServing = false;
  let closing: Promise<void> | null = null;
  return {
    kind: 'own',
    api: client.api,
    start: async (scope) => {
      if (!isServing) {
        const token = randomBytes(32).toString('base64url');
        await engine.serve({ host: '127.0.0.1', port: 0, token });
        isServing = true;
      }
      engine.start({ onlyJobs: scope === 'all' ? null : scope });
    },
    serve: async (address) => {
      const { url } = await engine.serve(address);
      isServing = true;
      return { url };
    },
    runningCount: () => engine.runningCount(),
    finish: () => engine.finish(),
    close: () => {
      closing ??= engine.stop().finally(() => client.close());
      return closing;
    },
  };
}
