import { assertNever } from '../common/assert-never.ts';
import type { JobReporter } from './job-reporter.ts';
import type { TrackedChange } from './job-tracker.ts';
import type { Terminal } from './terminal.ts';
import { jsonLine } from './text/printable.ts';

/**
 * One JSON object a line on `out`:
 * `added`, `status` and `result` carry the job, `progress` its id and figures, `rejected` an input that made no job,
 * `waiting` what a job that could start waits for, `removed` a job that someone deleted, `stopped` how many jobs were left when the command was asked to end.
 */
export function jsonReporter(terminal: Terminal): JobReporter {
  const emit = (event: { type: string; [key: string]: unknown }) => terminal.out(`${jsonLine(event)}\n`);
  return {
    added: (jobs) => {
      for (const job of jobs) emit({ type: 'added', job });
    },
    rejected: (inputs) => {
      for (const { source, error } of inputs) emit({ type: 'rejected', source, error });
    },
    changed: (change) => emit(eventOf(change)),
    settled: () => {},
    notice: (text) => terminal.err(`${text}\n`),
    stopped: (remaining) => emit({ type: 'stopped', remaining }),
    close: () => {},
  };
}

function eventOf(change: TrackedChange) {
  switch (change.kind) {
    case 'status':
      return { type: 'status', id: change.job.id, status: change.job.status, job: change.job };
    case 'progress':
      return { type: 'progress', id: change.job.id, progress: change.progress };
    case 'ended':
      return { type: 'result', job: change.job };
    case 'waiting':
      return { type: 'waiting', id: change.job.id, waitingFor: change.waitingFor };
    case 'removed':
      return { type: 'removed', id: change.id };
    default:
      return assertNever(change);
  }
}
