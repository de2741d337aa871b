import { create } from 'zustand';
import type { EventBatch } from '../../common/events.ts';
import type { JobId } from '../../common/ids.ts';
import type { Job, JobStatus } from '../../common/job.ts';
import type { Problem } from '../../common/problem.ts';
import { problemOf } from '../connection/problem-of.ts';
import { engine } from './connection-store.ts';
import {
  applyBatch,
  type JobPages,
  NO_PAGES,
  PAGE_SIZE,
  pagesOf,
  replacePages,
  withJobs,
  withPage,
} from './job-pages.ts';
import { useSummary } from './summary-store.ts';

export const JOB_FILTERS = ['all', 'running', 'waiting', 'done', 'failed', 'cancelled'] as const;
export type JobFilter = (typeof JOB_FILTERS)[number];

/** Which states a filter shows. A paused job waits, as a queued one does. */
export const FILTER_STATUSES: Record<JobFilter, readonly JobStatus[]> = {
  all: [],
  running: ['running'],
  waiting: ['queued', 'paused'],
  done: ['done'],
  failed: ['failed'],
  cancelled: ['cancelled'],
};

interface JobsState extends JobPages {
  readonly filter: JobFilter;
  readonly search: string;
  /** Why the list could not be read; null when it could. */
  readonly failure: Problem | null;
  /** The job in the details pane: held though it may have left the list. */
  readonly pinned: JobId | null;
}

export const useJobs = create<JobsState>(() => ({
  ...NO_PAGES,
  filter: 'all',
  search: '',
  failure: null,
  pinned: null,
}));

/** Pause between two readings of the list, however fast the queue changes. */
const RELOAD_GAP_MS = 300;

let visible = { first: 0, last: 0 };
let reloadTimer: ReturnType<typeof setTimeout> | null = null;
let heldUntilMs = 0;
let reading = false;
let readAgain = false;
/** Counts queries, so that an answer to an older one is dropped. */
let generation = 0;
const pagesUnderWay = new Set<number>();

/** Rows keep their places for this long: the pointer is over them. */
export function holdOrder(forMs: number): void {
  heldUntilMs = Date.now() + forMs;
}

export function showJobs(query: { filter?: JobFilter; search?: string }): void {
  generation += 1;
  pagesUnderWay.clear();
  visible = { first: 0, last: 0 };
  useJobs.setState((state) => {
    const kept = state.pinned === null ? undefined : state.byId.get(state.pinned);
    return { ...query, ...NO_PAGES, byId: kept === undefined ? new Map() : new Map([[kept.id, kept]]) };
  });
  reloadJobs('now');
}

/** Reads the visible pages again, now or when the pointer has left the rows. */
export function reloadJobs(when: 'now' | 'soon'): void {
  if (when === 'soon' && reloadTimer !== null) return;
  if (reloadTimer !== null) clearTimeout(reloadTimer);
  const waitMs = when === 'now' ? 0 : Math.max(RELOAD_GAP_MS, heldUntilMs - Date.now());
  reloadTimer = setTimeout(() => {
    reloadTimer = null;
    if (when === 'soon' && heldUntilMs > Date.now()) reloadJobs('soon');
    else void readVisible();
  }, waitMs);
}

async function readVisible(): Promise<void> {
  if (reading) {
    readAgain = true;
    return;
  }
  reading = true;
  const asked = generation;
  try {
    const wanted = pagesOf(visible.first, visible.last);
    const answers = await Promise.all(wanted.map(async (page) => ({ page, ...(await readPage(page)) })));
    if (asked === generation) {
      const total = answers[0]?.total ?? 0;
      useJobs.setState((state) => ({
        ...replacePages(state, new Map(answers.map((a) => [a.page, a.jobs])), total, state.pinned),
        failure: null,
      }));
    }
  } catch (error) {
    if (asked === generation) useJobs.setState({ failure: problemOf(error) });
  } finally {
    reading = false;
    if (readAgain) {
      readAgain = false;
      reloadJobs('now');
    }
  }
}

/** Tells which rows are on screen; what is missing of them is read. */
export function showRows(first: number, last: number): void {
  visible = { first, last };
  const { pages, total } = useJobs.getState();
  if (total === null) return;
  const asked = generation;
  for (const page of pagesOf(first, Math.min(last, Math.max(0, total - 1)))) {
    if (pages.has(page) || pagesUnderWay.has(page)) continue;
    pagesUnderWay.add(page);
    void readPage(page)
      .then((answer) => {
        if (asked !== generation) return;
        useJobs.setState((state) => withPage(state, page, answer.jobs, answer.total));
      })
      .catch(() => undefined)
      .finally(() => pagesUnderWay.delete(page));
  }
}

async function readPage(page: number): Promise<{ jobs: Job[]; total: number }> {
  const answer = await readJobs(page * PAGE_SIZE, PAGE_SIZE);
  useSummary.setState({ summary: answer.summary });
  return answer;
}

/** Jobs of the current query from `offset` on, in the order of the list. */
export function readJobs(offset: number, limit: number) {
  const { filter, search } = useJobs.getState();
  const status = FILTER_STATUSES[filter];
  return engine().api.jobs.list({
    ...(status.length > 0 ? { status: [...status] } : {}),
    ...(search === '' ? {} : { search }),
    order: 'queue',
    offset,
    limit,
  });
}

export function applyJobEvents(batch: EventBatch): void {
  const effect = applyBatch(useJobs.getState(), batch);
  useJobs.setState(effect.pages);
  if (effect.reload !== 'none') reloadJobs(effect.reload);
}

/** Takes what an action answered with, ahead of the event that will say the same. */
export function takeJobs(jobs: readonly Job[]): void {
  useJobs.setState((state) => withJobs(state, jobs));
  reloadJobs('now');
}

/** Keeps a job known while its details are open, and reads it where the list does not hold it. */
export async function pinJob(id: JobId | null): Promise<void> {
  useJobs.setState({ pinned: id });
  if (id !== null && !useJobs.getState().byId.has(id)) await readPinned(id);
}

/** Reads the pinned job anew. Throws a `job-not-found` problem when it was removed. */
export async function readPinned(id: JobId): Promise<void> {
  const job = await engine().api.jobs.show({ id });
  useJobs.setState((state) => (state.pinned === id ? { byId: new Map(state.byId).set(id, job) } : state));
}
