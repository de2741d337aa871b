import type { Problem } from '../../common/problem.ts';
import type { QueueTables } from './queue-tables.ts';
import type { Lease } from './records.ts';
import type { TaskOutcomes } from './task-outcomes.ts';

/** Why an attempt ended that nobody ended: not a failure of the job. */
export const INTERRUPTED: Problem = {
  code: 'interrupted',
  message: 'The job was interrupted while it was running.',
  nextStep: 'Nothing needs to be done: the job goes back to the queue by itself.',
};

/** What the engine before this one left behind. */
export interface Recovered {
  /** Leases that have ended; each may have left a process and an unfinished file. `forgetLeftover` once they are gone. */
  readonly leftovers: readonly Lease[];
  /**
   * Leases that were giving an output its final name. Whether it got it, the files tell: then `completePublished`, otherwise
   * `abandonLease`. They stay until that is decided, over any number of crashes.
   */
  readonly undecided: readonly Lease[];
}

/**
 * Puts interrupted work back into the queue. Only for the start, when no process of any lease is looked after by anyone.
 * Delays end: what is left of them means little after a restart.
 */
export function recover(tables: QueueTables, outcomes: TaskOutcomes): Recovered {
  const { transactions, jobs, tasks, leases } = tables;
  return transactions.write('durable', (changes) => {
    const held = leases.all();
    const undecided = held.filter(({ lease }) => lease.publishing !== null);
    const dead = held.filter(({ lease }) => lease.publishing === null);
    leases.leaveBehind(dead.map(({ task }) => task));
    for (const lease of dead)
      outcomes.putBack(lease, { error: INTERRUPTED, countsAsAttempt: false }, changes);
    // Between two of its tasks a running job has no lease.
    const deciding = new Set(undecided.map(({ job }) => job));
    const between = jobs.idsIn('running').filter((row) => !deciding.has(row));
    jobs.setStatus(between, 'queued', null);
    changes.count('running', 'queued', between.length);
    changes.touch(between);
    tasks.wakeAll();
    jobs.pruneRecipes();
    return { leftovers: leases.leftovers(), undecided: undecided.map(({ lease }) => lease) };
  });
}
