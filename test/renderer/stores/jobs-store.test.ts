import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../../../src/common/job.ts';
import type { EngineApi } from '../../../src/renderer/connection/engine-client.ts';
import { useConnection } from '../../../src/renderer/stores/connection-store.ts';
import { idAt, NO_PAGES, PAGE_SIZE } from '../../../src/renderer/stores/job-pages.ts';
import {
  applyJobEvents,
  holdOrder,
  reloadJobs,
  showJobs,
  showRows,
  useJobs,
} from '../../../src/renderer/stores/jobs-store.ts';
import { aJob, jobId, NO_JOBS } from '../a-job.ts';

let queue: Job[] = [];
let asked: { offset: number; status?: unknown; search?: string }[] = [];
let answerLater: (() => void)[] | null = null;

const api = {
  jobs: {
    list: async (input: { offset: number; limit: number; status?: string[]; search?: string }) => {
      asked.push(input);
      const matching = queue.filter((job) => input.status === undefined || input.status.includes(job.status));
      const answer = {
        jobs: matching.slice(input.offset, input.offset + input.limit),
        total: matching.length,
        summary: NO_JOBS,
      };
      if (answerLater !== null) await new Promise<void>((resolve) => answerLater?.push(resolve));
      return answer;
    },
  },
} as unknown as EngineApi;

const batch = {
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

beforeEach(() => {
  vi.useFakeTimers();
  queue = Array.from({ length: 1000 }, (_, n) => aJob(n + 1, 'queued'));
  asked = [];
  answerLater = null;
  holdOrder(0);
  useJobs.setState({ ...NO_PAGES, filter: 'all', search: '', failure: null, pinned: null });
  useConnection.setState({
    phase: {
      kind: 'open',
      connection: { api, transfer: null, closed: new Promise(() => undefined), close: () => undefined },
    },
  });
});

afterEach(async () => {
  await vi.runAllTimersAsync();
  vi.useRealTimers();
});

describe('the list of jobs', () => {
  it('reads only the pages that are looked at, each once', async () => {
    showJobs({});
    await vi.runAllTimersAsync();
    expect(asked.map((one) => one.offset)).toEqual([0]);
    showRows(0, 20);
    showRows(5 * PAGE_SIZE, 5 * PAGE_SIZE + 20);
    showRows(5 * PAGE_SIZE + 1, 5 * PAGE_SIZE + 21);
    await vi.runAllTimersAsync();
    expect(asked.map((one) => one.offset)).toEqual([0, 5 * PAGE_SIZE]);
    expect(idAt(useJobs.getState(), 5 * PAGE_SIZE)).toBe(jobId(5 * PAGE_SIZE + 1));
    expect(useJobs.getState().total).toBe(1000);
  });

  it('reads the order again after a state changed, once for many changes', async () => {
    showJobs({});
    await vi.runAllTimersAsync();
    queue = [aJob(9, 'running'), ...queue.filter((job) => job.id !== jobId(9))];
    for (let n = 0; n < 10; n += 1)
      applyJobEvents({ ...batch, jobs: [aJob(9, n % 2 === 0 ? 'running' : 'queued')] });
    await vi.runAllTimersAsync();
    expect(asked).toHaveLength(2);
    expect(idAt(useJobs.getState(), 0)).toBe(jobId(9));
  });

  it('keeps rows in place while the pointer is over them, and catches up after', async () => {
    showJobs({});
    await vi.runAllTimersAsync();
    holdOrder(1_000);
    queue = [aJob(9, 'running'), ...queue.filter((job) => job.id !== jobId(9))];
    applyJobEvents({ ...batch, jobs: [aJob(9, 'running')] });
    await vi.advanceTimersByTimeAsync(900);
    expect(idAt(useJobs.getState(), 0)).toBe(jobId(1));
    expect(useJobs.getState().byId.get(jobId(9))?.status).toBe('running');
    await vi.advanceTimersByTimeAsync(600);
    expect(idAt(useJobs.getState(), 0)).toBe(jobId(9));
  });

  it('drops the answer to an older question', async () => {
    answerLater = [];
    showJobs({ filter: 'waiting' });
    await vi.advanceTimersByTimeAsync(1);
    const [answerFirst] = answerLater;
    answerLater = null;
    queue = [aJob(1, 'done')];
    showJobs({ filter: 'done' });
    await vi.advanceTimersByTimeAsync(1);
    answerFirst?.();
    await vi.runAllTimersAsync();
    expect(useJobs.getState().total).toBe(1);
    expect(idAt(useJobs.getState(), 0)).toBe(jobId(1));
    expect(asked.at(-1)).toMatchObject({ status: ['done'] });
  });

  it('asks for waiting and paused jobs under one filter', async () => {
    showJobs({ filter: 'waiting', search: 'clip' });
    await vi.runAllTimersAsync();
    expect(asked.at(-1)).toMatchObject({ status: ['queued', 'paused'], search: 'clip' });
  });

  it('says why it could not be read, and recovers', async () => {
    useConnection.setState({ phase: { kind: 'reconnecting', everOpen: true } });
    showJobs({});
    await vi.runAllTimersAsync();
    expect(useJobs.getState().failure?.message).toBe('The engine is not connected right now.');
    useConnection.setState({
      phase: {
        kind: 'open',
        connection: { api, transfer: null, closed: new Promise(() => undefined), close: () => undefined },
      },
    });
    reloadJobs('now');
    await vi.runAllTimersAsync();
    expect(useJobs.getState().failure).toBeNull();
    expect(useJobs.getState().total).toBe(1000);
  });
});
