import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JobId } from '../../src/common/ids.ts';
import { METADATA, outputOf, TestQueue } from './queue-fixture.ts';

const PUBLISHING = { finalPath: '/media/1.mp4', fileId: '8:1', output: outputOf('/media/1.mp4') };

describe('after an engine that was killed', () => {
  test('running work goes back to its place, and what it left is told', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    const others = queue.add(2);
    const process = { pid: 42, startMark: '9000' };
    queue.store.updateLease(lease.taskId, { process, temporaryPath: '/media/.1.part', argv: ['ffmpeg'] });

    const next = queue.reopened();
    const { leftovers, undecided } = next.store.recover();
    expect(undecided).toEqual([]);
    expect(leftovers).toEqual([{ ...lease, process, temporaryPath: '/media/.1.part' }]);
    expect(next.store.leases()).toEqual([]);
    expect(next.listed()).toEqual([id, ...others]);
    expect(next.job(id)).toMatchObject({
      status: 'queued',
      error: null,
      attempts: [{ argv: ['ffmpeg'], endedAt: next.after(0), error: { code: 'interrupted' } }],
    });
    expect(next.store.failures(id)).toHaveLength(0);
    expect(next.claim(id).taskId).toBe(lease.taskId);
  });

  test('what was left is told until it is cleared away, over any number of crashes', () => {
    const queue = new TestQueue();
    const { lease } = queue.addRunning();
    const second = queue.reopened();
    second.store.recover();
    const third = second.reopened();
    expect(third.store.recover().leftovers.map((found) => found.taskId)).toEqual([lease.taskId]);
    third.store.forgetLeftover(lease.taskId);
    expect(third.reopened().store.recover().leftovers).toEqual([]);
  });

  test('a job cancelled just before is not brought back, and its process is told', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    queue.store.cancel([id]);
    const next = queue.reopened();
    expect(next.store.recover().leftovers.map((found) => found.taskId)).toEqual([lease.taskId]);
    expect(next.job(id).status).toBe('cancelled');
  });

  test('a paused job stays paused and starts over when resumed', () => {
    const queue = new TestQueue();
    const { id } = queue.addRunning();
    queue.store.pause([id]);
    const next = queue.reopened();
    next.store.recover();
    expect(next.job(id).status).toBe('paused');
    expect(next.store.resume([id]).result.jobs[0]?.status).toBe('queued');
    expect(next.claim(id).isSuspended).toBe(false);
  });

  test('a source that was being read is read again', () => {
    const queue = new TestQueue();
    const [id] = queue.add(1) as [JobId];
    queue.claim(id, 'inspect');
    const next = queue.reopened();
    next.store.recover();
    next.inspect(id);
    expect(next.store.runnable(['encode'], 1)).toHaveLength(1);
  });

  test('a job between two of its tasks waits for the next', () => {
    const queue = new TestQueue();
    const [id] = queue.add(1) as [JobId];
    queue.inspect(id, [
      { kind: 'encode', dependsOnPrevious: false },
      { kind: 'encode', dependsOnPrevious: true },
    ]);
    queue.store.finishTask(queue.claim(id, 'encode').taskId);
    const next = queue.reopened();
    next.store.recover();
    expect(next.job(id).status).toBe('queued');
    expect(next.store.counts()).toMatchObject({ queued: 1, running: 0 });
    expect(next.finish(next.claim(id, 'encode'))).toBe(true);
  });

  test('delays end', () => {
    const queue = new TestQueue();
    const { lease } = queue.addRunning();
    queue.store.requeueTask(lease.taskId, {
      error: null,
      countsAsAttempt: false,
      notBefore: queue.after(86_400_000),
    });
    const next = queue.reopened();
    next.store.recover();
    expect(next.store.runnable(['encode'], 1)).toHaveLength(1);
  });

  test('the queue is still paused, and final paths are still taken', () => {
    const queue = new TestQueue();
    const [a, b] = queue.add(2) as [JobId, JobId];
    queue.store.setPaused(true);
    queue.store.reserveOutputPath(a, '/out/a.mp4');
    const next = queue.reopened();
    next.store.recover();
    expect(next.store.isPaused).toBe(true);
    expect(next.store.reserveOutputPath(b, '/out/a.mp4')).toBe(false);
  });
});

describe('an output that was getting its final name', () => {
  test('is decided by the files; until then the job neither runs again nor is lost', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    queue.store.updateLease(lease.taskId, { publishing: { ...PUBLISHING, metadata: METADATA } });

    const second = queue.reopened();
    const { leftovers, undecided } = second.store.recover();
    expect(leftovers).toEqual([]);
    expect(undecided).toEqual([{ ...lease, publishing: { ...PUBLISHING, metadata: METADATA } }]);
    expect(second.store.runnable(['inspect', 'encode'], 10)).toEqual([]);

    const third = second.reopened();
    const [again] = third.store.recover().undecided;
    if (again === undefined) throw new Error('the lease is gone');
    expect(third.store.completePublished(again)).toBe(true);
    expect(third.job(id)).toMatchObject({
      status: 'done',
      output: PUBLISHING.output,
      metadata: METADATA,
      attempts: [{ exitCode: 0, error: null }],
    });
    expect(third.reopened().store.recover()).toEqual({ leftovers: [], undecided: [] });
  });

  test('without its name the task goes back', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    queue.store.updateLease(lease.taskId, { publishing: PUBLISHING });
    const next = queue.reopened();
    const [found] = next.store.recover().undecided;
    if (found === undefined) throw new Error('the lease is gone');
    expect(next.store.abandonLease(found)).toBe(true);
    expect(next.job(id)).toMatchObject({ status: 'queued', attempts: [{ error: { code: 'interrupted' } }] });
    expect(next.claim(id).publishing).toBeNull();
  });

  test('a lease that was not publishing cannot be completed', () => {
    const queue = new TestQueue();
    const { id, lease } = queue.addRunning();
    expect(queue.store.completePublished(lease)).toBe(false);
    expect(queue.job(id).status).toBe('running');
  });
});

test('recipes that no job has any more are dropped at the start', () => {
  const queue = new TestQueue();
  queue.store.remove(queue.add(3));
  const next = queue.reopened();
  next.store.recover();
  expect(next.db.prepare('SELECT count(*) FROM recipes').pluck().get()).toBe(0);
});

test('a database file that was never closed is read back whole', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-recovery-'));
  const file = join(folder, 'gantry.db');
  const queue = new TestQueue(file);
  const { id } = queue.addRunning();
  // A second connection sees what a killed process would have left: database, log and index as they lie there.
  const next = new TestQueue(file);
  next.store.recover();
  expect(next.job(id).status).toBe('queued');
  next.db.close();
  queue.db.close();
  rmSync(folder, { recursive: true, force: true });
});
