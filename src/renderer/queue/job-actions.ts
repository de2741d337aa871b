import type { JobId } from '../../common/ids.ts';
import type { Job } from '../../common/job.ts';
import { attempt, showRejected } from '../connection/attempt.ts';
import { native } from '../connection/native.ts';
import { askConfirmation } from '../stores/confirm-store.ts';
import { engine } from '../stores/connection-store.ts';
import { takeJobs, useJobs } from '../stores/jobs-store.ts';
import { forgetJobs } from '../stores/selection-store.ts';
import { useSummary } from '../stores/summary-store.ts';
import { text } from '../text/en.ts';
import { type JobAction, takesAction } from './job-rules.ts';

/** Does something to jobs. Those that are known to be in the wrong state for it are left alone. */
export async function actOnJobs(action: JobAction, ids: readonly JobId[]): Promise<void> {
  const { byId } = useJobs.getState();
  const suited = ids.filter((id) => {
    const job = byId.get(id);
    return job === undefined || takesAction(job.status, action);
  });
  if (suited.length === 0) return;
  if (action === 'remove' && !(await mayRemove(suited, byId))) return;
  await attempt(async () => {
    const result = await engine().api.jobs[action]({ ids: [...suited] });
    if (action === 'remove') forgetJobs(suited);
    takeJobs(result.jobs);
    // In a large selection some jobs may have moved on meanwhile; that is no news to the person.
    const telling = result.rejected.filter(
      ({ error }) => suited.length === 1 || error.code !== 'invalid-transition',
    );
    showRejected(telling);
  });
}

/** Forgetting work that is under way, or much at once, is asked about first. */
function mayRemove(ids: readonly JobId[], byId: ReadonlyMap<JobId, Job>): Promise<boolean> | boolean {
  const running = ids.filter((id) => byId.get(id)?.status === 'running').length;
  if (running === 0 && ids.length < 10) return true;
  return askConfirmation(text.confirm.removeJobs(ids.length, running));
}

/** Moves waiting jobs before another one, or to the end. */
export async function moveJobs(ids: readonly JobId[], before: JobId | null): Promise<void> {
  await attempt(async () => {
    const result = await engine().api.jobs.reorder({ ids: [...ids], before });
    takeJobs(result.jobs);
    showRejected(result.rejected);
  });
}

/** Moves waiting jobs before all other waiting ones. */
export async function moveToTop(ids: readonly JobId[]): Promise<void> {
  const { byId } = useJobs.getState();
  const waiting = ids.filter(
    (id) => takesAction(byId.get(id)?.status ?? 'queued', 'cancel') && byId.get(id)?.status !== 'running',
  );
  if (waiting.length === 0) return;
  await attempt(async () => {
    // One more than is moved, so that the first job that stays is among them.
    const { jobs } = await engine().api.jobs.list({
      status: ['queued', 'paused'],
      order: 'queue',
      limit: Math.min(1000, waiting.length + 1),
    });
    const first = jobs.find((job) => !waiting.includes(job.id));
    if (first !== undefined) await moveJobs(waiting, first.id);
  });
}

export async function clearJobs(status: 'done' | 'failed' | 'cancelled', count: number): Promise<void> {
  if (!(await askConfirmation(text.confirm.clear(status, count)))) return;
  await attempt(() => engine().api.jobs.clear({ status: [status] }));
}

export async function pauseQueue(): Promise<void> {
  await attempt(async () => useSummary.setState({ summary: await engine().api.queue.pause({ now: true }) }));
}

export async function resumeQueue(): Promise<void> {
  await attempt(async () => useSummary.setState({ summary: await engine().api.queue.resume() }));
}

/** Gives the result to the person: its folder on the desktop, a download in a browser. */
export async function fetchResult(job: Job): Promise<void> {
  if (job.output === null) return;
  if (native !== null) {
    native.showInFolder(job.output.path);
    return;
  }
  await attempt(async () => {
    const { transfer } = engine();
    if (transfer === null) return;
    const link = document.createElement('a');
    link.href = await transfer.outputLink(job.id);
    link.download = '';
    link.click();
  });
}
