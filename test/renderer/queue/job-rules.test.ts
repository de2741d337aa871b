import { describe, expect, it } from 'vitest';
import { JobStatus } from '../../../src/common/job.ts';
import {
  dropTarget,
  JOB_ACTIONS,
  type RowAt,
  stepTarget,
  takesAction,
} from '../../../src/renderer/queue/job-rules.ts';
import { jobId } from '../a-job.ts';

/** `r` running, `q` queued, `p` paused, `d` done, `.` not loaded; ids count from 0. */
function rows(pattern: string): RowAt {
  const statuses: Record<string, JobStatus> = { r: 'running', q: 'queued', p: 'paused', d: 'done' };
  return (index) => {
    const status = statuses[pattern[index] ?? '.'];
    return status === undefined ? null : { id: jobId(index), status };
  };
}

describe('actions', () => {
  it('every job can be removed and has at least one action', () => {
    for (const status of JobStatus.options) {
      expect(takesAction(status, 'remove')).toBe(true);
      expect(JOB_ACTIONS.filter((action) => takesAction(status, action)).length).toBeGreaterThan(1);
    }
  });

  it('a job that has ended cannot be paused, one that has not cannot be retried', () => {
    expect(takesAction('done', 'pause')).toBe(false);
    expect(takesAction('running', 'retry')).toBe(false);
  });
});

describe('one step up', () => {
  it('is before the row above', () => {
    expect(stepTarget(rows('rqqqd'), [3], 'up')).toBe(jobId(2));
  });
  it('does not lead above running jobs', () => {
    expect(stepTarget(rows('rqqqd'), [1], 'up')).toBeUndefined();
  });
  it('takes several rows together, even apart from each other', () => {
    expect(stepTarget(rows('rqqqq'), [4, 2], 'up')).toBe(jobId(1));
  });
});

describe('one step down', () => {
  it('is before the row after the next', () => {
    expect(stepTarget(rows('rqqpq'), [1], 'down')).toBe(jobId(3));
  });
  it('to the last place is the end of the queue', () => {
    expect(stepTarget(rows('rqqd'), [1], 'down')).toBeNull();
    expect(stepTarget(rows('rqq'), [1], 'down')).toBeNull();
  });
  it('from the last place leads nowhere', () => {
    expect(stepTarget(rows('rqqd'), [2], 'down')).toBeUndefined();
  });
  it('onto rows that are not loaded does nothing', () => {
    expect(stepTarget(rows('rq..'), [1], 'down')).toBeUndefined();
  });
});

describe('a drop', () => {
  const dragged = new Set([jobId(2)]);
  it('lands before the row below the line', () => {
    expect(dropTarget(rows('rqqqd'), 1, dragged)).toBe(jobId(1));
    expect(dropTarget(rows('rqqpqd'), 4, dragged)).toBe(jobId(4));
  });
  it('below the last waiting row is the end of the queue', () => {
    expect(dropTarget(rows('rqqqd'), 4, dragged)).toBeNull();
    expect(dropTarget(rows('rqqq'), 4, dragged)).toBeNull();
  });
  it('among running or ended jobs is refused', () => {
    expect(dropTarget(rows('rrqqdd'), 0, dragged)).toBeUndefined();
    expect(dropTarget(rows('rrqqdd'), 1, dragged)).toBeUndefined();
    expect(dropTarget(rows('rrqqdd'), 5, dragged)).toBeUndefined();
  });
  it('onto itself changes nothing', () => {
    expect(dropTarget(rows('rqqqd'), 2, dragged)).toBeUndefined();
    expect(dropTarget(rows('rqqd'), 3, dragged)).toBeUndefined();
  });
});
