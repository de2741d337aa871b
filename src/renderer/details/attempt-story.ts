import type { Attempt, Job } from '../../common/job.ts';
import { text } from '../text/en.ts';

/** An attempt as a person follows it: why it ran where it ran, and what came after it. */
export interface AttemptStory {
  readonly attempt: Attempt;
  /** From 1; null where there was only one. */
  readonly number: number | null;
  /** Why on this device; null where there is nothing to tell: a first attempt on a device of Gantry's choice. */
  readonly whyThere: { readonly sentence: string; readonly isFallback: boolean } | null;
  /** Null for an attempt that runs or succeeded. */
  readonly next: string | null;
  /** Whether the job's own error says the same, above. */
  readonly causeIsAbove: boolean;
}

/** The attempts of a job from the first to the last. `nameOf` gives the name of an attempt's device. */
export function attemptStories(job: Job, nameOf: (attempt: Attempt) => string): AttemptStory[] {
  return job.attempts.map((attempt, place) => {
    const before = job.attempts[place - 1];
    const after = job.attempts[place + 1];
    return {
      attempt,
      number: job.attempts.length > 1 ? place + 1 : null,
      whyThere: whyThere(job, attempt, before),
      next: attempt.error === null ? null : whatNext(job, attempt, after, nameOf),
      causeIsAbove:
        after === undefined && attempt.error !== null && attempt.error.message === job.error?.message,
    };
  });
}

function whyThere(job: Job, attempt: Attempt, before: Attempt | undefined): AttemptStory['whyThere'] {
  const words = text.details.whyThere;
  if (attempt.fallback !== null) {
    return { sentence: words.fallback(attempt.fallback.message), isFallback: true };
  }
  if (before !== undefined) {
    return { sentence: before.device === attempt.device ? words.again : words.another, isFallback: false };
  }
  return job.device === attempt.device ? { sentence: words.asked, isFallback: false } : null;
}

function whatNext(
  job: Job,
  attempt: Attempt,
  after: Attempt | undefined,
  nameOf: (attempt: Attempt) => string,
): string | null {
  const words = text.details.next;
  if (after !== undefined) {
    const name = nameOf(after);
    return after.device === attempt.device ? words.again(name) : words.another(name);
  }
  switch (job.status) {
    case 'queued':
    case 'paused':
      return words.waiting;
    case 'failed':
      return words.failed;
    case 'cancelled':
      return words.cancelled;
    case 'running':
    case 'done':
      return null;
  }
}
