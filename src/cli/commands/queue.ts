import type { JobId } from '../../common/ids.ts';
import type { Job, JobStatus, QueueSummary } from '../../common/job.ts';
import type { Problem } from '../../common/problem.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { type NewJobOptions, newJobs } from '../new-jobs.ts';
import { PAGE_SIZE, pageJobs } from '../page-jobs.ts';
import { problemText } from '../print-problem.ts';
import type { EngineApi } from '../session.ts';
import { jobDetails, jobTable, rejectedText, summaryText } from '../text/job-text.ts';
import { jsonLine } from '../text/printable.ts';
import { UsageError } from '../usage-error.ts';
import { withApi } from '../with-api.ts';

export async function addToQueue(
  context: CommandContext,
  inputs: readonly string[],
  options: NewJobOptions,
): Promise<ExitCode> {
  const { jobs, rejected } = await withApi(context, async (api) =>
    api.jobs.add({ jobs: await newJobs(api, inputs, options, context.cwd) }),
  );
  if (context.json) {
    context.terminal.out(`${jsonLine({ jobs, rejected })}\n`);
  } else {
    for (const input of rejected) context.terminal.err(rejectedText(input));
    context.terminal.out(addedText(jobs));
  }
  return rejected.length === 0 ? EXIT.ok : EXIT.failed;
}

function addedText(jobs: readonly Job[]): string {
  const [first, ...rest] = jobs;
  const last = rest.at(-1);
  if (first === undefined) return 'No jobs added.\n';
  if (last === undefined) return `Job ${first.id} added.\n`;
  return `${jobs.length} jobs added, ${first.id} to ${last.id}.\n`;
}

export async function listQueue(
  context: CommandContext,
  options: { readonly status?: readonly JobStatus[]; readonly limit: number; readonly offset: number },
): Promise<ExitCode> {
  const page = await withApi(context, (api) => fetchJobs(api, options));
  context.terminal.out(context.json ? `${jsonLine(page)}\n` : jobTable(page));
  return EXIT.ok;
}

/** As many jobs as were asked for, in as many pages as it takes. */
async function fetchJobs(
  api: EngineApi,
  options: { readonly status?: readonly JobStatus[]; readonly limit: number; readonly offset: number },
): Promise<{ jobs: Job[]; total: number; summary: QueueSummary }> {
  const jobs: Job[] = [];
  for (;;) {
    const page = await api.jobs.list({
      ...(options.status === undefined ? {} : { status: [...options.status] }),
      offset: options.offset + jobs.length,
      limit: Math.min(PAGE_SIZE, options.limit - jobs.length),
    });
    jobs.push(...page.jobs);
    if (
      page.jobs.length === 0 ||
      jobs.length >= options.limit ||
      jobs.length + options.offset >= page.total
    ) {
      return { jobs, total: page.total, summary: page.summary };
    }
  }
}

export async function showJobs(context: CommandContext, ids: readonly JobId[]): Promise<ExitCode> {
  const jobs = await withApi(context, (api) => Promise.all(ids.map((id) => api.jobs.show({ id }))));
  const [only] = jobs;
  if (context.json) context.terminal.out(`${jsonLine(jobs.length === 1 ? only : { jobs })}\n`);
  else context.terminal.out(jobs.map(jobDetails).join('\n'));
  return EXIT.ok;
}

/** Commands that do one thing to many jobs. */
export type ManyAction = 'pause' | 'resume' | 'cancel' | 'retry' | 'remove';

/** Which jobs `--all` means. */
const ALL_OF: Record<'cancel' | 'retry' | 'remove', readonly JobStatus[]> = {
  cancel: ['queued', 'running', 'paused'],
  retry: ['failed', 'cancelled'],
  remove: ['done', 'failed', 'cancelled'],
};

const PAST_TENSE: Record<ManyAction | 'move' | 'setPriority', string> = {
  pause: 'put on hold',
  resume: 'resumed',
  cancel: 'cancelled',
  retry: 'queued again',
  remove: 'removed',
  move: 'moved',
  setPriority: 'changed',
};

export async function actOnJobs(
  context: CommandContext,
  action: ManyAction,
  ids: readonly JobId[],
  options: { readonly all?: boolean },
): Promise<ExitCode> {
  if (ids.length > 0 && options.all === true) {
    throw new UsageError('Both job ids and --all were given.', 'Give one of them.');
  }
  if (action === 'pause' || action === 'resume') {
    if (ids.length === 0) return pauseOrResumeQueue(context, action);
  } else if (ids.length === 0 && options.all !== true) {
    throw new UsageError('No job was named.', 'Give job ids, as `gantry queue list` shows them, or --all.');
  } else if (options.all === true) {
    return actOnAll(context, action);
  }
  return reportMany(context, action, await withApi(context, (api) => api.jobs[action]({ ids: [...ids] })));
}

async function pauseOrResumeQueue(context: CommandContext, action: 'pause' | 'resume'): Promise<ExitCode> {
  const summary = await withApi(context, (api) =>
    action === 'pause' ? api.queue.pause({}) : api.queue.resume(),
  );
  if (context.json) context.terminal.out(`${jsonLine({ summary })}\n`);
  else context.terminal.out(`${action === 'resume' ? 'The queue goes on.\n' : ''}${summaryText(summary)}\n`);
  return EXIT.ok;
}

async function actOnAll(context: CommandContext, action: 'cancel' | 'retry' | 'remove'): Promise<ExitCode> {
  const result = await withApi(context, async (api): Promise<ManyOutcome> => {
    const ids = new Set<JobId>();
    for await (const job of pageJobs(api, { status: [...ALL_OF[action]] })) ids.add(job.id);
    return ids.size === 0 ? { jobs: [], rejected: [] } : api.jobs[action]({ ids: [...ids] });
  });
  return reportMany(context, action, result);
}

interface ManyOutcome {
  readonly jobs: readonly Job[];
  readonly rejected: readonly { id: JobId; error: Problem }[];
}

function reportMany(
  context: CommandContext,
  action: ManyAction | 'move' | 'setPriority',
  result: ManyOutcome,
): ExitCode {
  if (context.json) {
    context.terminal.out(`${jsonLine({ jobs: result.jobs, rejected: result.rejected })}\n`);
  } else {
    const count = result.jobs.length;
    context.terminal.out(`${count === 1 ? '1 job' : `${count} jobs`} ${PAST_TENSE[action]}.\n`);
    for (const { id, error } of result.rejected) context.terminal.err(`Job ${id}: ${problemText(error)}`);
  }
  return result.rejected.length === 0 ? EXIT.ok : EXIT.failed;
}

export async function moveJobs(
  context: CommandContext,
  ids: readonly JobId[],
  options: { readonly before?: JobId; readonly last?: boolean },
): Promise<ExitCode> {
  if ((options.before === undefined) === (options.last !== true)) {
    throw new UsageError('Where to is not clear.', 'Give either --before with a job id, or --last.');
  }
  const before = options.before ?? null;
  return reportMany(
    context,
    'move',
    await withApi(context, (api) => api.jobs.reorder({ ids: [...ids], before })),
  );
}

export async function setPriority(
  context: CommandContext,
  priority: number,
  ids: readonly JobId[],
): Promise<ExitCode> {
  return reportMany(
    context,
    'setPriority',
    await withApi(context, (api) => api.jobs.setPriority({ ids: [...ids], priority })),
  );
}
