import type { JobId } from '../../common/ids.ts';
import type { JobStatus } from '../../common/job.ts';

export const JOB_ACTIONS = ['pause', 'resume', 'cancel', 'retry', 'remove'] as const;
export type JobAction = (typeof JOB_ACTIONS)[number];

const SUITED: Record<JobAction, readonly JobStatus[]> = {
  pause: ['queued', 'running'],
  resume: ['paused'],
  cancel: ['queued', 'running', 'paused'],
  retry: ['done', 'failed', 'cancelled'],
  remove: ['queued', 'running', 'paused', 'done', 'failed', 'cancelled'],
};

/** Whether the action makes sense for a job in this state. */
export function takesAction(status: JobStatus, action: JobAction): boolean {
  return SUITED[action].includes(status);
}

/** Jobs that have a place in the queue: they can be put in another order. */
export function isWaiting(status: JobStatus): boolean {
  return status === 'queued' || status === 'paused';
}

/** A row as far as ordering is concerned; null where it is not loaded. */
export type RowAt = (index: number) => { readonly id: JobId; readonly status: JobStatus } | null;

/**
 * Where `moving` would go one step up or down: the job they come before, `null` for the end of the queue, or
 * `undefined` when there is nowhere to go.
 */
export function stepTarget(
  rowAt: RowAt,
  moving: readonly number[],
  direction: 'up' | 'down',
): JobId | null | undefined {
  const places = [...moving].sort((a, b) => a - b);
  const first = places[0];
  const last = places.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (direction === 'up') {
    const above = rowAt(first - 1);
    return above !== null && isWaiting(above.status) ? above.id : undefined;
  }
  const below = rowAt(last + 1);
  if (below === null || !isWaiting(below.status)) return undefined;
  const after = rowAt(last + 2);
  return after !== null && isWaiting(after.status) ? after.id : null;
}

/**
 * Where jobs dropped above row `index` go, likewise. Undefined over rows that have no place in the queue, and where
 * nothing would change.
 */
export function dropTarget(
  rowAt: RowAt,
  index: number,
  moving: ReadonlySet<JobId>,
): JobId | null | undefined {
  const at = rowAt(index);
  const above = rowAt(index - 1);
  if (at !== null && moving.has(at.id)) return undefined;
  if (at !== null && isWaiting(at.status)) return at.id;
  return above !== null && isWaiting(above.status) && !moving.has(above.id) ? null : undefined;
}
