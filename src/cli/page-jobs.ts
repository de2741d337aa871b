import type { InferContractRouterInputs } from '@orpc/contract';
import type { Contract } from '../common/contract/index.ts';
import type { Job } from '../common/job.ts';
import type { EngineApi } from './session.ts';

type ListInput = InferContractRouterInputs<Contract>['jobs']['list'];

/** The most that the contract gives in one page. */
export const PAGE_SIZE = 1000;

/** Every job that matches, fetched a page at a time. A list that changes meanwhile may give a job twice. */
export async function* pageJobs(
  api: EngineApi,
  query: Pick<ListInput, 'status' | 'order'>,
  signal?: AbortSignal,
): AsyncGenerator<Job> {
  for (let offset = 0; ; offset += PAGE_SIZE) {
    const options = signal === undefined ? {} : { signal };
    const page = await api.jobs.list({ ...query, offset, limit: PAGE_SIZE }, options);
    yield* page.jobs;
    if (page.jobs.length < PAGE_SIZE) return;
  }
}
