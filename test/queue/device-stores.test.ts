import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceId } from '../../src/common/ids.ts';
import { GpuSessions } from '../../src/engine/devices/gpu-sessions.ts';
import type { DecodingProof } from '../../src/engine/devices/probe-cache.ts';
import { openDatabase } from '../../src/engine/queue/database.ts';
import { ProbeStore } from '../../src/engine/queue/probe-store.ts';
import { SessionLimitStore } from '../../src/engine/queue/session-limit-store.ts';
import { StoredValues } from '../../src/engine/queue/stored-values.ts';

let db: ReturnType<typeof openDatabase>;
beforeEach(() => {
  db = openDatabase(':memory:');
});
afterEach(() => {
  db.close();
});

const GPU = 'GPU-a' as DeviceId;

describe('session limits', () => {
  const sessionsOf = (driverVersion: string) => {
    const sessions = new GpuSessions({ store: new SessionLimitStore(db), now: () => 1_000_000 });
    sessions.setGpus([{ id: GPU, driverVersion }], 'local');
    return sessions;
  };

  it('are kept over restarts, for the driver under which they were met', () => {
    const first = sessionsOf('550.1');
    first.setOwn(GPU, 3);
    first.refused(GPU);
    expect(sessionsOf('550.1').view(GPU).limit).toBe(2);
    expect(sessionsOf('610.1').view(GPU).limit).toBe(3);
  });

  it('that cannot be read count as never met', () => {
    new StoredValues(db, 'session_limits').set([[`gpu|${GPU}|550.1`, { limit: 0, atMs: 'today' }]]);
    expect(new SessionLimitStore(db).get(`gpu|${GPU}|550.1`)).toBeNull();
    expect(sessionsOf('550.1').view(GPU).limit).toBe(3);
  });
});

describe('what was seen of decoding', () => {
  const proof: DecodingProof = {
    decoders: [{ codec: 'h264', ok: true, reason: null, tenBit: null, buildId: 'b' }],
    pipeline: { ok: true, reason: null, buildId: 'b' },
  };

  it('is kept over restarts, and forgotten with the rest', () => {
    const store = new ProbeStore(db);
    store.setDecoding('key', proof);
    expect(new ProbeStore(db).getDecoding('key')).toEqual(proof);
    expect(store.get('key')).toBeNull();
    store.clear();
    expect(store.getDecoding('key')).toBeNull();
  });

  it('that cannot be read counts as never seen', () => {
    new StoredValues(db, 'encoder_proofs').set([['key', { decoders: 'none' }]]);
    expect(new ProbeStore(db).getDecoding('key')).toBeNull();
  });
});
