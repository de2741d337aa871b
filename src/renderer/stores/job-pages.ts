import type { EventBatch } from '../../common/events.ts';
import type { JobId } from '../../common/ids.ts';
import type { Job } from '../../common/job.ts';

export const PAGE_SIZE = 100;

/**
 * The part of the queue that the window holds: pages of ids in the engine's order, and the jobs themselves. A queue may
 * have 100,000 jobs; only pages that were looked at are here.
 */
export interface JobPages {
  /** Jobs that match the query, loaded or not; null before the first answer. */
  readonly total: number | null;
  readonly pages: ReadonlyMap<number, readonly JobId[]>;
  readonly byId: ReadonlyMap<JobId, Job>;
}

export const NO_PAGES: JobPages = { total: null, pages: new Map(), byId: new Map() };

export function idAt(pages: JobPages, index: number): JobId | null {
  return pages.pages.get(Math.floor(index / PAGE_SIZE))?.[index % PAGE_SIZE] ?? null;
}

export function indexOf(pages: JobPages, id: JobId): number | null {
  for (const [page, ids] of pages.pages) {
    const place = ids.indexOf(id);
    if (place >= 0) return page * PAGE_SIZE + place;
  }
  return null;
}

/** Pages that rows `first` to `last` are on. */
export function pagesOf(first: number, last: number): number[] {
  const pages: number[] = [];
  for (let page = Math.floor(first / PAGE_SIZE); page <= Math.floor(last / PAGE_SIZE); page += 1)
    pages.push(page);
  return pages;
}

/** Adds a page that was not held yet. */
export function withPage(held: JobPages, page: number, jobs: readonly Job[], total: number): JobPages {
  const pages = new Map(held.pages).set(page, idsOf(jobs));
  const byId = new Map(held.byId);
  for (const job of jobs) byId.set(job.id, job);
  return { total, pages, byId };
}

/** Replaces all that is held by freshly read pages; `keep` stays known though it may be on none of them. */
export function replacePages(
  held: JobPages,
  fresh: ReadonlyMap<number, readonly Job[]>,
  total: number,
  keep: JobId | null,
): JobPages {
  const byId = new Map<JobId, Job>();
  const kept = keep === null ? undefined : held.byId.get(keep);
  if (kept !== undefined) byId.set(kept.id, kept);
  const pages = new Map<number, readonly JobId[]>();
  for (const [page, jobs] of fresh) {
    pages.set(page, idsOf(jobs));
    for (const job of jobs) byId.set(job.id, job);
  }
  return { total, pages, byId };
}

function idsOf(jobs: readonly Job[]): JobId[] {
  return jobs.map((job) => job.id);
}

/** Takes jobs that an action answered with, or that an event carried. Jobs that are not held are left out. */
export function withJobs(held: JobPages, jobs: readonly Job[]): JobPages {
  const known = jobs.filter((job) => held.byId.has(job.id));
  if (known.length === 0) return held;
  const byId = new Map(held.byId);
  for (const job of known) byId.set(job.id, job);
  return { ...held, byId };
}

export interface BatchEffect {
  readonly pages: JobPages;
  /** What the order or the set of rows may need: nothing, a reload when convenient, or one at once. */
  readonly reload: 'none' | 'soon' | 'now';
}

/** Applies a batch of live changes to what is held and tells whether the rows must be read again. */
export function applyBatch(held: JobPages, batch: EventBatch): BatchEffect {
  const changesOrder = batch.jobs.some((job) => held.byId.get(job.id)?.status !== job.status);
  const removed = batch.removed.filter((id) => held.byId.has(id));
  let pages = withJobs(held, batch.jobs);
  pages = withProgress(pages, batch.progress);
  if (removed.length > 0) pages = withoutJobs(pages, new Set(removed));
  const reload =
    batch.reset || removed.length > 0
      ? 'now'
      : changesOrder || batch.truncated || batch.removed.length > 0
        ? 'soon'
        : 'none';
  return { pages, reload };
}

function withProgress(held: JobPages, progress: EventBatch['progress']): JobPages {
  const running = progress.filter((change) => held.byId.get(change.id)?.status === 'running');
  if (running.length === 0) return held;
  const byId = new Map(held.byId);
  for (const change of running) {
    const job = held.byId.get(change.id);
    if (job !== undefined) byId.set(change.id, { ...job, progress: change.progress });
  }
  return { ...held, byId };
}

function withoutJobs(held: JobPages, gone: ReadonlySet<JobId>): JobPages {
  const byId = new Map([...held.byId].filter(([id]) => !gone.has(id)));
  const pages = new Map(
    [...held.pages].map(([page, ids]) => [page, ids.filter((id) => !gone.has(id))] as const),
  );
  return { total: held.total === null ? null : Math.max(0, held.total - gone.size), pages, byId };
}
