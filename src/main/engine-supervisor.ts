import { assertNever } from '../common/assert-never.ts';
import type { Problem } from '../common/problem.ts';
import { FromEngine, type ToEngine } from './engine-messages.ts';

/** The part of Electron's `UtilityProcess` that is used. `P` is its port. */
export interface EngineProcess<P> {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  once(event: 'exit', listener: (code: number) => void): unknown;
  postMessage(message: ToEngine, transfer?: P[]): void;
  kill(): boolean;
}

export interface SupervisorParts<P> {
  readonly fork: () => EngineProcess<P>;
  readonly createChannel: () => { readonly port1: P; readonly port2: P };
  /** Runs `callback` after `delayMs`; the returned function calls it off. */
  readonly schedule: (callback: () => void, delayMs: number) => () => void;
  readonly nowMs: () => number;
  /** The engine went away by itself and is started again. Told once for crashes in a row. */
  readonly onCrash: (exitCode: number) => void;
  /** The engine cannot be started. `start` tries again. */
  readonly onFailure: (problem: Problem) => void;
}

type State = 'off' | 'starting' | 'ready' | 'restarting' | 'failed' | 'stopping';

/** An engine that ran so long has recovered: the next crash counts as the first. */
const RECOVERED_AFTER_MS = 60_000;
/** ffmpeg gets five seconds to end, and the database is to be closed. */
const STOP_WITHIN_MS = 15_000;

/** Waits longer after each crash in a row: 0.5 s, 1 s, 2 s, up to 30 s. */
export function restartDelayMs(crashesInARow: number): number {
  return Math.min(30_000, 500 * 2 ** (crashesInARow - 1));
}

/**
 * Keeps one engine process running and hands out ports to it. Who asks for a port before it is ready waits for it; the
 * window gives up and asks anew now and then, so only the last to ask is remembered.
 */
export class EngineSupervisor<P> {
  readonly #parts: SupervisorParts<P>;
  #state: State = 'off';
  #process: EngineProcess<P> | null = null;
  #waiting: ((port: P) => void) | null = null;
  #crashesInARow = 0;
  #readyAtMs = 0;
  #cancelRestart: (() => void) | null = null;
  #onExit: (() => void) | null = null;

  constructor(parts: SupervisorParts<P>) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#state !== 'off' && this.#state !== 'failed' && this.#state !== 'restarting') return;
    this.#cancelRestart?.();
    this.#cancelRestart = null;
    this.#state = 'starting';
    const child = this.#parts.fork();
    this.#process = child;
    child.on('message', (message) => {
      if (this.#process === child) this.#hear(FromEngine.parse(message));
    });
    child.once('exit', (code) => {
      if (this.#process === child) this.#exited(code);
    });
  }

  /** Calls `deliver` with a new port to the engine, as soon as there is one that is ready. */
  connect(deliver: (port: P) => void): void {
    if (this.#state !== 'ready' || this.#process === null) {
      this.#waiting = deliver;
      return;
    }
    const { port1, port2 } = this.#parts.createChannel();
    this.#process.postMessage({ type: 'connect' }, [port1]);
    deliver(port2);
  }

  /** Has the engine give running work back to the queue and end. One that does not is ended by force. */
  async stop(): Promise<void> {
    this.#cancelRestart?.();
    this.#cancelRestart = null;
    const child = this.#process;
    this.#state = 'stopping';
    if (child === null) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.schedule(() => child.kill(), STOP_WITHIN_MS);
      this.#onExit = () => {
        cancel();
        resolve();
      };
      child.postMessage({ type: 'stop' });
    });
  }

  #hear(message: FromEngine): void {
    switch (message.type) {
      case 'ready': {
        if (this.#state !== 'starting') return;
        this.#state = 'ready';
        this.#readyAtMs = this.#parts.nowMs();
        const waiting = this.#waiting;
        this.#waiting = null;
        if (waiting !== null) this.connect(waiting);
        return;
      }
      case 'failed':
        if (this.#state !== 'starting') return;
        this.#state = 'failed';
        this.#parts.onFailure(message.problem);
        return;
      default:
        assertNever(message);
    }
  }

  #exited(code: number): void {
    this.#process = null;
    if (this.#state === 'stopping') {
      this.#onExit?.();
      return;
    }
    // It said why before it ended.
    if (this.#state === 'failed') return;
    const wasStable = this.#state === 'ready' && this.#parts.nowMs() - this.#readyAtMs >= RECOVERED_AFTER_MS;
    if (wasStable) this.#crashesInARow = 0;
    this.#crashesInARow += 1;
    this.#state = 'restarting';
    if (this.#crashesInARow === 1) this.#parts.onCrash(code);
    this.#cancelRestart = this.#parts.schedule(() => this.start(), restartDelayMs(this.#crashesInARow));
  }
}
