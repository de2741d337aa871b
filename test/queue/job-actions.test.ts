import { describe, expect, test } from 'vitest';
import type { JobId } from '../../src/common/ids.ts';
import { ProblemError } from '../../src/common/problem.ts';
import { draft, FAULT, infoOf, outputOf, TestQueue } from './queue-fixture.ts';

describe('pausing and resuming', () => {
  test('a waiting job is held where it stands in the line', () => {
    const queue = new TestQueue();
    const ids = queue.add(3);
    queue.store.pause([ids[0] as JobId]);
    expect(queue.job(ids[0] as JobId).status).toBe('paused');
    expect(queue.store.runnable(['inspect'], 10).map((task) => task.jobId)).toEqual(ids.slice(1));
    queue.store.resume([ids[0] as JobId]);
    expect(queue.store.runnable(['inspect'], 10).map((task) => task.jobId)).toEqual(ids);
  });

  test('a running job keeps its lease, and its process is to stand still', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    const paused = queue.store.pause([id]);
    expect(paused.affected).toEqual([{ ...lease, isSuspended: true }]);
    expect(paused.result.jobs[0]).toMatchObject({ id, status: 'paused' });
    expect(queue.store.leases()).toEqual(paused.affected);
    const resumed = queue.store.resume([id]);
    expect(resumed.affected).toEqual([lease]);
    expect(queue.job(id).status).toBe('running');
  });

  test('a source that is just being read is read to its end, and what follows is held', () => {
    const queue = new TestQueue();
    const [id] = queue.add(1) as [JobId];
    const lease = queue.claim(id, 'inspect');
    expect(queue.store.pause([id]).affected).toEqual([]);
    queue.store.finishInspect(lease.taskId, {
      info: infoOf('/media/1.mkv'),
      summary: '',
      next: [{ kind: 'encode', dependsOnPrevious: false }],
    });
    expect(queue.store.runnable(['encode'], 10)).toEqual([]);
    expect(queue.store.resume([id]).result.jobs[0]?.status).toBe('queued');
    expect(queue.store.runnable(['encode'], 10)).toHaveLength(1);
  });

  test('work that was complete before the pause took hold counts', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    queue.store.pause([id]);
    expect(queue.finish(lease)).toBe(true);
    expect(queue.job(id).status).toBe('done');
  });

  test('a step that was complete before the pause took hold counts, and the next one is held', () => {
    const queue = new TestQueue();
    const [id] = queue.add(1) as [JobId];
    queue.inspect(id, [
      { kind: 'encode', dependsOnPrevious: false },
      { kind: 'encode', dependsOnPrevious: true },
    ]);
    const lease = queue.claim(id);
    queue.store.pause([id]);
    expect(queue.store.finishTask(lease.taskId)).toBe(true);
    expect(queue.store.runnable(['encode'], 10)).toEqual([]);
    expect(queue.store.resume([id]).result.jobs[0]?.status).toBe('queued');
    expect(queue.finish(queue.claim(id))).toBe(true);
  });

  test('a paused job whose process ended stays paused and starts over when resumed', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    queue.store.pause([id]);
    queue.store.abandonLease(lease);
    expect(queue.job(id).status).toBe('paused');
    expect(queue.store.runnable(['encode'], 10)).toEqual([]);
    expect(queue.store.resume([id]).result.jobs[0]?.status).toBe('queued');
    expect(queue.claim(id).taskId).toBe(lease.taskId);
  });

  test('resuming ends a delay', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    queue.store.requeueTask(lease.taskId, {
      error: null,
      countsAsAttempt: false,
      notBefore: queue.after(60_000),
    });
    queue.store.pause([id]);
    queue.store.resume([id]);
    expect(queue.store.runnable(['encode'], 10)).toHaveLength(1);
  });
});

describe('cancelling and removing', () => {
  test('a running job is cancelled at once and leaves its process to be cleared away', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    queue.store.updateLease(lease.taskId, { temporaryPath: '/media/.1.part' });
    const { result, affected } = queue.store.cancel([id]);
    expect(result.jobs[0]).toMatchObject({
      status: 'cancelled',
      endedAt: queue.after(0),
      error: null,
      attempts: [{ error: { code: 'cancelled' }, endedAt: queue.after(0) }],
    });
    expect(affected).toEqual([{ ...lease, temporaryPath: '/media/.1.part' }]);
    expect(queue.store.leases()).toEqual([]);
    expect(queue.store.leftovers()).toEqual(affected);
    queue.store.forgetLeftover(lease.taskId);
    expect(queue.store.leftovers()).toEqual([]);
  });

  test('reading a source ends with its job', () => {
    const queue = new TestQueue();
    const [id] = queue.add(1) as [JobId];
    const lease = queue.claim(id, 'inspect');
    expect(queue.store.cancel([id]).affected).toEqual([lease]);
  });

  test('a removed job is gone with everything of it, and is shown once more', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    const { result, affected } = queue.store.remove([id]);
    expect(result.jobs.map((job) => [job.id, job.status])).toEqual([[id, 'running']]);
    expect(affected.map((found) => found.taskId)).toEqual([lease.taskId]);
    for (const table of ['jobs', 'tasks', 'leases', 'attempts', 'source_infos', 'output_paths']) {
      expect(queue.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
    }
    expect(queue.store.leftovers()).toHaveLength(1);
  });

  test('comes too late when the output is just getting its name', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    queue.store.updateLease(lease.taskId, {
      publishing: { finalPath: '/media/1.mp4', fileId: '8:1', output: outputOf('/media/1.mp4') },
    });
    for (const action of ['pause', 'cancel', 'remove'] as const) {
      expect(queue.store[action]([id]).result.rejected[0]?.error.code).toBe('invalid-transition');
    }
    expect(queue.finish(lease)).toBe(true);
    expect(queue.job(id).status).toBe('done');
  });

  test('clearing forgets every job in the states named, and no other', () => {
    const queue = new TestQueue();
    const done = queue.addRunning();
    queue.finish(done.lease);
    const [failed, cancelled, waiting] = queue.add(3) as [JobId, JobId, JobId];
    queue.store.failTask(queue.claim(failed, 'inspect').taskId, { error: FAULT });
    queue.store.cancel([cancelled]);
    expect(queue.store.clear(['done', 'failed', 'done'])).toBe(2);
    expect(queue.listed()).toEqual([waiting, cancelled]);
    expect(queue.store.clear(['failed'])).toBe(0);
  });
});

describe('a retry', () => {
  test('begins anew at the end of the line and keeps the record', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    queue.store.setProgress(id, { fraction: 0.5, fps: null, speedX: null, etaMs: null });
    queue.store.failTask(lease.taskId, { error: FAULT, exitCode: 1 });
    const [other] = queue.add(1) as [JobId];
    const [job] = queue.store.retry([id]).result.jobs;
    expect(job).toMatchObject({
      status: 'queued',
      error: null,
      output: null,
      metadata: null,
      startedAt: null,
      endedAt: null,
      progress: { fraction: 0 },
      attempts: [{ error: FAULT, exitCode: 1 }],
    });
    expect(queue.store.failures(id)).toHaveLength(0);
    expect(queue.store.runnable(['inspect', 'encode'], 10).map((task) => [task.jobId, task.kind])).toEqual([
      [other, 'inspect'],
      [id, 'inspect'],
    ]);
    queue.inspect(id);
    expect(queue.finish(queue.claim(id))).toBe(true);
    expect(queue.job(id).attempts).toHaveLength(2);
  });

  test('makes a done job again', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    queue.finish(lease);
    expect(queue.store.retry([id]).result.jobs[0]).toMatchObject({ status: 'queued', output: null });
  });
});

describe('many at once', () => {
  test('one bad id does not stop the rest, and each is told why', () => {
    const queue = new TestQueue();
    const [a, b, c] = queue.add(3) as [JobId, JobId, JobId];
    queue.store.cancel([b]);
    const { result } = queue.store.pause([c, b, '999' as JobId, a, a]);
    expect(result.jobs.map((job) => [job.id, job.status])).toEqual([
      [c, 'paused'],
      [a, 'paused'],
    ]);
    expect(result.rejected).toEqual([
      {
        id: b,
        error: {
          code: 'invalid-transition',
          message: `Job ${b} was cancelled; only waiting or running jobs can be paused.`,
          nextStep: 'Retry the job to queue it again.',
        },
      },
      { id: '999', error: expect.objectContaining({ code: 'job-not-found' }) },
    ]);
  });

  test('thousands are paused, moved, resumed, cancelled, retried and removed, and the counts hold', () => {
    const queue = new TestQueue();
    const ids = queue.add(5000);
    const steps = [
      ['pause', 'paused'],
      ['resume', 'queued'],
      ['cancel', 'cancelled'],
      ['retry', 'queued'],
    ] as const;
    for (const [action, status] of steps) {
      expect(queue.store[action](ids).result.jobs).toHaveLength(5000);
      expect(queue.store.counts()[status]).toBe(5000);
    }
    expect(queue.store.runnable(['inspect'], 1)).toHaveLength(1);
    expect(queue.store.remove(ids).result.jobs).toHaveLength(5000);
    expect(Object.values(queue.store.counts())).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('priority', () => {
  test('changes what runs next at once', () => {
    const queue = new TestQueue();
    const ids = queue.add(3);
    queue.store.setPriority([ids[2] as JobId], 1);
    expect(queue.listed()).toEqual([ids[2], ids[0], ids[1]]);
    expect(queue.store.runnable(['inspect'], 1)[0]).toMatchObject({ jobId: ids[2], priority: 1 });
  });

  test.each([1001, -1001, 0.5, Number.NaN])('%d is refused', (priority) => {
    const queue = new TestQueue();
    expect(() => queue.store.setPriority(queue.add(1), priority)).toThrow(ProblemError);
  });
});

describe('order', () => {
  test('jobs move before another in the order given', () => {
    const queue = new TestQueue();
    const [a, b, c, d, e] = queue.add(5) as [JobId, JobId, JobId, JobId, JobId];
    queue.store.reorder([e, c], b);
    expect(queue.listed()).toEqual([a, e, c, b, d]);
    expect(queue.store.runnable(['inspect'], 10).map((task) => task.jobId)).toEqual([a, e, c, b, d]);
    queue.store.reorder([a, b], null);
    expect(queue.listed()).toEqual([e, c, d, a, b]);
    queue.store.reorder([b], e);
    expect(queue.listed()).toEqual([b, e, c, d, a]);
  });

  test('a target that moves along gives way to the next that stays', () => {
    const queue = new TestQueue();
    const [a, b, c, d] = queue.add(4) as [JobId, JobId, JobId, JobId];
    queue.store.reorder([a, b], b);
    expect(queue.listed()).toEqual([a, b, c, d]);
    queue.store.reorder([d, c], c);
    expect(queue.listed()).toEqual([a, b, d, c]);
  });

  test('a job moved among others of another priority takes theirs', () => {
    const queue = new TestQueue();
    const low = queue.add(2);
    const high = queue.add(2, { priority: 7 });
    queue.store.reorder([low[1] as JobId], high[1] as JobId);
    expect(queue.listed()).toEqual([high[0], low[1], high[1], low[0]]);
    expect(queue.job(low[1] as JobId).priority).toBe(7);
    queue.store.reorder([high[0] as JobId], null);
    expect(queue.listed()).toEqual([low[1], high[1], low[0], high[0]]);
    expect(queue.job(high[0] as JobId).priority).toBe(0);
  });

  test('before a running job is the front, before an ended one the end', () => {
    const queue = new TestQueue();
    const running = queue.addRunning();
    const [a, b, c] = queue.add(3, { priority: 3 }) as [JobId, JobId, JobId];
    const ended = queue.add(1);
    queue.store.cancel(ended);
    queue.store.reorder([c], running.id);
    expect(queue.listed(['queued'])).toEqual([c, a, b]);
    queue.store.reorder([c], ended[0] as JobId);
    expect(queue.listed(['queued'])).toEqual([a, b, c]);
  });

  test('what does not wait is not moved, and an unknown target is refused', () => {
    const queue = new TestQueue();
    const running = queue.addRunning();
    const [a] = queue.add(1) as [JobId];
    expect(queue.store.reorder([running.id], a).result.rejected[0]?.error.message).toBe(
      `Job ${running.id} is running; only waiting or paused jobs can be moved.`,
    );
    expect(() => queue.store.reorder([a], '999' as JobId)).toThrow(ProblemError);
  });

  test('holds when the same gap is used until its numbers run out', () => {
    const queue = new TestQueue();
    const ids = queue.add(6);
    const expected = [...ids];
    for (let i = 0; i < 200; i += 1) {
      // The last but one moves before the last, over and over: each time into half of what was left.
      const moved = expected[2 + (i % 3)] as JobId;
      const last = expected.at(-1) as JobId;
      queue.store.reorder([moved], last);
      expected.splice(expected.indexOf(moved), 1);
      expected.splice(expected.length - 1, 0, moved);
      expect(queue.listed()).toEqual(expected);
    }
    const [added] = queue.add(1) as [JobId];
    expect(queue.listed()).toEqual([...expected, added]);
  });

  test('survives a restart, and so does the place of what is added then', () => {
    const queue = new TestQueue();
    const ids = queue.add(3);
    queue.store.reorder([ids[2] as JobId], ids[0] as JobId);
    queue.store.reorder([ids[0] as JobId], null);
    const reopened = queue.reopened();
    const [added] = reopened.store.addJobIds([draft('/media/new.mkv')]);
    expect(reopened.listed()).toEqual([ids[2], ids[1], ids[0], added]);
  });
});
