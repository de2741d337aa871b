import type { Host } from '../hosts/host.ts';
import type { QueueStore } from '../queue/queue-store.ts';
import type { Lease } from '../queue/records.ts';

/** Whether the crash came after the finished file had got its final name. */
async function wasPublished(host: Host, lease: Lease): Promise<boolean> {
  if (lease.publishing === null) return false;
  const final = await host.files.stat(lease.publishing.finalPath).catch(() => null);
  return final !== null && final.fileId === lease.publishing.fileId;
}

async function clearAway(host: Host, lease: Lease): Promise<void> {
  if (lease.process !== null) await host.killLeftover(lease.process);
  // The disk may be away or read-only now; the job goes on all the same.
  if (lease.temporaryPath !== null) await host.files.remove(lease.temporaryPath).catch(() => {});
}

/**
 * Cleans up after an engine that ended without saying so: processes that still live are ended, unfinished outputs removed,
 * and every job is either done, when its output had got its name, or back in the queue. A crash in the middle of this
 * leaves the rest to the next start.
 */
export async function recoverLeases(host: Host, store: QueueStore): Promise<void> {
  const { leftovers, undecided } = store.recover();
  for (const lease of leftovers) {
    await clearAway(host, lease);
    store.forgetLeftover(lease.taskId);
  }
  for (const lease of undecided) {
    const isDone = await wasPublished(host, lease);
    await clearAway(host, lease);
    if (isDone) store.completePublished(lease);
    else store.abandonLease(lease);
  }
}
