import { describe, expect, it } from 'vitest';
import type { BenchId, BenchRun } from '../../src/common/bench.ts';
import type { DeviceList, Telemetry } from '../../src/common/device.ts';
import type { EventBatch } from '../../src/common/events.ts';
import type { DeviceId, JobId } from '../../src/common/ids.ts';
import type { Job, Progress, QueueSummary } from '../../src/common/job.ts';
import { type BatchTimer, EventBatcher, MAX_BATCH_CHANGES } from '../../src/engine/api/event-batches.ts';

const id = (n: number) => String(n) as JobId;
const ids = (count: number) => Array.from({ length: count }, (_, i) => id(i + 1));
const at = (fraction: number): Progress => ({ fraction, fps: null, speedX: null, etaMs: null });
const summary: QueueSummary = {
  counts: { queued: 0, running: 0, paused: 0, done: 0, failed: 0, cancelled: 0 },
  total: 0,
  isPaused: false,
  etaMs: null,
};
const devices: DeviceList = { devices: [], gpuNotice: null, gpuSessions: { used: 0, limit: null } };

const gpu = (n: number) => `GPU-${n}` as DeviceId;
const reading = (utilizationPercent: number) => ({ utilizationPercent }) as Telemetry;
const bench = (run: string, status: BenchRun['status']) => ({ id: run as BenchId, status }) as BenchRun;

/** A clock that stands until it is told to go on. */
class TestTimer implements BatchTimer {
  #nowMs = 0;
  #pending: { callback: () => void; atMs: number }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  schedule(callback: () => void, delayMs: number): () => void {
    const entry = { callback, atMs: this.#nowMs + delayMs };
    this.#pending.push(entry);
    return () => {
      this.#pending = this.#pending.filter((other) => other !== entry);
    };
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#pending.filter((e) => e.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#pending = this.#pending.filter((entry) => entry !== next);
      this.#nowMs = next.atMs;
      next.callback();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }
}

/** Lets promise callbacks that are due run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

function setup() {
  const timer = new TestTimer();
  const jobs = new Map<JobId, Job>();
  const reads: JobId[] = [];
  const batcher = new EventBatcher(
    {
      readJob(jobId) {
        reads.push(jobId);
        return jobs.get(jobId) ?? null;
      },
      readSummary: () => summary,
      readDevices: () => devices,
    },
    timer,
  );
  const put = (jobId: JobId, status: Job['status']) => {
    jobs.set(jobId, { id: jobId, status } as Job);
    batcher.jobsChanged([jobId]);
  };
  return { timer, jobs, reads, batcher, put };
}

/** Reads as fast as batches come, noting when. */
function readAll(batches: AsyncIterable<EventBatch>, timer: TestTimer) {
  const got: { atMs: number; batch: EventBatch }[] = [];
  const done = (async () => {
    for await (const batch of batches) got.push({ atMs: timer.nowMs(), batch });
  })();
  return { got, done };
}

describe('what a subscriber gets', () => {
  it('the first batch at once, a reset with summary and devices', async () => {
    const { timer, batcher } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    expect(got).toEqual([
      {
        atMs: 0,
        batch: {
          reset: true,
          jobs: [],
          progress: [],
          removed: [],
          summary,
          devices,
          telemetry: [],
          bench: null,
          truncated: false,
        },
      },
    ]);
  });

  it('nothing while nothing changes', async () => {
    const { timer, batcher } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(60_000);
    expect(got).toHaveLength(1);
    expect(timer.pendingCount).toBe(0);
  });

  it('a change after a quiet time without delay', async () => {
    const { timer, batcher, put } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(5_000);
    put(id(1), 'running');
    await timer.advance(0);
    expect(got[1]?.atMs).toBe(5_000);
    expect(got[1]?.batch.jobs.map((job) => job.status)).toEqual(['running']);
    expect(got[1]?.batch).toMatchObject({ reset: false, summary: null, devices: null });
  });

  it('at most ten batches in any second, however much changes', async () => {
    const { timer, batcher, put } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    for (let ms = 0; ms < 3_000; ms++) {
      put(id((ms % 7) + 1), 'running');
      batcher.progress(id(1), at(ms / 3_000));
      batcher.summaryChanged();
      batcher.telemetry(gpu(ms % 8), reading(ms));
      batcher.bench(bench('a', 'running'));
      await timer.advance(1);
    }
    expect(got.length).toBeGreaterThan(25);
    for (const { atMs } of got) {
      const inSecond = got.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1_000);
      expect(inSecond.length).toBeLessThanOrEqual(10);
    }
  });

  it('the newest state of a job, read when the batch is sent', async () => {
    const { timer, batcher, put, reads } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    put(id(1), 'queued');
    put(id(1), 'running');
    put(id(1), 'done');
    await timer.advance(100);
    expect(got[1]?.batch.jobs.map((job) => job.status)).toEqual(['done']);
    expect(reads).toEqual([id(1)]);
  });

  it('the latest progress of a job only', async () => {
    const { timer, batcher } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    batcher.progress(id(1), at(0.1));
    batcher.progress(id(2), at(0.2));
    batcher.progress(id(1), at(0.3));
    await timer.advance(100);
    expect(got[1]?.batch.progress).toEqual([
      { id: id(1), progress: at(0.3) },
      { id: id(2), progress: at(0.2) },
    ]);
  });

  it('no old progress after a job’s new state, and new progress after an old one', async () => {
    const { timer, batcher, put } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    batcher.progress(id(1), at(0.9));
    put(id(1), 'done');
    put(id(2), 'running');
    batcher.progress(id(2), at(0.1));
    await timer.advance(100);
    expect(got[1]?.batch.progress.map((entry) => entry.id)).toEqual([id(2)]);
    expect(got[1]?.batch.jobs.map((job) => job.id)).toEqual([id(1), id(2)]);
  });

  it('only the removal of a job that changed and was removed, in either order', async () => {
    const { timer, batcher, put } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    put(id(1), 'running');
    batcher.progress(id(1), at(0.5));
    batcher.removed([id(1), id(2)]);
    put(id(2), 'running');
    batcher.progress(id(2), at(0.5));
    await timer.advance(100);
    expect(got[1]?.batch).toMatchObject({ jobs: [], progress: [], removed: [id(1), id(2)] });
  });

  it('the removal of a job that was gone when it was read', async () => {
    const { timer, batcher, jobs, put } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    put(id(1), 'queued');
    batcher.progress(id(1), at(0.5));
    jobs.delete(id(1));
    await timer.advance(100);
    expect(got[1]?.batch).toMatchObject({ jobs: [], progress: [], removed: [id(1)] });
  });

  it('summary and devices only when they changed', async () => {
    const { timer, batcher } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    batcher.summaryChanged();
    await timer.advance(100);
    batcher.devicesChanged();
    await timer.advance(100);
    expect(got.slice(1).map(({ batch }) => [batch.summary, batch.devices])).toEqual([
      [summary, null],
      [null, devices],
    ]);
  });
});

describe('readings and benchmarks', () => {
  it('the latest reading of each device, with nothing else about it', async () => {
    const { timer, batcher } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    batcher.telemetry(gpu(1), reading(10));
    batcher.telemetry(gpu(2), reading(20));
    batcher.telemetry(gpu(1), reading(30));
    await timer.advance(100);
    expect(got[1]?.batch).toMatchObject({
      devices: null,
      summary: null,
      telemetry: [
        { id: gpu(1), telemetry: reading(30) },
        { id: gpu(2), telemetry: reading(20) },
      ],
    });
    await timer.advance(1_000);
    expect(got).toHaveLength(2);
  });

  it('readings still come when too many jobs changed', async () => {
    const { timer, batcher } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    batcher.jobsChanged(ids(MAX_BATCH_CHANGES + 1));
    batcher.telemetry(gpu(1), reading(10));
    await timer.advance(100);
    expect(got[1]?.batch).toMatchObject({ truncated: true, telemetry: [{ id: gpu(1) }] });
  });

  it('the newest state of a benchmark, once', async () => {
    const { timer, batcher } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    batcher.bench(bench('a', 'running'));
    batcher.bench(bench('a', 'done'));
    await timer.advance(100);
    batcher.summaryChanged();
    await timer.advance(100);
    expect(got.slice(1).map(({ batch }) => batch.bench)).toEqual([bench('a', 'done'), null]);
  });

  it('the end of one benchmark, though another one began at once', async () => {
    const { timer, batcher } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    batcher.bench(bench('a', 'cancelled'));
    batcher.bench(bench('b', 'running'));
    await timer.advance(1_000);
    expect(got.slice(1).map(({ atMs, batch }) => [atMs, batch.bench])).toEqual([
      [100, bench('a', 'cancelled')],
      [200, bench('b', 'running')],
    ]);
  });
});

describe('too much for one batch', () => {
  it('as many changes as fit are sent whole', async () => {
    const { timer, batcher, jobs } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    for (const jobId of ids(MAX_BATCH_CHANGES)) jobs.set(jobId, { id: jobId } as Job);
    batcher.jobsChanged(ids(MAX_BATCH_CHANGES));
    await timer.advance(100);
    expect(got[1]?.batch.truncated).toBe(false);
    expect(got[1]?.batch.jobs).toHaveLength(MAX_BATCH_CHANGES);
  });

  it.each(['changed', 'removed', 'progress'] as const)(
    'one more %s, and the client is told to reload',
    async (kind) => {
      const { timer, batcher, reads } = setup();
      const { got } = readAll(batcher.subscribe(), timer);
      await timer.advance(0);
      const many = ids(MAX_BATCH_CHANGES + 1);
      if (kind === 'changed') batcher.jobsChanged(many);
      else if (kind === 'removed') batcher.removed(many);
      else for (const jobId of many) batcher.progress(jobId, at(0.5));
      batcher.summaryChanged();
      await timer.advance(100);
      expect(got[1]?.batch).toMatchObject({ truncated: true, jobs: [], progress: [], removed: [], summary });
      expect(reads).toEqual([]);
    },
  );

  it('the batch after is an ordinary one', async () => {
    const { timer, batcher, put } = setup();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    batcher.jobsChanged(ids(100_000));
    await timer.advance(100);
    put(id(1), 'queued');
    await timer.advance(100);
    expect(got[2]?.batch).toMatchObject({ truncated: false, jobs: [{ id: id(1) }] });
  });
});

describe('a slow reader', () => {
  it('finds one batch with the newest state, however long it slept', async () => {
    const { timer, batcher, put } = setup();
    const iterator = batcher.subscribe();
    const first = iterator.next();
    await timer.advance(0);
    await first;
    for (let i = 0; i < 1_000; i++) {
      put(id(1), i % 2 === 0 ? 'running' : 'paused');
      batcher.progress(id(2), at(i / 1_000));
      await timer.advance(10);
    }
    // Nobody reads, so nothing is prepared.
    expect(timer.pendingCount).toBe(0);
    const second = iterator.next();
    await timer.advance(0);
    expect((await second).value).toMatchObject({
      jobs: [{ id: id(1), status: 'paused' }],
      progress: [{ id: id(2), progress: at(0.999) }],
    });
    let isEmpty = true;
    void iterator.next().then(() => {
      isEmpty = false;
    });
    await timer.advance(1_000);
    expect(isEmpty).toBe(true);
  });

  it('does not hold another one back', async () => {
    const { timer, batcher, put } = setup();
    batcher.subscribe();
    const { got } = readAll(batcher.subscribe(), timer);
    await timer.advance(0);
    put(id(1), 'running');
    await timer.advance(100);
    expect(got).toHaveLength(2);
  });
});

describe('the end of a subscription', () => {
  it('an abort ends a wait, and nothing is left behind', async () => {
    const { timer, batcher, put } = setup();
    const controller = new AbortController();
    const { got, done } = readAll(batcher.subscribe(controller.signal), timer);
    await timer.advance(0);
    put(id(1), 'running');
    controller.abort();
    await done;
    expect(got).toHaveLength(1);
    expect(batcher.subscriberCount).toBe(0);
    expect(timer.pendingCount).toBe(0);
  });

  it('a signal that has fired already gives no batch', async () => {
    const { batcher } = setup();
    expect(await batcher.subscribe(AbortSignal.abort()).next()).toEqual({ done: true, value: undefined });
    expect(batcher.subscriberCount).toBe(0);
  });

  it('leaving the loop unsubscribes', async () => {
    const { timer, batcher } = setup();
    const left = (async () => {
      for await (const _batch of batcher.subscribe()) break;
    })();
    await timer.advance(0);
    await left;
    expect(batcher.subscriberCount).toBe(0);
  });

  it('a reader that fails to be served gets the error and is unsubscribed', async () => {
    const timer = new TestTimer();
    const fault = new Error('the database is gone');
    const batcher = new EventBatcher(
      {
        readJob: () => null,
        readSummary: () => {
          throw fault;
        },
        readDevices: () => devices,
      },
      timer,
    );
    const first = batcher.subscribe().next();
    const failed = expect(first).rejects.toBe(fault);
    await timer.advance(0);
    await failed;
    expect(batcher.subscriberCount).toBe(0);
  });
});
