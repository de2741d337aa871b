import { describe, expect, it } from 'vitest';
import { backOffMs } from '../../../src/renderer/connection/back-off.ts';
import {
  type EngineApi,
  type EngineConnection,
  NotAuthorized,
} from '../../../src/renderer/connection/engine-client.ts';
import { keepConnected } from '../../../src/renderer/connection/keep-connected.ts';

function connection(): EngineConnection & { isClosed: boolean } {
  return {
    api: {} as EngineApi,
    transfer: null,
    closed: Promise.resolve(),
    isClosed: false,
    close() {
      this.isClosed = true;
    },
  };
}

/** Runs through one outcome a try; the last one is a refused token, which ends it. */
async function run(outcomes: ('opens' | 'fails')[]) {
  const phases: string[] = [];
  const waits: number[] = [];
  const opened: ReturnType<typeof connection>[] = [];
  let attempt = 0;
  await keepConnected({
    connect: async () => {
      const outcome = outcomes[attempt];
      attempt += 1;
      if (outcome === undefined) throw new NotAuthorized();
      if (outcome === 'fails') throw new Error('refused');
      const one = connection();
      opened.push(one);
      return one;
    },
    live: async () => {
      throw new Error('the socket closed');
    },
    onPhase: (phase) =>
      phases.push(phase.kind === 'reconnecting' ? `reconnecting:${phase.everOpen}` : phase.kind),
    wait: async (ms) => void waits.push(ms),
    random: () => 1,
  });
  return { phases, waits, opened };
}

describe('a connection that is kept', () => {
  it('is opened again after it ends, and the old one is closed', async () => {
    const { phases, opened } = await run(['opens', 'opens']);
    expect(phases).toEqual(['open', 'reconnecting:true', 'open', 'reconnecting:true', 'unauthorized']);
    expect(opened.map((one) => one.isClosed)).toEqual([true, true]);
  });

  it('waits longer after each failure and starts over after a success', async () => {
    const { waits, phases } = await run(['fails', 'fails', 'fails', 'opens', 'fails']);
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
    expect(waits[2]).toBeGreaterThan(waits[1] ?? 0);
    expect(waits[3]).toBe(waits[0]);
    expect(phases[0]).toBe('reconnecting:false');
  });

  it('stops trying when the token is refused', async () => {
    const { phases, waits } = await run([]);
    expect(phases).toEqual(['unauthorized']);
    expect(waits).toEqual([]);
  });
});

describe('the wait before the next try', () => {
  it('stays under ten seconds however many failed', () => {
    for (const failed of [5, 10, 100, 10_000]) expect(backOffMs(failed, 1)).toBeLessThanOrEqual(10_000);
  });

  it('is never so short that a dead server is hammered', () => {
    expect(backOffMs(0, 0)).toBeGreaterThanOrEqual(250);
  });
});
