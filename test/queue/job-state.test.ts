import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JobId } from '../../src/common/ids.ts';
import { JobStatus } from '../../src/common/job.ts';
import { hasEnded, type JobAction, type JobSituation, nextStatus } from '../../src/engine/queue/job-state.ts';

const ACTIONS: readonly JobAction[] = [
  'pause',
  'resume',
  'cancel',
  'retry',
  'remove',
  'move',
  'prioritize',
  'claim',
  'finish',
  'fail',
  'requeue',
];

const situations: fc.Arbitrary<JobSituation> = fc
  .record({
    id: fc.constant('12' as JobId),
    status: fc.constantFrom(...JobStatus.options),
    isBegun: fc.boolean(),
    isPublishing: fc.boolean(),
  })
  // A job whose output gets its name has been begun and has not ended.
  .map((job) => (hasEnded(job.status) ? { ...job, isBegun: false, isPublishing: false } : job));

function job(status: JobStatus, changes: Partial<JobSituation> = {}): JobSituation {
  return { id: '12' as JobId, status, isBegun: false, isPublishing: false, ...changes };
}

function target(status: JobStatus, action: JobAction, changes: Partial<JobSituation> = {}): string {
  const next = nextStatus(job(status, changes), action);
  return next.kind === 'to' ? next.status : next.kind;
}

describe('what a job does', () => {
  test.each([
    // action: queued, running, paused, done, failed, cancelled
    ['pause', 'paused paused refused refused refused refused'],
    ['resume', 'refused refused queued refused refused refused'],
    ['cancel', 'cancelled cancelled cancelled refused refused refused'],
    ['retry', 'refused refused refused queued queued queued'],
    ['remove', 'gone gone gone gone gone gone'],
    ['move', 'queued refused paused refused refused refused'],
    ['prioritize', 'queued running paused refused refused refused'],
    ['claim', 'running running refused refused refused refused'],
    ['finish', 'refused done done refused refused refused'],
    ['fail', 'failed failed failed refused refused refused'],
    ['requeue', 'queued queued paused refused refused refused'],
  ] as const)('%s', (action, row) => {
    expect(JobStatus.options.map((status) => target(status, action)).join(' ')).toBe(row);
  });

  test('a paused job whose work was begun goes on running', () => {
    expect(target('paused', 'resume', { isBegun: true })).toBe('running');
  });

  test.each(['pause', 'cancel', 'remove'] as const)(
    '%s comes too late when the output is getting its name',
    (action) => {
      expect(target('running', action, { isBegun: true, isPublishing: true })).toBe('refused');
    },
  );
});

test('a refusal says what the job is and what would have been possible', () => {
  const next = nextStatus(job('done'), 'pause');
  expect(next).toEqual({
    kind: 'refused',
    problem: {
      code: 'invalid-transition',
      message: 'Job 12 is done; only waiting or running jobs can be paused.',
      nextStep: 'Retry the job to queue it again.',
    },
  });
});

test('no series of actions gets a job into a state from which it cannot be removed or go on', () => {
  fc.assert(
    fc.property(situations, fc.array(fc.constantFrom(...ACTIONS), { maxLength: 30 }), (start, actions) => {
      let current = start;
      for (const action of actions) {
        const next = nextStatus(current, action);
        if (next.kind === 'gone') return;
        if (next.kind === 'refused') {
          expect(next.problem.message).toMatch(/^Job 12 .*\.$/);
          expect(next.problem.nextStep).toMatch(/\.$/);
          continue;
        }
        current = job(next.status, { isBegun: next.status === 'running' });
      }
      const onward = hasEnded(current.status) ? 'retry' : 'cancel';
      expect(nextStatus({ ...current, isPublishing: false }, onward).kind).toBe('to');
      expect(nextStatus({ ...current, isPublishing: false }, 'remove').kind).toBe('gone');
    }),
  );
});

test('only ending actions end a job, and only a retry brings one back', () => {
  fc.assert(
    fc.property(situations, fc.constantFrom(...ACTIONS), (situation, action) => {
      const next = nextStatus(situation, action);
      if (next.kind !== 'to') return;
      const ends = action === 'cancel' || action === 'finish' || action === 'fail';
      expect(hasEnded(next.status)).toBe(ends);
      expect(hasEnded(situation.status)).toBe(action === 'retry');
    }),
  );
});
