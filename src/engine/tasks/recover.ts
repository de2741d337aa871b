import type { Host } from '../hosts/host.ts';
import type { QueueStore } from '../queue/queue-store.ts';
import type { Lease } from '../queue/records.ts';

/** Whether the crash came after the finished file had got its final name. */
async function wasPublished(host: Host, lease: Lease): Promise<boolean> {
  if (lease.publishing === null) return false;
  const final = await host.files.stat(lease.publishing.finalPath).catch(() => null);
  return final !== null && final.fileId === lease.publishing.fileId;
}

/**
 * Cleans up after an engine that ended without saying so. Every lease that it left is settled: its process is ended if it
 * still lives, its unfinished output removed, and its job is either done, when the output had got its name, or back in the
 * queue. A crash in the middle of this leaves the remaining leases for the next start.
 */
export async function recoverLeases(host: Host, store: QueueStore): Promise<void> {
  for (const lease of store.recover()) {
    if (lease.process !== null) await host.killLeftover(lease.process);
    const isDone = await wasPublished(host, lease);
    // The disk may be away or read-only now; the job goes on all the same.
    if (lease.temporaryPath !== null) await host.files.remove(lease.temporaryPath).catch(() => {});
    if (isDone) store.completePublished(lease);
    else store.abandonLease(lease);
  }
}
