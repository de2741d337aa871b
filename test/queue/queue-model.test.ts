import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JobId } from '../../src/common/ids.ts';
import { CPU_DEVICE_ID } from '../../src/common/ids.ts';
import { type JobStatus, JobStatus as JobStatuses } from '../../src/common/job.ts';
import { hasEnded } from '../../src/engine/queue/job-state.ts';
import type { Lease } from '../../src/engine/queue/records.ts';
import { FAULT, infoOf, outputOf, TestQueue } from './queue-fixture.ts';

/** What a job is, in the simplest words. */
interface ModelJob {
  status: JobStatus;
  /** What is to be done next, and whether somebody does it. */
  next: 'inspect' | 'encode';
  lease: Lease | null;
  isPublishing: boolean;
  delayedUntilMs: number;
}

/** Which jobs an action is for, counted around. */
const someJobs = fc.array(fc.nat(40), { minLength: 1, maxLength: 3 });

const step = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('add'),
      count: fc.integer({ min: 1, max: 3 }),
      paused: fc.boolean(),
    }),
  },
  // Work comes first, or the jobs would be cancelled and removed before any of them gets to run.
  { weight: 14, arbitrary: fc.record({ kind: fc.constant('claim'), which: fc.nat(40) }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('succeed'), which: fc.nat(40) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('fail', 'requeue', 'delay', 'publish', 'publish'),
      which: fc.nat(40),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constantFrom('pause', 'pause', 'resume', 'resume', 'cancel', 'retry', 'remove'),
      jobs: someJobs,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('reorder'), jobs: someJobs, before: fc.option(fc.nat(40)) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('prioritize'),
      jobs: someJobs,
      priority: fc.integer({ min: -2, max: 2 }),
    }),
  },
  fc.record({ kind: fc.constant('hold the queue'), on: fc.constantFrom(true, false, false, false) }),
  fc.record({ kind: fc.constant('wait'), ms: fc.constantFrom(1, 5000, 20_000) }),
  fc.record({ kind: fc.constant('crash'), named: fc.boolean() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Simulation {
  queue = new TestQueue();
  readonly model = new Map<JobId, ModelJob>();
  isPaused = false;

  /** Begins with jobs of which some are ready to encode: an empty queue takes long to become one in which much goes on. */
  constructor() {
    const ids = this.queue.add(6);
    for (const [index, id] of ids.entries()) {
      this.model.set(id, fresh('queued'));
      if (index % 2 === 1) continue;
      this.queue.inspect(id);
      this.#job(id).next = 'encode';
    }
  }

  apply(action: Step): void {
    const before = this.queue.listed(['queued', 'paused']);
    const untouched = this.#do(action);
    this.#check();
    // Whatever happened to others, those that waited and still wait keep their order among each other.
    const after = this.queue.listed(['queued', 'paused']);
    const stayed = (id: JobId) => before.includes(id) && after.includes(id) && untouched(id);
    expect(after.filter(stayed)).toEqual(before.filter(stayed));
  }

  /** Does the action on both and returns which jobs it must not have moved. */
  #do(action: Step): (id: JobId) => boolean {
    const { store } = this.queue;
    const all = () => true;
    switch (action.kind) {
      case 'add': {
        const ids = this.queue.add(action.count, { paused: action.paused });
        for (const id of ids) {
          expect(this.model.has(id)).toBe(false);
          this.model.set(id, fresh(action.paused ? 'paused' : 'queued'));
        }
        return (id) => !ids.includes(id);
      }
      case 'claim': {
        const tasks = store.runnable(['inspect', 'encode'], 1000);
        const task = tasks[action.which % Math.max(1, tasks.length)];
        if (task === undefined) return all;
        const lease = store.claim(task.id, CPU_DEVICE_ID);
        const job = this.#job(task.jobId);
        if (lease === null) throw new Error('a runnable task could not be claimed');
        expect(store.claim(task.id, CPU_DEVICE_ID)).toBeNull();
        job.lease = lease;
        if (lease.kind === 'encode') job.status = 'running';
        return all;
      }
      case 'succeed':
      case 'fail':
      case 'requeue':
      case 'delay':
      case 'publish':
        this.#endTask(action.kind, action.which);
        return all;
      case 'pause':
      case 'resume':
      case 'cancel':
      case 'retry':
      case 'remove':
        return this.#actOn(action.kind, action.jobs);
      case 'reorder':
        return this.#reorder(action.jobs, action.before);
      case 'prioritize': {
        const ids = this.#pick(action.jobs);
        store.setPriority(ids, action.priority);
        for (const id of ids) {
          const job = this.#job(id);
          if (!hasEnded(job.status)) expect(store.job(id)?.priority).toBe(action.priority);
        }
        return (id) => !ids.includes(id);
      }
      case 'hold the queue':
        store.setPaused(action.on);
        this.isPaused = action.on;
        return all;
      case 'wait':
        this.queue.nowMs += action.ms;
        return all;
      case 'crash':
        return this.#crash(action.named);
      default:
        throw new Error('an unknown step');
    }
  }

  #endTask(how: 'succeed' | 'fail' | 'requeue' | 'delay' | 'publish', which: number): void {
    const { store } = this.queue;
    const leases = store.leases();
    const lease = leases[which % Math.max(1, leases.length)];
    if (lease === undefined) return;
    const job = this.#job(lease.jobId);
    const output = outputOf('/out/x.mp4');
    if (how === 'publish') {
      if (lease.kind !== 'encode' || job.status !== 'running') return;
      store.updateLease(lease.taskId, { publishing: { finalPath: '/out/x.mp4', fileId: '1:1', output } });
      job.isPublishing = true;
      return;
    }
    job.lease = null;
    job.isPublishing = false;
    const backTo = job.status === 'running' ? 'queued' : job.status;
    if (how === 'fail') {
      expect(store.failTask(lease.taskId, { error: FAULT })).toBe(true);
      job.status = 'failed';
    } else if (how === 'requeue') {
      expect(store.requeueTask(lease.taskId, { error: null, countsAsAttempt: true })).toBe(true);
      job.status = backTo;
    } else if (how === 'delay') {
      const notBefore = this.queue.after(10_000);
      store.requeueTask(lease.taskId, { error: null, countsAsAttempt: false, notBefore });
      if (job.status !== 'paused') job.delayedUntilMs = this.queue.nowMs + 10_000;
      job.status = backTo;
    } else if (lease.kind === 'inspect') {
      const next = [{ kind: 'encode', dependsOnPrevious: false }] as const;
      expect(store.finishInspect(lease.taskId, { info: infoOf('/x'), summary: 'x', next })).toBe(true);
      job.next = 'encode';
    } else {
      expect(store.finishJob(lease.taskId, { output, metadata: null, exitCode: 0 })).toBe(true);
      job.status = 'done';
    }
  }

  #actOn(
    action: 'pause' | 'resume' | 'cancel' | 'retry' | 'remove',
    jobs: readonly number[],
  ): (id: JobId) => boolean {
    const ids = this.#pick(jobs);
    const { result } = this.queue.store[action](ids);
    const accepted = result.jobs.map((job) => job.id);
    expect([...accepted, ...result.rejected.map(({ id }) => id)].sort()).toEqual([...ids].sort());
    for (const id of ids) {
      const job = this.#job(id);
      const works = job.lease?.kind === 'encode';
      const may = {
        pause: !job.isPublishing && (job.status === 'queued' || job.status === 'running'),
        resume: job.status === 'paused',
        cancel: !job.isPublishing && !hasEnded(job.status),
        retry: hasEnded(job.status),
        remove: !job.isPublishing,
      };
      expect(accepted.includes(id)).toBe(may[action]);
      if (!may[action]) continue;
      if (action === 'pause') Object.assign(job, { status: 'paused', delayedUntilMs: 0 });
      if (action === 'resume') job.status = works ? 'running' : 'queued';
      if (action === 'cancel') Object.assign(job, { status: 'cancelled', lease: null });
      if (action === 'retry') this.model.set(id, fresh('queued'));
      if (action === 'remove') this.model.delete(id);
    }
    return (id) => !(action === 'retry' && ids.includes(id));
  }

  #reorder(jobs: readonly number[], before: number | null): (id: JobId) => boolean {
    const ids = this.#pick(jobs);
    const target = before === null ? null : (this.#pick([before])[0] ?? null);
    const { result } = this.queue.store.reorder(ids, target);
    const moved = result.jobs.map((job) => job.id);
    for (const id of ids) {
      expect(moved.includes(id)).toBe(['queued', 'paused'].includes(this.#job(id).status));
    }
    const line = this.queue.listed(['queued', 'paused']);
    if (moved.length > 0) {
      // They stand together, in the order given, and before their target where that still waits.
      const at = line.indexOf(moved[0] as JobId);
      expect(line.slice(at, at + moved.length)).toEqual(moved);
      const status = target === null ? 'done' : this.#job(target).status;
      if (hasEnded(status)) expect(at + moved.length).toBe(line.length);
      else if (status === 'running') expect(at).toBe(0);
      else if (target !== null && !moved.includes(target)) expect(line[at + moved.length]).toBe(target);
    }
    return (id) => !moved.includes(id);
  }

  #crash(named: boolean): (id: JobId) => boolean {
    this.queue = this.queue.reopened();
    const { undecided } = this.queue.store.recover();
    for (const lease of undecided) {
      const { store } = this.queue;
      expect(named ? store.completePublished(lease) : store.abandonLease(lease)).toBe(true);
    }
    for (const job of this.model.values()) {
      job.delayedUntilMs = 0;
      if (job.status === 'running') job.status = job.isPublishing && named ? 'done' : 'queued';
      Object.assign(job, { lease: null, isPublishing: false });
    }
    return () => true;
  }

  #check(): void {
    const { store, db } = this.queue;
    const listed = store.list({ order: 'queue', offset: 0, limit: 1000 });
    const found = new Map(listed.jobs.map((job) => [job.id, job.status]));
    expect(found).toEqual(new Map([...this.model].map(([id, job]) => [id, job.status])));
    const counts = Object.fromEntries(JobStatuses.options.map((status) => [status, 0]));
    for (const row of db
      .prepare<[], { status: string; n: number }>('SELECT status, count(*) AS n FROM jobs GROUP BY status')
      .all()) {
      counts[row.status] = row.n;
    }
    expect(store.counts()).toEqual(counts);

    const leased = [...this.model].filter(([, job]) => job.lease !== null);
    expect(new Set(store.leases().map((lease) => lease.taskId))).toEqual(
      new Set(leased.map(([, job]) => job.lease?.taskId)),
    );
    for (const lease of store.leases()) {
      const job = this.#job(lease.jobId);
      expect(lease.isSuspended).toBe(job.status === 'paused' && lease.kind === 'encode');
    }

    // Exactly what waits and is not held back may run, in the order in which it is listed.
    const may = listed.jobs.filter(({ id }) => {
      const job = this.#job(id);
      const isHeld = this.isPaused && job.next === 'encode';
      return (
        job.status === 'queued' && job.lease === null && !isHeld && job.delayedUntilMs <= this.queue.nowMs
      );
    });
    expect(store.runnable(['inspect', 'encode'], 1000).map((task) => [task.jobId, task.kind])).toEqual(
      may.map(({ id }) => [id, this.#job(id).next]),
    );
  }

  #job(id: JobId): ModelJob {
    const job = this.model.get(id);
    if (job === undefined) throw new Error(`the model has no job ${id}`);
    return job;
  }

  #pick(numbers: readonly number[]): JobId[] {
    const ids = [...this.model.keys()];
    return [...new Set(numbers.map((n) => ids[n % Math.max(1, ids.length)]))].filter(
      (id) => id !== undefined,
    );
  }
}

function fresh(status: JobStatus): ModelJob {
  return { status, next: 'inspect', lease: null, isPublishing: false, delayedUntilMs: 0 };
}

test('whatever is done to it in whatever order, the queue is what a simple model says', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 100, size: 'max' }), (steps) => {
      const simulation = new Simulation();
      for (const action of steps) simulation.apply(action);
    }),
    { numRuns: 100 },
  );
}, 60_000);
