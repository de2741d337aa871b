import { readFileSync } from 'node:fs';
import type { ProcessIdentity } from './host.ts';

/**
 * The kernel's start time of a process, which with its number names it for good. Linux tells it in /proc (field 22 of
 * `stat`, proc(5)); elsewhere it is null, and the reaper alone keeps children from outliving their parent.
 */
function startMarkOf(pid: number): string | null {
  if (process.platform !== 'linux') return null;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses and may hold anything, so fields are counted after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[19] ?? null;
  } catch {
    return null;
  }
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startMark: startMarkOf(pid) };
}

/** Whether the number still belongs to the same process. False when that cannot be known. */
export function isSameProcess(identity: ProcessIdentity): boolean {
  return identity.startMark !== null && startMarkOf(identity.pid) === identity.startMark;
}
