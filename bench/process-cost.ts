import { readFileSync } from 'node:fs';

/** Linux counts CPU time in ticks of 10 ms (USER_HZ, proc(5)). */
const TICKS_PER_SECOND = 100;

export interface ProcessCost {
  /** Proportional set size: what is shared is divided among those who share it. */
  readonly memoryMiB: number;
  readonly cpuSeconds: number;
}

/** Memory and CPU time so far of some processes together. One that has ended counts nothing. */
export function costOf(pids: readonly number[]): ProcessCost {
  let memoryKiB = 0;
  let ticks = 0;
  for (const pid of pids) {
    try {
      const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      memoryKiB += Number(pss?.[1] ?? 0);
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It has ended meanwhile.
    }
  }
  return { memoryMiB: memoryKiB / 1024, cpuSeconds: ticks / TICKS_PER_SECOND };
}
