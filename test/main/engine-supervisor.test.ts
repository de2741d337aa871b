import { describe, expect, it } from 'vitest';
import type { Problem } from '../../src/common/problem.ts';
import type { FromEngine, ToEngine } from '../../src/main/engine-messages.ts';
import { type EngineProcess, EngineSupervisor, restartDelayMs } from '../../src/main/engine-supervisor.ts';

class ProcessDouble implements EngineProcess<string> {
  readonly sent: { message: ToEngine; transfer: string[] }[] = [];
  isKilled = false;
  #onMessage: (message: unknown) => void = () => {};
  #onExit: (code: number) => void = () => {};

  on(_event: 'message', listener: (message: unknown) => void): void {
    this.#onMessage = listener;
  }
  once(_event: 'exit', listener: (code: number) => void): void {
    this.#onExit = listener;
  }
  postMessage(message: ToEngine, transfer: string[] = []): void {
    this.sent.push({ message, transfer });
  }
  kill(): boolean {
    this.isKilled = true;
    this.exit(137);
    return true;
  }
  say(message: FromEngine): void {
    this.#onMessage(message);
  }
  exit(code: number): void {
    this.#onExit(code);
  }
}

function setUp() {
  const processes: ProcessDouble[] = [];
  const timers: { callback: () => void; delayMs: number; isOff: boolean }[] = [];
  const crashes: number[] = [];
  const failures: Problem[] = [];
  const clock = { nowMs: 0 };
  let channels = 0;
  const supervisor = new EngineSupervisor<string>({
    fork: () => {
      const child = new ProcessDouble();
      processes.push(child);
      return child;
    },
    createChannel: () => {
      channels += 1;
      return { port1: `engine-end-${channels}`, port2: `window-end-${channels}` };
    },
    schedule: (callback, delayMs) => {
      const timer = { callback, delayMs, isOff: false };
      timers.push(timer);
      return () => {
        timer.isOff = true;
      };
    },
    nowMs: () => clock.nowMs,
    onCrash: (code) => crashes.push(code),
    onFailure: (problem) => failures.push(problem),
  });
  const current = () => {
    const child = processes.at(-1);
    if (child === undefined) throw new Error('no process was started');
    return child;
  };
  const fireTimer = () => {
    const timer = timers.at(-1);
    if (timer !== undefined && !timer.isOff) timer.callback();
  };
  return { supervisor, processes, timers, crashes, failures, clock, current, fireTimer };
}

const HELD: Problem = { code: 'engine-in-use', message: 'Process 7 works on it.', nextStep: 'Stop it.' };

describe('EngineSupervisor', () => {
  it('lets a request for a port wait until the engine is ready, then gives each end to its side', () => {
    const { supervisor, current } = setUp();
    const ports: string[] = [];
    supervisor.start();
    supervisor.connect((port) => ports.push(port));
    expect(ports).toEqual([]);
    expect(current().sent).toEqual([]);
    current().say({ type: 'ready' });
    expect(ports).toEqual(['window-end-1']);
    expect(current().sent).toEqual([{ message: { type: 'connect' }, transfer: ['engine-end-1'] }]);
  });

  it('gives every request its own channel', () => {
    const { supervisor, current } = setUp();
    const ports: string[] = [];
    supervisor.start();
    current().say({ type: 'ready' });
    supervisor.connect((port) => ports.push(port));
    supervisor.connect((port) => ports.push(port));
    expect(ports).toEqual(['window-end-1', 'window-end-2']);
  });

  it('answers the last of several requests that waited, since the window has given the others up', () => {
    const { supervisor, current } = setUp();
    const ports: string[] = [];
    supervisor.start();
    supervisor.connect(() => ports.push('given up'));
    supervisor.connect((port) => ports.push(port));
    current().say({ type: 'ready' });
    expect(ports).toEqual(['window-end-1']);
    expect(current().sent).toHaveLength(1);
  });

  it('starts the engine again after a crash, tells so once, and serves those who asked meanwhile', () => {
    const { supervisor, processes, crashes, current, fireTimer } = setUp();
    const ports: string[] = [];
    supervisor.start();
    current().say({ type: 'ready' });
    current().exit(139);
    supervisor.connect((port) => ports.push(port));
    expect(crashes).toEqual([139]);
    expect(processes).toHaveLength(1);
    fireTimer();
    expect(processes).toHaveLength(2);
    current().say({ type: 'ready' });
    expect(ports).toEqual(['window-end-1']);
    current().exit(139);
    expect(crashes).toEqual([139]);
  });

  it('waits longer after each crash in a row, and begins anew after a long quiet run', () => {
    const { supervisor, timers, crashes, clock, current, fireTimer } = setUp();
    supervisor.start();
    for (let i = 0; i < 3; i += 1) {
      current().exit(1);
      fireTimer();
    }
    expect(timers.map((timer) => timer.delayMs)).toEqual([500, 1000, 2000]);
    current().say({ type: 'ready' });
    clock.nowMs += 60_000;
    current().exit(1);
    expect(timers.at(-1)?.delayMs).toBe(500);
    expect(crashes).toHaveLength(2);
  });

  it('never waits longer than half a minute', () => {
    expect(restartDelayMs(30)).toBe(30_000);
  });

  it('does not start again what says that it cannot start, until it is told to', () => {
    const { supervisor, processes, failures, timers, current } = setUp();
    supervisor.start();
    current().say({ type: 'failed', problem: HELD });
    current().exit(0);
    expect(failures).toEqual([HELD]);
    expect(timers).toEqual([]);
    supervisor.start();
    expect(processes).toHaveLength(2);
  });

  it('asks the engine to stop and waits for its end', async () => {
    const { supervisor, timers, current } = setUp();
    supervisor.start();
    current().say({ type: 'ready' });
    let hasStopped = false;
    const stopped = supervisor.stop().then(() => {
      hasStopped = true;
    });
    expect(current().sent.at(-1)?.message).toEqual({ type: 'stop' });
    await Promise.resolve();
    expect(hasStopped).toBe(false);
    current().exit(0);
    await stopped;
    expect(current().isKilled).toBe(false);
    expect(timers.at(-1)?.isOff).toBe(true);
  });

  it('ends an engine by force that does not stop', async () => {
    const { supervisor, current, fireTimer } = setUp();
    supervisor.start();
    current().say({ type: 'ready' });
    const stopped = supervisor.stop();
    fireTimer();
    await stopped;
    expect(current().isKilled).toBe(true);
  });

  it('does not come back after a stop while a restart was due', async () => {
    const { supervisor, processes, current, fireTimer } = setUp();
    supervisor.start();
    current().exit(1);
    await supervisor.stop();
    fireTimer();
    supervisor.start();
    expect(processes).toHaveLength(1);
  });

  it('is started once however often it is told to', () => {
    const { supervisor, processes, current } = setUp();
    supervisor.start();
    supervisor.start();
    current().say({ type: 'ready' });
    supervisor.start();
    expect(processes).toHaveLength(1);
  });
});
