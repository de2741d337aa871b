import BetterSqlite from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeviceId, JobId, TaskId } from '../../src/common/ids.ts';
import { CPU_DEVICE_ID } from '../../src/common/ids.ts';
import { Job } from '../../src/common/job.ts';
import { ProblemError } from '../../src/common/problem.ts';
import { migrate } from '../../src/engine/queue/database.ts';
import { MIGRATIONS } from '../../src/engine/queue/migrations.ts';
import type { QueueChange } from '../../src/engine/queue/records.ts';
import { draft, drafts, FAULT, infoOf, METADATA, outputOf, PRESET, TestQueue } from './queue-fixture.ts';

const GPU = 'GPU-1' as DeviceId;

describe('adding', () => {
  test('returns the jobs as they are read back, in order', () => {
    const queue = new TestQueue();
    const added = queue.store.addJobs([
      draft('/media/Ä.mkv', { device: GPU, priority: 5 }),
      draft('/media/b.mkv', { paused: true, sourceSizeBytes: null }),
    ]);
    expect(added.map((job) => job.status)).toEqual(['queued', 'paused']);
    for (const job of added) {
      expect(queue.job(job.id)).toEqual(job);
      expect(Job.parse(job)).toEqual(job);
    }
  });

  test('is all or nothing', () => {
    const queue = new TestQueue();
    const bad = draft('/media/bad.mkv', { priority: Number.NaN });
    expect(() => queue.store.addJobs([...drafts(3), bad])).toThrow();
    expect(queue.listed()).toEqual([]);
    expect(queue.store.counts().queued).toBe(0);
    expect(queue.store.runnable(['inspect'], 10)).toEqual([]);
  });

  test('never gives an id twice, even when the last job was removed', () => {
    const queue = new TestQueue();
    const before = queue.add(3);
    queue.store.remove(before);
    const [after] = queue.add(1);
    expect(Number(after)).toBeGreaterThan(Math.max(...before.map(Number)));
  });

  test('keeps the recipe as it was, and one copy of equal ones', () => {
    const queue = new TestQueue();
    const ids = queue.add(50);
    const other = { ...PRESET, name: 'Other' };
    const [last] = queue.store.addJobIds([
      draft('/media/x.mkv', { recipe: { preset: other, output: draft('').recipe.output } }),
    ]);
    expect(queue.store.recipe(ids[7] as JobId).preset).toEqual(PRESET);
    expect(queue.store.recipe(last as JobId).preset.name).toBe('Other');
    expect(queue.db.prepare('SELECT count(*) FROM recipes').pluck().get()).toBe(2);
  });

  test('an unknown job is null, its recipe a typed problem', () => {
    const queue = new TestQueue();
    expect(queue.store.job('7' as JobId)).toBeNull();
    expect(queue.store.sourceInfo('7' as JobId)).toBeNull();
    expect(() => queue.store.recipe('7' as JobId)).toThrow(ProblemError);
  });
});

describe('what may run', () => {
  test('the source is read first, then the encode may start', () => {
    const queue = new TestQueue();
    const [id] = queue.add(1) as [JobId];
    expect(queue.store.runnable(['encode'], 10)).toEqual([]);
    const lease = queue.claim(id, 'inspect');
    expect(queue.job(id).status).toBe('queued');
    expect(queue.job(id).attempts).toEqual([]);
    queue.store.finishInspect(lease.taskId, {
      info: infoOf('/media/1.mkv'),
      summary: '1920×1080 h264',
      next: [{ kind: 'encode', dependsOnPrevious: false }],
    });
    expect(queue.store.sourceInfo(id)).toEqual(infoOf('/media/1.mkv'));
    expect(queue.job(id)).toMatchObject({
      sourceSummary: '1920×1080 h264',
      sourceDurationMs: 60_000,
      sourceSizeBytes: 2000,
    });
    expect(queue.store.runnable(['encode'], 10).map((task) => task.jobId)).toEqual([id]);
  });

  test('a task waits for the one that it depends on', () => {
    const queue = new TestQueue();
    const [id] = queue.add(1) as [JobId];
    queue.inspect(id, [
      { kind: 'encode', dependsOnPrevious: false },
      { kind: 'encode', dependsOnPrevious: true },
    ]);
    const first = queue.claim(id, 'encode');
    expect(queue.store.runnable(['encode'], 10)).toEqual([]);
    expect(queue.store.finishTask(first.taskId)).toBe(true);
    expect(queue.job(id).status).toBe('running');
    queue.finish(queue.claim(id, 'encode'));
    expect(queue.job(id)).toMatchObject({ status: 'done', attempts: [{ exitCode: 0 }, { exitCode: 0 }] });
  });

  test('comes by priority, then in the order of adding, and a job that runs goes first', () => {
    const queue = new TestQueue();
    const [low, high] = [queue.add(2), queue.add(2, { priority: 9 })];
    const two = [
      { kind: 'encode', dependsOnPrevious: false },
      { kind: 'encode', dependsOnPrevious: true },
    ] as const;
    for (const id of [...low, ...high]) queue.inspect(id, two);
    queue.store.finishTask(queue.claim(low[1] as JobId, 'encode').taskId);
    expect(queue.store.runnable(['encode'], 10).map((task) => task.jobId)).toEqual([low[1], ...high, low[0]]);
  });

  test('each device choice has its own head, so that a long line for one does not hide another', () => {
    const queue = new TestQueue();
    queue.add(50, { device: 'cpu' });
    const [gpu] = queue.add(1, { device: GPU }) as [JobId];
    const found = queue.store.runnable(['inspect'], 2);
    expect(found.map((task) => task.device)).toEqual(['cpu', 'cpu', GPU]);
    expect(found.at(-1)?.jobId).toBe(gpu);
  });

  test('only of the jobs asked for, few or many', () => {
    const queue = new TestQueue();
    const ids = queue.add(1500);
    const few = new Set([ids[1400], ids[3]] as JobId[]);
    expect(queue.store.runnable(['inspect'], 10, few).map((task) => task.jobId)).toEqual([ids[3], ids[1400]]);
    expect(queue.store.runnable(['inspect'], 1, few)).toHaveLength(1);
    const many = new Set(ids.slice(700));
    expect(queue.store.runnable(['inspect'], 2, many).map((task) => task.jobId)).toEqual(ids.slice(700, 702));
  });

  test('nothing but reading sources while the queue is paused, also after a restart', () => {
    const queue = new TestQueue();
    const [ready] = queue.add(1) as [JobId];
    queue.inspect(ready);
    const [task] = queue.store.runnable(['encode'], 1);
    queue.add(1);
    queue.store.setPaused(true);
    expect(queue.store.isPaused).toBe(true);
    expect(queue.store.runnable(['encode', 'inspect'], 10).map((found) => found.kind)).toEqual(['inspect']);
    expect(queue.store.claim(task?.id as TaskId, CPU_DEVICE_ID)).toBeNull();
    queue.store.setPaused(false);
    expect(queue.store.claim(task?.id as TaskId, CPU_DEVICE_ID)).not.toBeNull();
  });

  test('what is asked at every turn walks along indexes, with nothing sorted or scanned', () => {
    const asked: string[] = [];
    const db = new BetterSqlite(':memory:', {
      verbose: (sql) => {
        if (/^\s*SELECT/.test(String(sql))) asked.push(String(sql));
      },
    });
    migrate(db, MIGRATIONS);
    const queue = new TestQueue(db);
    const { lease } = queue.addRunning();
    queue.add(3);
    asked.length = 0;
    const [task] = queue.store.runnable(['inspect', 'encode'], 5);
    queue.store.claim(task?.id as TaskId, CPU_DEVICE_ID);
    queue.store.updateLease(lease.taskId, { temporaryPath: '/x' });
    queue.store.reserveOutputPath(lease.jobId, '/out/a.mp4');
    queue.finish(lease);
    expect(asked.length).toBeGreaterThan(10);
    for (const sql of asked) {
      const plan = db.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all();
      for (const { detail } of plan) {
        expect(detail).not.toMatch(/^SCAN (?!wanted|json_each|CONSTANT)|TEMP B-TREE/);
      }
    }
  });
});

describe('the work of jobs', () => {
  test('is known once the source was read, for each that may run and for all that wait', () => {
    const queue = new TestQueue();
    const ids = queue.add(4);
    const work = (n: number) => (n === 0 ? { id: 'hevc', amount: null } : { id: 'h264', amount: 10 * n });
    for (const [n, id] of ids.slice(0, 3).entries()) {
      const { taskId } = queue.claim(id, 'inspect');
      const next = [{ kind: 'encode', dependsOnPrevious: false }] as const;
      queue.store.finishInspect(taskId, { info: infoOf('/x'), summary: 'x', work: work(n), next });
    }
    expect(queue.store.runnable(['encode'], 9).map((task) => [task.work, task.workAmount])).toEqual([
      ['hevc', null],
      ['h264', 10],
      ['h264', 20],
    ]);
    expect(queue.store.waitingWork()).toEqual([
      { device: 'auto', work: null, count: 1, amount: 0, unknownCount: 1 },
      { device: 'auto', work: 'h264', count: 2, amount: 30, unknownCount: 0 },
      { device: 'auto', work: 'hevc', count: 1, amount: 0, unknownCount: 1 },
    ]);
    const first = ids[1];
    if (first !== undefined) queue.claim(first);
    expect(queue.store.waitingWork().find(({ work: kind }) => kind === 'h264')).toMatchObject({
      count: 1,
      amount: 20,
    });
  });
});

describe('a claim', () => {
  test('is given once', () => {
    const queue = new TestQueue();
    queue.add(1);
    const [task] = queue.store.runnable(['inspect'], 1);
    expect(queue.store.claim(task?.id as TaskId, CPU_DEVICE_ID)).not.toBeNull();
    expect(queue.store.claim(task?.id as TaskId, CPU_DEVICE_ID)).toBeNull();
    expect(queue.store.claim('999' as TaskId, CPU_DEVICE_ID)).toBeNull();
  });

  test('keeps what the device was called, and why it stood in for a GPU', () => {
    const queue = new TestQueue();
    const [id] = queue.add(1);
    if (id === undefined) throw new Error('not added');
    queue.inspect(id);
    const [task] = queue.store.runnable(['encode'], 1);
    const fallback = { code: 'gpu-lost', message: 'The GPU is gone.', nextStep: 'Look for it.' } as const;
    queue.store.claim(task?.id as TaskId, CPU_DEVICE_ID, { name: 'Some CPU', fallback });
    expect(queue.job(id).attempts).toMatchObject([{ device: 'cpu', deviceName: 'Some CPU', fallback }]);
  });

  test('makes the job run and opens an attempt', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    const at = queue.after(0);
    expect(lease).toEqual({
      taskId: lease.taskId,
      jobId: id,
      kind: 'encode',
      deviceId: 'cpu',
      startedAt: at,
      process: null,
      temporaryPath: null,
      publishing: null,
      isSuspended: false,
    });
    expect(queue.store.leases()).toEqual([lease]);
    expect(queue.job(id)).toMatchObject({
      status: 'running',
      deviceId: 'cpu',
      startedAt: at,
      attempts: [{ device: 'cpu', argv: [], startedAt: at, endedAt: null, exitCode: null, error: null }],
    });
  });

  test('carries notes that a crash must find', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    const notes = {
      process: { pid: 42, startMark: '9000' },
      temporaryPath: '/media/.1.mp4.gantry-1.part',
      publishing: { finalPath: '/media/1.mp4', fileId: '8:1', output: outputOf('/media/1.mp4') },
      isSuspended: true,
    };
    expect(queue.store.updateLease(lease.taskId, { ...notes, argv: ['ffmpeg', '-i', 'a b'] })).toBe(true);
    expect(queue.store.leases()).toEqual([{ ...lease, ...notes }]);
    expect(queue.job(id).attempts[0]?.argv).toEqual(['ffmpeg', '-i', 'a b']);
    queue.store.updateLease(lease.taskId, { process: null, publishing: null, isSuspended: false });
    expect(queue.store.leases()).toEqual([{ ...lease, temporaryPath: notes.temporaryPath }]);
  });
});

describe('attempts', () => {
  test('that count as failures are kept however often a full GPU sends the job back', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    const error = { code: 'gpu-failed', message: 'It failed.', nextStep: 'Retry.' } as const;
    queue.store.requeueTask(lease.taskId, { error, countsAsAttempt: true });
    const full = { code: 'session-limit', message: 'It is full.', nextStep: 'Wait.' } as const;
    for (let n = 0; n < 150; n += 1) {
      queue.store.requeueTask(queue.claim(id).taskId, { error: full, countsAsAttempt: false });
    }
    expect(queue.store.failures(id)).toEqual([{ device: CPU_DEVICE_ID, error }]);
    expect(queue.job(id).attempts.length).toBeLessThan(110);
  });
});

describe('the end of a task', () => {
  test('a finished job shows its output and what was done', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    queue.store.setProgress(id, { fraction: 0.9, fps: 30, speedX: 2, etaMs: 10 });
    queue.nowMs += 5000;
    expect(queue.finish(lease)).toBe(true);
    const job = queue.job(id);
    expect(job).toMatchObject({
      status: 'done',
      output: outputOf(`/media/${id}.mp4`),
      metadata: METADATA,
      error: null,
      endedAt: queue.after(0),
      progress: { fraction: 1, etaMs: null },
      attempts: [{ endedAt: queue.after(0), exitCode: 0, error: null }],
    });
    expect(Job.parse(job)).toEqual(job);
    expect(queue.store.leases()).toEqual([]);
  });

  test('a failed one its reason, and nothing of it runs any more', () => {
    const queue = new TestQueue();
    const [id] = queue.add(1) as [JobId];
    queue.inspect(id, [
      { kind: 'encode', dependsOnPrevious: false },
      { kind: 'encode', dependsOnPrevious: true },
    ]);
    queue.store.failTask(queue.claim(id, 'encode').taskId, { error: FAULT, exitCode: 234 });
    expect(queue.job(id)).toMatchObject({
      status: 'failed',
      error: FAULT,
      attempts: [{ exitCode: 234, error: FAULT }],
    });
    expect(queue.store.runnable(['encode'], 10)).toEqual([]);
    expect(queue.store.failures(id)).toHaveLength(1);
  });

  test('a source that cannot be read fails its job without an attempt', () => {
    const queue = new TestQueue();
    const [id] = queue.add(1) as [JobId];
    queue.store.failTask(queue.claim(id, 'inspect').taskId, { error: FAULT });
    expect(queue.job(id)).toMatchObject({ status: 'failed', error: FAULT, attempts: [] });
  });

  test('a task that no device can do fails without being claimed', () => {
    const queue = new TestQueue();
    const [id] = queue.add(1) as [JobId];
    queue.inspect(id);
    const [task] = queue.store.runnable(['encode'], 1);
    expect(queue.store.failTask(task?.id as TaskId, { error: FAULT })).toBe(true);
    expect(queue.job(id)).toMatchObject({ status: 'failed', error: FAULT, attempts: [] });
    expect(queue.store.failTask(task?.id as TaskId, { error: FAULT })).toBe(false);
  });

  test('a job told to skip what is there ends as cancelled, with the reason', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    expect(queue.store.skipJob(lease.taskId, FAULT)).toBe(true);
    expect(queue.job(id)).toMatchObject({ status: 'cancelled', error: FAULT });
    expect(queue.store.failures(id)).toHaveLength(0);
  });

  test('comes to nothing when the job was cancelled or removed meanwhile', () => {
    const queue = new TestQueue();
    const cancelled = queue.addRunning();
    const removed = queue.addRunning();
    queue.store.cancel([cancelled.id]);
    queue.store.remove([removed.id]);
    for (const { lease } of [cancelled, removed]) {
      expect(queue.finish(lease)).toBe(false);
      expect(queue.store.failTask(lease.taskId, { error: FAULT })).toBe(false);
      expect(queue.store.skipJob(lease.taskId, FAULT)).toBe(false);
      expect(queue.store.requeueTask(lease.taskId, { error: FAULT, countsAsAttempt: true })).toBe(false);
      expect(queue.store.abandonLease(lease)).toBe(false);
      expect(queue.store.updateLease(lease.taskId, { temporaryPath: '/x' })).toBe(false);
    }
    expect(queue.job(cancelled.id).status).toBe('cancelled');
    expect(queue.store.job(removed.id)).toBeNull();
  });
});

describe('putting a task back', () => {
  test('keeps the job’s place and counts only what is its own fault', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    const others = queue.add(2);
    for (const other of others) queue.inspect(other);
    queue.store.setProgress(id, { fraction: 0.5, fps: null, speedX: null, etaMs: null });
    queue.store.requeueTask(lease.taskId, { error: FAULT, countsAsAttempt: true, exitCode: 1 });
    expect(queue.job(id)).toMatchObject({ status: 'queued', error: null, progress: { fraction: 0 } });
    expect(queue.store.runnable(['encode'], 10).map((task) => task.jobId)).toEqual([id, ...others]);
    const again = queue.claim(id);
    queue.store.requeueTask(again.taskId, { error: FAULT, countsAsAttempt: false });
    expect(queue.store.failures(id)).toHaveLength(1);
    expect(queue.store.attempts(id).map((attempt) => attempt.error)).toEqual([FAULT, FAULT]);
  });

  test('with a delay hides it until then', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    const notBefore = queue.after(10_000);
    queue.store.requeueTask(lease.taskId, { error: null, countsAsAttempt: false, notBefore });
    expect(queue.job(id).status).toBe('queued');
    queue.nowMs += 9_999;
    expect(queue.store.runnable(['encode'], 10)).toEqual([]);
    queue.nowMs += 1;
    expect(queue.store.runnable(['encode'], 10).map((task) => task.jobId)).toEqual([id]);
  });

  test('keeps only the newest hundred attempts of a job', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    let current = lease;
    for (let i = 1; i <= 130; i += 1) {
      queue.store.requeueTask(current.taskId, { error: null, countsAsAttempt: false, exitCode: i });
      current = queue.claim(id);
    }
    const attempts = queue.store.attempts(id);
    expect(attempts).toHaveLength(100);
    expect(attempts.at(-2)?.exitCode).toBe(130);
    expect(attempts.at(-1)?.endedAt).toBeNull();
  });
});

describe('the list', () => {
  test('shows running jobs, then the line, then what has ended, newest first', () => {
    const queue = new TestQueue();
    const [a, b, c, d, e, f] = queue.add(6) as [JobId, JobId, JobId, JobId, JobId, JobId];
    queue.store.cancel([b]);
    queue.nowMs += 1000;
    queue.store.cancel([e]);
    queue.store.setPriority([f], 10);
    queue.store.pause([c]);
    queue.inspect(d);
    queue.claim(d);
    expect(queue.listed()).toEqual([d, f, a, c, e, b]);
    expect(queue.listed(['paused', 'cancelled'])).toEqual([c, e, b]);
    expect(queue.store.list({ order: 'newest', offset: 0, limit: 10 }).jobs.map((job) => job.id)).toEqual([
      f,
      e,
      d,
      c,
      b,
      a,
    ]);
  });

  test('any page is that part of the whole, whatever is asked for', () => {
    const queue = new TestQueue();
    const ids = queue.add(40);
    queue.store.setPriority(ids.slice(3, 9), 5);
    queue.store.pause(ids.slice(5, 20));
    for (const id of ids.slice(20, 30)) {
      queue.nowMs += 1;
      queue.store.cancel([id]);
    }
    for (const id of ids.slice(30, 34)) {
      queue.inspect(id);
      queue.claim(id);
    }
    fc.assert(
      fc.property(
        fc.option(fc.uniqueArray(fc.constantFrom('queued', 'running', 'paused', 'cancelled', 'done')), {
          nil: undefined,
        }),
        fc.constantFrom('queue', 'newest'),
        fc.constantFrom('', '3', 'MEDIA/1', 'nothing'),
        fc.nat(45),
        fc.integer({ min: 1, max: 45 }),
        (status, order, search, offset, limit) => {
          const whole = queue.store.list({ status, order, search, offset: 0, limit: 1000 });
          const page = queue.store.list({ status, order, search, offset, limit });
          expect(page.jobs).toEqual(whole.jobs.slice(offset, offset + limit));
          expect(page.total).toBe(whole.jobs.length);
          const expected = ids.filter((id) => {
            const job = queue.job(id);
            const found = job.source.toLowerCase().includes(search.toLowerCase());
            return found && (status === undefined || status.includes(job.status as 'done'));
          });
          expect(new Set(whole.jobs.map((job) => job.id))).toEqual(new Set(expected));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a search ignores letter case in every script and reads no pattern', () => {
    const queue = new TestQueue();
    queue.store.addJobs([draft('/media/ÄRGER 100%.mkv'), draft('/media/a\u0308rger 1000.mkv'), draft('/x')]);
    const find = (search: string) => queue.store.list({ search, order: 'queue', offset: 0, limit: 10 }).total;
    expect(find('ärger')).toBe(2);
    expect(find('100%')).toBe(1);
    expect(find('_')).toBe(0);
    expect(find('')).toBe(3);
  });
});

describe('what is kept in memory only', () => {
  test('progress and the reason to wait are shown and forgotten with the engine', () => {
    const queue = new TestQueue();
    const [id] = queue.add(1) as [JobId];
    const running = queue.addRunning();
    const progress = { fraction: 0.25, fps: 50, speedX: 2, etaMs: 30_000 };
    queue.store.setProgress(running.id, progress);
    queue.store.setWaitingFor(id, 'a free GPU session');
    queue.store.setWaitingFor(running.id, 'a free GPU session');
    expect(queue.job(running.id)).toMatchObject({ progress, waitingFor: null });
    expect(queue.job(id).waitingFor).toBe('a free GPU session');
    queue.store.setWaitingFor(id, null);
    expect(queue.job(id).waitingFor).toBeNull();
  });
});

describe('final paths', () => {
  test('are taken by one job until it ends', () => {
    const queue = new TestQueue();
    const first = queue.addRunning();
    const second = queue.addRunning();
    expect(queue.store.reserveOutputPath(first.id, '/out/a.mp4')).toBe(true);
    expect(queue.store.reserveOutputPath(first.id, '/out/a.mp4')).toBe(true);
    expect(queue.store.reserveOutputPath(second.id, '/out/a.mp4')).toBe(false);
    queue.store.requeueTask(first.lease.taskId, { error: null, countsAsAttempt: false });
    expect(queue.store.reserveOutputPath(second.id, '/out/a.mp4')).toBe(false);
    queue.finish(queue.claim(first.id));
    expect(queue.store.reserveOutputPath(second.id, '/out/a.mp4')).toBe(true);
    expect(queue.store.reserveOutputPath(first.id, '/out/b.mp4')).toBe(false);
  });

  test('another choice of the same job frees the one before', () => {
    const queue = new TestQueue();
    const [a, b] = queue.add(2) as [JobId, JobId];
    queue.store.reserveOutputPath(a, '/out/a.mp4');
    expect(queue.store.reserveOutputPath(a, '/out/a (2).mp4')).toBe(true);
    expect(queue.store.reserveOutputPath(b, '/out/a.mp4')).toBe(true);
  });

  test.each(['cancel', 'remove'] as const)('%s frees them', (action) => {
    const queue = new TestQueue();
    const [a, b] = queue.add(2) as [JobId, JobId];
    queue.store.reserveOutputPath(a, '/out/a.mp4');
    queue.store[action]([a]);
    expect(queue.store.reserveOutputPath(b, '/out/a.mp4')).toBe(true);
  });

  test.each([
    ['linux', true],
    ['darwin', false],
    ['win32', false],
  ] as const)('on %s names that differ by letter case are two: %s', (platform, areTwo) => {
    const queue = new TestQueue(':memory:', platform);
    const [a, b] = queue.add(2) as [JobId, JobId];
    queue.store.reserveOutputPath(a, '/out/Film.mp4');
    expect(queue.store.reserveOutputPath(b, '/out/film.MP4')).toBe(areTwo);
  });

  test('are never the source of a job that has not ended, in whatever letter case', () => {
    const queue = new TestQueue();
    const [own, other] = queue.store.addJobIds([draft('/media/Own.mp4'), draft('/media/Other.mp4')]) as [
      JobId,
      JobId,
    ];
    expect(queue.store.reserveOutputPath(own, '/media/own.mp4')).toBe(false);
    expect(queue.store.reserveOutputPath(own, '/media/Other.mp4')).toBe(false);
    queue.store.cancel([other]);
    expect(queue.store.reserveOutputPath(own, '/media/Other.mp4')).toBe(true);
  });
});

describe('changes', () => {
  test('are told once for each transaction, after it', () => {
    const queue = new TestQueue();
    const seen: QueueChange[] = [];
    const stop = queue.store.onChange((change) => {
      for (const id of change.changed) expect(queue.store.job(id)).not.toBeNull();
      seen.push(change);
    });
    const ids = queue.add(3);
    queue.store.pause(ids);
    queue.store.remove(ids.slice(0, 2));
    queue.store.setPaused(true);
    stop();
    queue.add(1);
    expect(seen).toEqual([
      { changed: ids, removed: [], summaryChanged: true },
      { changed: ids, removed: [], summaryChanged: true },
      { changed: [], removed: ids.slice(0, 2), summaryChanged: true },
      { changed: [], removed: [], summaryChanged: true },
    ]);
  });

  test('nothing is told when nothing changed', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    const seen: QueueChange[] = [];
    queue.store.onChange((change) => seen.push(change));
    queue.store.resume([id]);
    queue.store.retry([id]);
    queue.store.setPaused(false);
    queue.store.runnable(['encode'], 5);
    queue.store.updateLease(lease.taskId, { temporaryPath: '/x' });
    queue.store.setWaitingFor(id, null);
    expect(seen).toEqual([]);
  });
});
