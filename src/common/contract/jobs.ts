import { z } from 'zod';
import { JobId } from '../ids.ts';
import { Job, JobStatus, NewJob, QueueSummary } from '../job.ts';
import { Problem } from '../problem.ts';
import { procedure } from './errors.ts';

/** A job's id in a path or a list of them in a body. */
const ById = z.object({ id: JobId });
const ByIds = z.object({ ids: z.array(JobId).min(1).max(100_000) });

/** What happened to each id of a call on many: one bad id does not stop the rest. */
export const ManyResult = z.object({
  jobs: z.array(Job),
  rejected: z.array(z.object({ id: JobId, error: Problem })),
});
export type ManyResult = z.infer<typeof ManyResult>;

export const AddJobs = z.object({ jobs: z.array(NewJob).min(1).max(100_000) });

export const AddResult = z.object({
  jobs: z.array(Job),
  /** Inputs that made no job: a folder without files, a path that is not there. */
  rejected: z.array(z.object({ source: z.string(), error: Problem })),
});
export type AddResult = z.infer<typeof AddResult>;

export const JobOrder = z.enum(['queue', 'newest']);

export const ListJobs = z.object({
  status: z
    .union([JobStatus, z.array(JobStatus).max(6)])
    .optional()
    .transform((s) => (s === undefined ? undefined : Array.isArray(s) ? s : [s])),
  /** Part of the source's path, case-insensitive. */
  search: z.string().max(500).optional(),
  /** `queue`: running first, then in the order in which they will run, then what has ended, newest first. `newest`: by id, descending. */
  order: JobOrder.default('queue'),
  offset: z.coerce.number().int().min(0).max(10_000_000).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

export const JobPage = z.object({
  jobs: z.array(Job),
  /** Jobs that match, on all pages. */
  total: z.number().int().nonnegative(),
  summary: QueueSummary,
});
export type JobPage = z.infer<typeof JobPage>;

const tags = ['jobs'];

export const jobsContract = {
  add: procedure
    .route({
      method: 'POST',
      path: '/jobs',
      tags,
      successStatus: 201,
      summary: 'Add files or folders to the queue',
    })
    .input(AddJobs)
    .output(AddResult),
  list: procedure
    .route({ method: 'GET', path: '/jobs', tags, summary: 'List jobs, a page at a time' })
    .input(ListJobs)
    .output(JobPage),
  show: procedure
    .route({ method: 'GET', path: '/jobs/{id}', tags, summary: 'One job' })
    .input(ById)
    .output(Job),
  log: procedure
    .route({ method: 'GET', path: '/jobs/{id}/log', tags, summary: "The encoder's log, last part first cut" })
    .input(ById)
    .output(z.object({ text: z.string() })),
  pause: procedure
    .route({
      method: 'POST',
      path: '/jobs/pause',
      tags,
      summary: 'Hold jobs; running ones stop where they are',
    })
    .input(ByIds)
    .output(ManyResult),
  resume: procedure
    .route({ method: 'POST', path: '/jobs/resume', tags, summary: 'Let held jobs go on' })
    .input(ByIds)
    .output(ManyResult),
  cancel: procedure
    .route({ method: 'POST', path: '/jobs/cancel', tags, summary: 'End jobs that have not ended' })
    .input(ByIds)
    .output(ManyResult),
  retry: procedure
    .route({
      method: 'POST',
      path: '/jobs/retry',
      tags,
      summary: 'Queue failed, cancelled or done jobs again',
    })
    .input(ByIds)
    .output(ManyResult),
  remove: procedure
    .route({
      method: 'POST',
      path: '/jobs/remove',
      tags,
      summary: 'Forget jobs; outputs stay, running ones are cancelled first',
    })
    .input(ByIds)
    .output(ManyResult),
  reorder: procedure
    .route({
      method: 'POST',
      path: '/jobs/reorder',
      tags,
      summary: 'Move waiting jobs before another, or to the end',
    })
    .input(ByIds.extend({ before: JobId.nullable() }))
    .output(ManyResult),
  setPriority: procedure
    .route({
      method: 'POST',
      path: '/jobs/priority',
      tags,
      summary: 'Change the priority of jobs; higher runs earlier',
    })
    .input(ByIds.extend({ priority: z.number().int().min(-1000).max(1000) }))
    .output(ManyResult),
  clear: procedure
    .route({ method: 'POST', path: '/jobs/clear', tags, summary: 'Forget all jobs in these states' })
    .input(z.object({ status: z.array(z.enum(['done', 'failed', 'cancelled'])).min(1) }))
    .output(z.object({ removed: z.number().int().nonnegative() })),
};

export const queueContract = {
  summary: procedure
    .route({
      method: 'GET',
      path: '/queue',
      tags: ['queue'],
      summary: 'Counts, ETA and whether the queue is paused',
    })
    .output(QueueSummary),
  pause: procedure
    .route({
      method: 'POST',
      path: '/queue/pause',
      tags: ['queue'],
      summary: 'Start nothing new; with `now`, running jobs stop where they are as well',
    })
    .input(z.object({ now: z.boolean().default(true) }))
    .output(QueueSummary),
  resume: procedure
    .route({ method: 'POST', path: '/queue/resume', tags: ['queue'], summary: 'Go on' })
    .output(QueueSummary),
};
