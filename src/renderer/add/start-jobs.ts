import { toast } from 'sonner';
import { attempt, showRejected } from '../connection/attempt.ts';
import { type AddChoices, type AddItem, openItems, useAdd } from '../stores/add-store.ts';
import { engine } from '../stores/connection-store.ts';
import { reloadJobs } from '../stores/jobs-store.ts';
import { text } from '../text/en.ts';

const ADDED_AT_ONCE = 500;

/** Adds files and folders of the engine's machine to the queue. */
export async function addJobs(paths: readonly string[], choices: AddChoices): Promise<void> {
  let added = 0;
  for (let start = 0; start < paths.length; start += ADDED_AT_ONCE) {
    const part = paths.slice(start, start + ADDED_AT_ONCE);
    const result = await engine().api.jobs.add({ jobs: part.map((source) => ({ source, ...choices })) });
    added += result.jobs.length;
    showRejected(result.rejected);
  }
  reloadJobs('now');
  if (added > 0) toast.success(text.add.added(added));
}

/** What Start would do with the items: add these at once, and those when their upload is complete. */
export function startable(items: readonly AddItem[]): { now: string[]; later: number[] } {
  const now: string[] = [];
  const later: number[] = [];
  for (const { key, stage } of items) {
    if (stage.kind === 'ready' || stage.kind === 'folder' || stage.kind === 'reading') now.push(stage.path);
    else if (stage.kind === 'waiting' || stage.kind === 'uploading') later.push(key);
  }
  return { now, later };
}

/** Adds what the sheet shows. Uploads that go on are added as they complete; what cannot be encoded is left out. */
export async function startItems(choices: AddChoices): Promise<void> {
  const { now, later } = startable(openItems(useAdd.getState().items));
  const isAdded =
    now.length === 0 || (await attempt(async () => addJobs(now, choices).then(() => true))) === true;
  if (!isAdded) return;
  const waiting = new Set(later);
  useAdd.setState((state) => ({
    isOpen: false,
    items: state.items
      .filter((item) => item.promised !== null || waiting.has(item.key))
      .map((item) => (waiting.has(item.key) ? { ...item, promised: choices } : item)),
  }));
  if (window.location.hash !== '#/queue') window.location.hash = '#/queue';
}
