import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Problem, problem, toProblem } from '../common/problem.ts';
import type { Engine } from '../engine/engine.ts';
import type { EngineInfo } from '../engine/queue/engine-lock.ts';
import type { FromEngine } from './engine-messages.ts';
import { ToEngine } from './engine-messages.ts';

/** The engine process's line to main, as far as it is used. `P` is its port. */
export interface ParentPort<P> {
  on(event: 'message', listener: (event: { data: unknown; ports: P[] }) => void): unknown;
  postMessage(message: FromEngine): void;
}

export interface HostParts<P> {
  readonly parent: ParentPort<P>;
  readonly open: () => Promise<Engine | { readonly heldBy: EngineInfo | null }>;
  /** Serves the engine to whoever holds the other end of the port. */
  readonly serve: (engine: Engine, port: P) => void;
  readonly exit: (code: number) => void;
  readonly waitMs?: (delayMs: number) => Promise<void>;
}

/** A holder without an address is a short command, or on its way in or out; it is waited for so often. */
const TRIES = 100;
const TRY_AGAIN_MS = 200;

/** Runs the engine in a process of its own: opens it, serves it to each port that comes, stops when told. */
export async function hostEngine<P>(parts: HostParts<P>): Promise<void> {
  const { parent, exit } = parts;
  let engine: Engine | null = null;
  let isStopping = false;
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    await engine?.stop();
    exit(0);
  };
  parent.on('message', ({ data, ports }) => {
    const message = ToEngine.parse(data);
    if (message.type === 'stop') {
      void stop();
      return;
    }
    const [port] = ports;
    if (engine !== null && port !== undefined) parts.serve(engine, port);
  });
  try {
    const opened = await openWhenFree(parts);
    if ('code' in opened) {
      parent.postMessage({ type: 'failed', problem: opened });
      exit(0);
      return;
    }
    engine = opened;
    if (isStopping) {
      await engine.stop();
      return;
    }
    // The command line finds the running app by this and works with it.
    await engine.serve({ host: '127.0.0.1', port: 0, token: randomBytes(32).toString('base64url') });
    engine.start();
    parent.postMessage({ type: 'ready' });
  } catch (error) {
    parent.postMessage({ type: 'failed', problem: toProblem(error) });
    exit(0);
  }
}

async function openWhenFree<P>(parts: HostParts<P>): Promise<Engine | Problem> {
  const wait = parts.waitMs ?? sleep;
  let heldBy: EngineInfo | null = null;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const opened = await parts.open();
    if (!('heldBy' in opened)) return opened;
    heldBy = opened.heldBy;
    if (heldBy !== null && heldBy.url !== null) break;
    await wait(TRY_AGAIN_MS);
  }
  const who = heldBy === null ? 'Another process' : `Process ${heldBy.pid} (${heldBy.command})`;
  return problem(
    'engine-in-use',
    `${who} works on this queue already.`,
    'Stop it and try again, or use the window that it opened in the browser.',
  ).problem;
}
