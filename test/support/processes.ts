import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

interface Entry {
  readonly pid: number;
  readonly parent: number;
}

function allProcesses(): Entry[] {
  const entries: Entry[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields[0] !== 'Z') entries.push({ pid: Number(name), parent: Number(fields[1]) });
    } catch {
      // It ended while the list was read.
    }
  }
  return entries;
}

/** A process and everything that it and its children started. */
export function processTree(root: number): number[] {
  const all = allProcesses();
  const tree = [root];
  for (const pid of tree) for (const entry of all) if (entry.parent === pid) tree.push(entry.pid);
  return tree;
}

/** `kill -9` of a process and all below it, as a power cut would end them. */
export function killTree(root: number): void {
  for (const pid of processTree(root)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

/** Command lines of living processes that mention a text. */
export function processesMentioning(text: string): string[] {
  const found: string[] = [];
  for (const { pid } of allProcesses()) {
    if (pid === process.pid) continue;
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      if (line.includes(text)) found.push(`${pid} ${line}`);
    } catch {
      // It ended while the list was read.
    }
  }
  return found;
}

export async function waitFor<T>(
  what: () => T | Promise<T>,
  seconds: number,
  label: string,
): Promise<NonNullable<T>> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const value = await what();
    if (value) return value as NonNullable<T>;
    if (Date.now() > until) throw new Error(`${label}: not within ${seconds} s`);
    await sleep(50);
  }
}

/** Starts `gantry` as a person would, from the built project. */
export function startGantry(args: string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['bin/gantry.mjs', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
