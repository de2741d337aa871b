import { describe, expect, it } from 'vitest';
import { problem } from '../../src/common/problem.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { EngineInfo } from '../../src/engine/queue/engine-lock.ts';
import { hostEngine } from '../../src/main/engine-host.ts';
import type { FromEngine, ToEngine } from '../../src/main/engine-messages.ts';

function engineDouble(calls: string[]): Engine {
  return {
    serve: async ({ host }: { host: string }) => {
      calls.push(`serve ${host}`);
    },
    start: () => calls.push('start'),
    stop: async () => {
      calls.push('stop');
    },
  } as unknown as Engine;
}

function setUp(open: () => Promise<Engine | { heldBy: EngineInfo | null }>) {
  const said: FromEngine[] = [];
  const exits: number[] = [];
  const served: string[] = [];
  let hear: (event: { data: unknown; ports: string[] }) => void = () => {};
  const done = hostEngine<string>({
    parent: {
      on: (_event, listener) => {
        hear = listener;
      },
      postMessage: (message) => said.push(message),
    },
    open,
    serve: (_engine, port) => served.push(port),
    exit: (code) => exits.push(code),
    waitMs: async () => {},
  });
  const tell = (data: ToEngine, ports: string[] = []) => hear({ data, ports });
  return { done, said, exits, served, tell };
}

const HOLDER: EngineInfo = {
  pid: 77,
  startedAt: '2026-01-01T00:00:00.000Z',
  command: 'gantry serve',
  url: 'http://127.0.0.1:1/',
  token: 't',
  version: '0',
};

describe('hostEngine', () => {
  it('opens the engine to this machine only, starts it, and then says that it is ready', async () => {
    const calls: string[] = [];
    const { done, said } = setUp(async () => engineDouble(calls));
    await done;
    expect(calls).toEqual(['serve 127.0.0.1', 'start']);
    expect(said).toEqual([{ type: 'ready' }]);
  });

  it('serves each port that it is given', async () => {
    const { done, served, tell } = setUp(async () => engineDouble([]));
    await done;
    tell({ type: 'connect' }, ['first']);
    tell({ type: 'connect' }, ['second']);
    expect(served).toEqual(['first', 'second']);
  });

  it('stops the engine cleanly before it ends, once', async () => {
    const calls: string[] = [];
    const { done, exits, tell } = setUp(async () => engineDouble(calls));
    await done;
    tell({ type: 'stop' });
    tell({ type: 'stop' });
    await expect.poll(() => exits).toEqual([0]);
    expect(calls.filter((call) => call === 'stop')).toHaveLength(1);
  });

  it('says who holds the queue', async () => {
    const { done, said, exits } = setUp(async () => ({ heldBy: HOLDER }));
    await done;
    expect(said).toEqual([
      {
        type: 'failed',
        problem: expect.objectContaining({
          code: 'engine-in-use',
          message: 'Process 77 (gantry serve) works on this queue already.',
        }),
      },
    ]);
    expect(exits).toEqual([0]);
  });

  it('waits for a holder that does not answer, which is a short command', async () => {
    let tries = 0;
    const { done, said } = setUp(async () => {
      tries += 1;
      return tries < 5 ? { heldBy: { ...HOLDER, url: null, token: null } } : engineDouble([]);
    });
    await done;
    expect(said).toEqual([{ type: 'ready' }]);
  });

  it('tells why it cannot start', async () => {
    const { done, said, exits } = setUp(async () => {
      throw problem('database-failed', 'The folder cannot be used.', 'Grant permission.');
    });
    await done;
    expect(said).toEqual([{ type: 'failed', problem: expect.objectContaining({ code: 'database-failed' }) }]);
    expect(exits).toEqual([0]);
  });
});
