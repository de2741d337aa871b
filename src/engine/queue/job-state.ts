import { assertNever } from '../../common/assert-never.ts';
import type { JobId } from '../../common/ids.ts';
import type { JobStatus } from '../../common/job.ts';
import type { Problem } from '../../common/problem.ts';

/**
 * What can happen to a job. The first seven are asked for by people; the rest come from the engine. `claim` means a task
 * that does the job's work; reading the source leaves a job waiting.
 */
export type JobAction =
  | 'pause'
  | 'resume'
  | 'cancel'
  | 'retry'
  | 'remove'
  | 'move'
  | 'prioritize'
  | 'claim'
  | 'finish'
  | 'fail'
  | 'requeue';

/** What the next state of a job hangs on. */
export interface JobSituation {
  readonly id: JobId;
  readonly status: JobStatus;
  /** Work of it was begun and is held by a lease: running, or standing still while the job is paused. */
  readonly isBegun: boolean;
  /** Its complete output is just getting its final name. */
  readonly isPublishing: boolean;
}

export type Transition =
  | { readonly kind: 'to'; readonly status: JobStatus }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly problem: Problem };

/** What a job does after an action, or why it cannot be done. */
export function nextStatus(job: JobSituation, action: JobAction): Transition {
  // The output is complete, and whether it has its name is up to the file system for a moment: too late to stop.
  if (job.isPublishing && (action === 'pause' || action === 'cancel' || action === 'remove')) {
    return refused(
      `Job ${job.id} is finished; its output is just getting its name.`,
      'Try again in a moment.',
    );
  }
  switch (action) {
    case 'pause':
      return pick(job, action, { queued: 'paused', running: 'paused' });
    case 'resume':
      return pick(job, action, { paused: job.isBegun ? 'running' : 'queued' });
    case 'cancel':
      return pick(job, action, { queued: 'cancelled', running: 'cancelled', paused: 'cancelled' });
    case 'retry':
      return pick(job, action, { done: 'queued', failed: 'queued', cancelled: 'queued' });
    case 'remove':
      return { kind: 'gone' };
    case 'move':
      return pick(job, action, { queued: 'queued', paused: 'paused' });
    case 'prioritize':
      return pick(job, action, { queued: 'queued', running: 'running', paused: 'paused' });
    case 'claim':
      return pick(job, action, { queued: 'running', running: 'running' });
    case 'finish':
      // Paused as well: the work was complete before the pause reached its process.
      return pick(job, action, { running: 'done', paused: 'done' });
    case 'fail':
      // Queued as well: its source was being read.
      return pick(job, action, { queued: 'failed', running: 'failed', paused: 'failed' });
    case 'requeue':
      return pick(job, action, { queued: 'queued', running: 'queued', paused: 'paused' });
    default:
      return assertNever(action);
  }
}

/** Whether a job in this state is over. */
export function hasEnded(status: JobStatus): boolean {
  switch (status) {
    case 'queued':
    case 'running':
    case 'paused':
      return false;
    case 'done':
    case 'failed':
    case 'cancelled':
      return true;
    default:
      return assertNever(status);
  }
}

function pick(
  job: JobSituation,
  action: Exclude<JobAction, 'remove'>,
  allowed: Partial<Record<JobStatus, JobStatus>>,
): Transition {
  const status = allowed[job.status];
  if (status !== undefined) return { kind: 'to', status };
  return refused(
    `Job ${job.id} ${IS[job.status]}; only ${subjectOf(action)}.`,
    nextStepAfterRefusal(job.status, action),
  );
}

function refused(message: string, nextStep: string): Transition {
  return { kind: 'refused', problem: { code: 'invalid-transition', message, nextStep } };
}

const IS: Record<JobStatus, string> = {
  queued: 'is waiting',
  running: 'is running',
  paused: 'is paused',
  done: 'is done',
  failed: 'has failed',
  cancelled: 'was cancelled',
};

function subjectOf(action: Exclude<JobAction, 'remove'>): string {
  switch (action) {
    case 'pause':
      return 'waiting or running jobs can be paused';
    case 'resume':
      return 'paused jobs can be resumed';
    case 'cancel':
      return 'jobs that have not ended can be cancelled';
    case 'retry':
      return 'jobs that have ended can be retried';
    case 'move':
      return 'waiting or paused jobs can be moved';
    case 'prioritize':
      return 'jobs that have not ended can change their priority';
    case 'claim':
      return 'waiting or running jobs can be worked on';
    case 'finish':
      return 'jobs that have begun can be finished';
    case 'fail':
      return 'jobs that have not ended can fail';
    case 'requeue':
      return 'jobs that have not ended can go back to the queue';
    default:
      return assertNever(action);
  }
}

function nextStepAfterRefusal(status: JobStatus, action: JobAction): string {
  if (hasEnded(status)) return 'Retry the job to queue it again.';
  if (action === 'retry') return 'Let the job end, or cancel it first.';
  if (status === 'paused') return 'Resume the job to let it go on.';
  return action === 'move' ? 'Let the job go on, or pause it first.' : 'Nothing needs to be done.';
}
