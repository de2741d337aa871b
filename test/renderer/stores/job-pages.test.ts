import { describe, expect, it } from 'vitest';
import type { EventBatch } from '../../../src/common/events.ts';
import type { Job } from '../../../src/common/job.ts';
import {
  applyBatch,
  idAt,
  indexOf,
  type JobPages,
  NO_PAGES,
  PAGE_SIZE,
  pagesOf,
  replacePages,
  withPage,
} from '../../../src/renderer/stores/job-pages.ts';
import { aJob, jobId } from '../a-job.ts';

const QUIET: EventBatch = {
  reset: false,
  jobs: [],
  progress: [],
  removed: [],
  summary: null,
  devices: null,
  telemetry: [],
  bench: null,
  truncated: false,
};

function held(...jobs: Job[]): JobPages {
  return withPage(NO_PAGES, 0, jobs, jobs.length);
}

describe('pages of the queue', () => {
  it('find a job by its row and a row by its job, on any page', () => {
    let pages = withPage(NO_PAGES, 3, [aJob(7, 'queued'), aJob(8, 'queued')], 1000);
    pages = withPage(pages, 0, [aJob(1, 'running')], 1000);
    expect(idAt(pages, 3 * PAGE_SIZE + 1)).toBe(jobId(8));
    expect(indexOf(pages, jobId(8))).toBe(3 * PAGE_SIZE + 1);
    expect(idAt(pages, PAGE_SIZE)).toBeNull();
    expect(indexOf(pages, jobId(99))).toBeNull();
  });

  it('that a stretch of rows touches are named once each', () => {
    expect(pagesOf(0, PAGE_SIZE - 1)).toEqual([0]);
    expect(pagesOf(PAGE_SIZE - 1, PAGE_SIZE)).toEqual([0, 1]);
  });

  it('that were not read anew are forgotten, but for the job whose details are open', () => {
    const before = held(aJob(1, 'queued'), aJob(2, 'queued'));
    const after = replacePages(before, new Map([[0, [aJob(3, 'queued')]]]), 1, jobId(2));
    expect([...after.byId.keys()].sort()).toEqual([jobId(2), jobId(3)]);
    expect(indexOf(after, jobId(2))).toBeNull();
  });
});

describe('a batch of live changes', () => {
  it('with progress alone moves bars and no rows', () => {
    const before = held(aJob(1, 'running'));
    const progress = { fraction: 0.5, fps: 30, speedX: 1, etaMs: 1000 };
    const { pages, reload } = applyBatch(before, { ...QUIET, progress: [{ id: jobId(1), progress }] });
    expect(pages.byId.get(jobId(1))?.progress).toEqual(progress);
    expect(reload).toBe('none');
  });

  it('cannot set the progress of a job that has ended meanwhile', () => {
    const before = held(aJob(1, 'done', { progress: { fraction: 1, fps: null, speedX: null, etaMs: 0 } }));
    const late = { id: jobId(1), progress: { fraction: 0.9, fps: 30, speedX: 1, etaMs: 10 } };
    expect(
      applyBatch(before, { ...QUIET, progress: [late] }).pages.byId.get(jobId(1))?.progress.fraction,
    ).toBe(1);
  });

  it('that changes a state shows it at once and asks for the new order', () => {
    const { pages, reload } = applyBatch(held(aJob(1, 'queued')), { ...QUIET, jobs: [aJob(1, 'running')] });
    expect(pages.byId.get(jobId(1))?.status).toBe('running');
    expect(reload).toBe('soon');
  });

  it('that changes something else of a job asks for nothing', () => {
    const { pages, reload } = applyBatch(held(aJob(1, 'queued')), {
      ...QUIET,
      jobs: [aJob(1, 'queued', { sourceSummary: '640×360 h264' })],
    });
    expect(pages.byId.get(jobId(1))?.sourceSummary).toBe('640×360 h264');
    expect(reload).toBe('none');
  });

  it('with a job that is not held asks for the order, and does not hold it', () => {
    const { pages, reload } = applyBatch(held(aJob(1, 'queued')), { ...QUIET, jobs: [aJob(2, 'queued')] });
    expect(pages.byId.has(jobId(2))).toBe(false);
    expect(reload).toBe('soon');
  });

  it('takes removed rows away at once', () => {
    const { pages, reload } = applyBatch(held(aJob(1, 'done'), aJob(2, 'done')), {
      ...QUIET,
      removed: [jobId(1)],
    });
    expect(idAt(pages, 0)).toBe(jobId(2));
    expect(pages.total).toBe(1);
    expect(reload).toBe('now');
  });

  it('after a reset has all read anew', () => {
    expect(applyBatch(held(), { ...QUIET, reset: true }).reload).toBe('now');
    expect(applyBatch(held(), { ...QUIET, truncated: true }).reload).toBe('soon');
  });
});
