import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceId } from '../../src/common/ids.ts';
import {
  GPU_ENCODES_AT_ONCE,
  GpuSessions,
  type LearnedLimits,
} from '../../src/engine/devices/gpu-sessions.ts';
import type { LearnedLimit } from '../../src/engine/devices/session-limits.ts';

const A = 'GPU-a' as DeviceId;
const B = 'GPU-b' as DeviceId;
const MINUTE = 60_000;

function memory(): LearnedLimits & { readonly kept: Map<string, LearnedLimit> } {
  const kept = new Map<string, LearnedLimit>();
  return {
    kept,
    get: (key) => kept.get(key) ?? null,
    set: (key, learned) => void kept.set(key, learned),
    delete: (key) => void kept.delete(key),
  };
}

function sessionsOf(gpus: DeviceId[] = [A], store = memory(), driver = '550.1') {
  const clock = { ms: 1_000_000 };
  const make = (driverVersion = driver) => {
    const sessions = new GpuSessions({ store, now: () => clock.ms });
    sessions.setGpus(
      gpus.map((id) => ({ id, driverVersion })),
      'local',
    );
    return sessions;
  };
  const sessions = make();
  const read = (...counts: (number | null)[]) => {
    clock.ms += 1000;
    sessions.setCounted(new Map(gpus.map((id, at) => [id, counts[at] ?? null])));
  };
  /** An encode that was just counted in is refused and ends. */
  const refuse = (id: DeviceId) => {
    const { used, others } = sessions.view(id);
    sessions.refused(id);
    sessions.setOwn(id, used - others - 1);
  };
  return { sessions, clock, store, again: make, read, refuse };
}

describe('before anything was refused', () => {
  it('a GPU is given a few encodes at once, which is no limit of its driver', () => {
    const { sessions } = sessionsOf();
    expect(sessions.view(A)).toEqual({ used: 0, others: 0, limit: 3, slots: 3, free: 3 });
    expect(sessions.hostRoom()).toBe(Number.POSITIVE_INFINITY);
    expect(sessions.host()).toEqual({ used: 0, limit: null });
    sessions.setOwn(A, 3);
    expect(sessions.view(A).free).toBe(0);
    expect(sessions.sessionRoom(A)).toBe(Number.POSITIVE_INFINITY);
  });

  it('encodes of other programs take nothing of that: the limit of the driver may be far off', () => {
    const { sessions, read } = sessionsOf();
    read(2);
    expect(sessions.view(A)).toEqual({ used: 2, others: 2, limit: 5, slots: 3, free: 3 });
  });
});

describe('a refusal', () => {
  it('on a GPU with two encodes beside the refused one makes two its limit', () => {
    const { sessions, refuse } = sessionsOf();
    sessions.setOwn(A, 3);
    refuse(A);
    expect(sessions.view(A)).toMatchObject({ used: 2, limit: 2, slots: 2, free: 0 });
    sessions.setOwn(A, 1);
    expect(sessions.view(A).free).toBe(1);
  });

  it('counts encodes of other programs', () => {
    const { sessions, read, refuse } = sessionsOf();
    read(2);
    sessions.setOwn(A, 1);
    refuse(A);
    expect(sessions.view(A)).toMatchObject({ used: 2, others: 2, limit: 2, slots: 0, free: 0 });
    read(1);
    expect(sessions.view(A)).toMatchObject({ others: 1, slots: 1, free: 1 });
  });

  it('two in a burst find the limit, whichever comes first', () => {
    const { sessions, refuse } = sessionsOf();
    sessions.setOwn(A, 3);
    refuse(A);
    refuse(A);
    expect(sessions.view(A)).toMatchObject({ used: 1, limit: 1, free: 0 });
  });

  it('of the only encode rests the GPU for ten seconds, and is no limit of zero', () => {
    const { sessions, clock, refuse, store } = sessionsOf();
    sessions.setOwn(A, 1);
    refuse(A);
    expect(sessions.view(A).free).toBe(0);
    expect(store.kept.size).toBe(0);
    expect(sessions.nextReliefAtMs()).toBe(clock.ms + 10_000);
    clock.ms += 10_000;
    expect(sessions.view(A)).toMatchObject({ free: 3, slots: 3 });
  });

  it('of the only encode is forgotten as soon as the driver counts something else', () => {
    const { sessions, read, refuse } = sessionsOf();
    read(0);
    sessions.setOwn(A, 1);
    refuse(A);
    read(1);
    expect(sessions.view(A).free).toBe(3);
  });

  it('is remembered over restarts under the driver that refused, and no other', () => {
    const { sessions, refuse, again } = sessionsOf();
    sessions.setOwn(A, 3);
    refuse(A);
    expect(again().view(A)).toMatchObject({ limit: 2, free: 2 });
    expect(again('610.10').view(A)).toMatchObject({ limit: 3, free: 3 });
  });

  it('is no reason to fail where it cannot be remembered', () => {
    const store = {
      ...memory(),
      set: () => {
        throw new Error('disk full');
      },
    };
    const { sessions, refuse } = sessionsOf([A], store as ReturnType<typeof memory>);
    sessions.setOwn(A, 3);
    refuse(A);
    expect(sessions.view(A).limit).toBe(2);
  });
});

describe('a limit of the host', () => {
  /** GPU A was refused its third at four encodes in all; now GPU B is. */
  function refusedOnBoth() {
    const parts = sessionsOf([A, B]);
    parts.sessions.setOwn(B, 2);
    parts.sessions.setOwn(A, 3);
    parts.refuse(A);
    parts.sessions.setOwn(B, 3);
    parts.refuse(B);
    return parts;
  }

  it('is what two GPUs refuse at', () => {
    const { sessions } = refusedOnBoth();
    expect(sessions.host()).toEqual({ used: 4, limit: 4 });
    expect(sessions.hostRoom()).toBe(0);
  });

  it('frees the GPUs of limits of their own: three on one and one on the other are as good', () => {
    const { sessions } = refusedOnBoth();
    sessions.setOwn(B, 1);
    expect(sessions.view(A)).toMatchObject({ slots: 3, free: 1 });
    sessions.setOwn(A, 3);
    expect(sessions.view(B).free).toBe(0);
  });

  it('is what a GPU tells that has none of its own encodes and keeps refusing', () => {
    const { sessions, clock, refuse } = sessionsOf([A, B]);
    sessions.setOwn(B, 3);
    for (const _ of [1, 2]) {
      sessions.setOwn(A, 1);
      refuse(A);
      clock.ms += 10_000;
    }
    expect(sessions.host()).toEqual({ used: 3, limit: 3 });
    expect(sessions.view(A).free).toBe(0);
    sessions.setOwn(B, 2);
    expect(sessions.view(A).free).toBe(1);
  });

  it('is not concluded where GPUs refuse at different numbers', () => {
    const { sessions, refuse } = sessionsOf([A, B]);
    sessions.setOwn(A, 3);
    refuse(A);
    sessions.setOwn(B, 3);
    refuse(B);
    expect(sessions.host().limit).toBeNull();
    expect([sessions.view(A).limit, sessions.view(B).limit]).toEqual([2, 2]);
  });

  it('counts what other programs have on every GPU', () => {
    const { sessions, read, clock } = refusedOnBoth();
    clock.ms += 5000;
    read(2, 3);
    expect(sessions.view(B).others).toBe(1);
    // Five were seen running, so it was not four.
    expect(sessions.host()).toEqual({ used: 5, limit: 5 });
    read(2, 2);
    expect(sessions.hostRoom()).toBe(1);
  });

  it('is remembered over restarts', () => {
    const { again } = refusedOnBoth();
    expect(again().host().limit).toBe(4);
    expect(again('610.10').host().limit).toBeNull();
  });
});

describe('a learned limit', () => {
  it('is tried one higher after a minute, and after twice as long with each refusal, up to ten minutes', () => {
    const { sessions, clock, refuse } = sessionsOf();
    sessions.setOwn(A, 2);
    refuse(A);
    for (const minutes of [1, 2, 4, 8, 10, 10]) {
      expect(sessions.view(A)).toMatchObject({ limit: 1, free: 0 });
      expect(sessions.nextReliefAtMs()).toBe(clock.ms + minutes * MINUTE);
      clock.ms += minutes * MINUTE;
      expect(sessions.view(A)).toMatchObject({ limit: 2, free: 1 });
      sessions.setOwn(A, 2);
      refuse(A);
    }
  });

  it('grows when more are seen running', () => {
    const { sessions, clock, read, refuse } = sessionsOf();
    sessions.setOwn(A, 2);
    refuse(A);
    clock.ms += MINUTE;
    sessions.setOwn(A, 2);
    clock.ms += 5000;
    read(2);
    expect(sessions.view(A)).toMatchObject({ used: 2, limit: 2, free: 0 });
    clock.ms += MINUTE;
    expect(sessions.view(A).free).toBe(1);
  });

  it('grows where the driver counts nothing, by what runs for a while', () => {
    const { sessions, clock, read, refuse } = sessionsOf();
    sessions.setOwn(A, 2);
    refuse(A);
    clock.ms += MINUTE;
    sessions.setOwn(A, 2);
    read(null);
    expect(sessions.view(A).limit).toBe(2);
    clock.ms += 5000;
    read(null);
    expect(sessions.view(A)).toMatchObject({ used: 2, limit: 2, free: 0 });
    clock.ms += MINUTE;
    expect(sessions.view(A)).toMatchObject({ limit: 3, free: 1 });
  });
});

describe('encodes of other programs', () => {
  it('are not the own ones that the driver counts', () => {
    const { sessions, clock, read } = sessionsOf();
    sessions.setOwn(A, 2);
    clock.ms += 5000;
    read(3);
    expect(sessions.view(A)).toMatchObject({ used: 3, others: 1 });
  });

  it('do not appear when an own encode ends just before the driver is asked: its slot is free at once', () => {
    const { sessions, clock, read } = sessionsOf();
    sessions.setOwn(A, 3);
    clock.ms += 5000;
    sessions.setOwn(A, 2);
    expect(sessions.view(A).free).toBe(1);
    read(3);
    expect(sessions.view(A)).toMatchObject({ used: 2, others: 0, free: 1 });
  });

  it('do appear when the count stays', () => {
    const { sessions, clock, read } = sessionsOf();
    sessions.setOwn(A, 3);
    clock.ms += 5000;
    sessions.setOwn(A, 2);
    for (const _ of [1, 2, 3]) read(3);
    expect(sessions.view(A).others).toBe(1);
  });

  it('are none where the driver does not count, and no longer known when it has not been asked for a while', () => {
    const { sessions, clock, read } = sessionsOf();
    read(null);
    expect(sessions.view(A).others).toBe(0);
    read(2);
    expect(sessions.view(A).others).toBe(2);
    clock.ms += 10_000;
    expect(sessions.view(A).others).toBe(0);
  });

  it('are not the test encodes of this program', () => {
    const { sessions, read } = sessionsOf();
    sessions.addProbes(A, 1);
    read(1);
    expect(sessions.view(A)).toMatchObject({ used: 0, others: 0 });
    sessions.addProbes(A, -1);
    read(1);
    expect(sessions.view(A).others).toBe(0);
  });
});

/**
 * A driver with limits of its own, another program whose encodes come and go, and a scheduler that starts whatever may
 * start, second by second.
 */
function simulate(
  world: { gpus: number; perGpu: number; perHost: number; counts: boolean },
  { phases, seconds }: { phases: readonly (readonly number[])[]; seconds: number },
) {
  const others = phases.flatMap((wanted) => Array.from({ length: seconds }, () => wanted));
  const ids = Array.from({ length: world.gpus }, (_, at) => `GPU-${at}` as DeviceId);
  const clock = { ms: 0 };
  const sessions = new GpuSessions({ store: memory(), now: () => clock.ms });
  sessions.setGpus(
    ids.map((id) => ({ id, driverVersion: '1' })),
    'local',
  );
  const own = new Map(ids.map((id) => [id, 0]));
  let refusals = 0;
  const idleSeconds = new Map(ids.map((id) => [id, 0]));
  const worstIdle = { seconds: 0 };
  const theirs = ids.map(() => 0);
  const onGpu = (at: number) => (own.get(ids[at] as DeviceId) ?? 0) + (theirs[at] ?? 0);
  const onHost = () => ids.reduce((sum, _, at) => sum + onGpu(at), 0);
  const hasRoom = (at: number) => onGpu(at) < world.perGpu && onHost() < world.perHost;
  for (const [second, wanted] of others.entries()) {
    // The other program is refused as well.
    for (const at of ids.keys()) {
      theirs[at] = Math.min(theirs[at] ?? 0, wanted[at] ?? 0);
      while ((theirs[at] ?? 0) < (wanted[at] ?? 0) && hasRoom(at)) theirs[at] = (theirs[at] ?? 0) + 1;
    }
    for (const [at, id] of ids.entries()) {
      const running = own.get(id) ?? 0;
      // One of three ends now and then.
      if (running > 0 && (second + at) % 7 === 0) {
        own.set(id, running - 1);
        sessions.setOwn(id, running - 1);
      }
    }
    // As the scheduler does it: all that may start starts at once, on the emptiest first; then some are refused.
    const started: number[] = [];
    const claimed = (at: number) =>
      (own.get(ids[at] as DeviceId) ?? 0) + started.filter((one) => one === at).length;
    for (;;) {
      const open = [...ids.keys()].filter((at) => sessions.view(ids[at] as DeviceId).free > 0);
      const at = open.sort((a, b) => claimed(a) - claimed(b))[0];
      if (at === undefined || sessions.hostRoom() <= 0) break;
      started.push(at);
      sessions.setOwn(ids[at] as DeviceId, claimed(at));
      expect(claimed(at)).toBeLessThanOrEqual(GPU_ENCODES_AT_ONCE);
    }
    while (started.length > 0) {
      const at = started.shift() ?? 0;
      const id = ids[at] as DeviceId;
      if (hasRoom(at)) own.set(id, (own.get(id) ?? 0) + 1);
      else {
        refusals += 1;
        sessions.refused(id);
        sessions.setOwn(id, claimed(at));
      }
    }
    for (const [at, id] of ids.entries()) {
      const idle = hasRoom(at) && own.get(id) === 0 ? (idleSeconds.get(id) ?? 0) + 1 : 0;
      idleSeconds.set(id, idle);
      worstIdle.seconds = Math.max(worstIdle.seconds, idle);
    }
    clock.ms += 1000;
    sessions.setCounted(new Map(ids.map((id, at) => [id, world.counts ? onGpu(at) : null])));
  }
  return { refusals, worstIdleSeconds: worstIdle.seconds };
}

const anyWorld = fc.record({
  gpus: fc.integer({ min: 1, max: 4 }),
  perGpu: fc.integer({ min: 1, max: 5 }),
  perHost: fc.integer({ min: 1, max: 9 }),
  counts: fc.boolean(),
});

describe('whatever the driver allows and other programs do', { timeout: 60_000 }, () => {
  /** What other programs run on each GPU: it changes every few minutes. */
  const anyOthers = fc
    .array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }), {
      minLength: 3,
      maxLength: 8,
    })
    .map((phases) => ({ phases, seconds: 300 }));

  it('a refusal leaves no room for another encode, and never for ever', () => {
    const anyCount = fc.integer({ min: 0, max: 5 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        anyCount,
        fc.array(anyCount, { maxLength: 4 }),
        (own, theirs, ends) => {
          const { sessions, clock, read, refuse } = sessionsOf();
          read(theirs);
          sessions.setOwn(A, own);
          refuse(A);
          const { used, limit, free } = sessions.view(A);
          expect(free).toBeLessThanOrEqual(0);
          // A GPU that refuses its only encode has no limit of zero: it rests.
          if (used > 0) expect(limit).toBe(used);
          // Whatever other programs do from then on, a GPU without an encode of this engine is tried within a minute.
          sessions.setOwn(A, 0);
          for (const count of ends) read(count);
          const counted = ends.at(-1) ?? theirs;
          for (let second = 0; second < 60; second += 5) {
            clock.ms += 4000;
            read(counted);
          }
          expect(sessions.view(A).free).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('no GPU that could encode stands idle for long', () => {
    fc.assert(
      fc.property(anyWorld, anyOthers, (world, others) => {
        const { worstIdleSeconds } = simulate(world, others);
        // Ten minutes until a limit is tried higher that was met again and again; where the driver does not count other
        // programs' encodes, the same again for a limit of the host that was none.
        expect(worstIdleSeconds).toBeLessThanOrEqual(world.counts ? 130 : 1290);
      }),
      { numRuns: 60 },
    );
  });

  it('refusals stay few', () => {
    fc.assert(
      fc.property(anyWorld, anyOthers, (world, others) => {
        const { refusals } = simulate(world, others);
        const minutes = (others.phases.length * others.seconds) / 60;
        // Six a minute where other programs have all and the driver does not count them, and a burst at the start.
        expect(refusals).toBeLessThanOrEqual(world.gpus * (8 + (world.counts ? 2 : 6.5) * minutes));
      }),
      { numRuns: 60 },
    );
  });
});
