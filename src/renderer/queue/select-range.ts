import { toast } from 'sonner';
import type { JobId } from '../../common/ids.ts';
import { attempt } from '../connection/attempt.ts';
import { idAt, indexOf } from '../stores/job-pages.ts';
import { readJobs, useJobs } from '../stores/jobs-store.ts';
import { selectRange, useSelection } from '../stores/selection-store.ts';
import { text } from '../text/en.ts';

/** More rows than this are for "clear" and the command line, not for a selection. */
export const MOST_SELECTED = 5_000;
const READ_AT_ONCE = 1_000;

/** Selects from the anchor to this job. */
export async function selectUpTo(id: JobId): Promise<void> {
  const pages = useJobs.getState();
  const { anchor } = useSelection.getState();
  const to = indexOf(pages, id);
  const from = anchor === null ? to : indexOf(pages, anchor);
  if (to === null || from === null) selectRange([id], id);
  else await selectRows(Math.min(from, to), Math.max(from, to), id);
}

/** Selects all rows of the list, loaded or not. */
export async function selectAll(): Promise<void> {
  const { total } = useJobs.getState();
  const active = useSelection.getState().active ?? idAt(useJobs.getState(), 0);
  if (total !== null && total > 0 && active !== null) await selectRows(0, total - 1, active);
}

async function selectRows(first: number, last: number, active: JobId): Promise<void> {
  if (last - first + 1 > MOST_SELECTED) toast(text.queue.selectionLimited(MOST_SELECTED));
  const end = Math.min(last, first + MOST_SELECTED - 1);
  const pages = useJobs.getState();
  const ids: JobId[] = [];
  for (let index = first; index <= end; index += 1) {
    const id = idAt(pages, index);
    if (id === null) break;
    ids.push(id);
  }
  if (ids.length === end - first + 1) {
    selectRange(ids, active);
    return;
  }
  await attempt(async () => {
    const read: JobId[] = [];
    for (let offset = first; offset <= end; offset += READ_AT_ONCE) {
      const { jobs } = await readJobs(offset, Math.min(READ_AT_ONCE, end - offset + 1));
      read.push(...jobs.map((job) => job.id));
    }
    selectRange(read, active);
  });
}
