import { readFileSync } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';

/**
 * What this machine tells about itself beyond NVIDIA: load, memory, and which GPUs are in it. For NVIDIA GPUs nvidia-smi
 * is the truth; here they count only as present or not. systeminformation is loaded when first asked, since loading it
 * takes longer than much else at start. Load comes from Node, and so does memory but on macOS: the library starts a shell
 * for it each time (PowerShell on Windows), and this is asked every second.
 */

export interface CpuReading {
  /** Load of all cores since the reading before, 0 to 100; null when that was only just now. */
  readonly utilizationPercent: number | null;
  readonly memoryUsedBytes: number;
  readonly memoryTotalBytes: number;
}

/** Time of all cores since the machine started, in any one unit. */
export interface CpuTimes {
  readonly total: number;
  readonly idle: number;
}

/** Below this the system's clock ticks (10 ms each) would make the load a matter of chance. */
const MIN_SPAN_MS = 200;
/** How often macOS is asked for its memory. */
const MEMORY_AGE_MS = 10_000;

interface Memory {
  readonly usedBytes: number;
  readonly totalBytes: number;
}

export class CpuSampler {
  #before = cpuTimes();
  #beforeAtMs = performance.now();
  #memory: { readonly atMs: number; readonly value: Memory } | null = null;

  async read(): Promise<CpuReading> {
    const atMs = performance.now();
    const isTooSoon = atMs - this.#beforeAtMs < MIN_SPAN_MS;
    let utilizationPercent: number | null = null;
    if (!isTooSoon) {
      const now = cpuTimes();
      utilizationPercent = loadBetween(this.#before, now);
      this.#before = now;
      this.#beforeAtMs = atMs;
    }
    const memory = process.platform === 'darwin' ? await this.#memoryOfMacos() : memoryNow();
    return {
      utilizationPercent,
      memoryUsedBytes: memory.usedBytes,
      memoryTotalBytes: memory.totalBytes,
    };
  }

  /** Node counts only what is wholly free there, which is next to nothing. */
  async #memoryOfMacos(): Promise<Memory> {
    const known = this.#memory;
    if (known !== null && performance.now() - known.atMs < MEMORY_AGE_MS) return known.value;
    const { default: si } = await import('systeminformation');
    const { total, available } = await si.mem();
    const value = { usedBytes: total - available, totalBytes: total };
    this.#memory = { atMs: performance.now(), value };
    return value;
  }
}

/** What could be given to a program, caches included, is not used: so do Linux (`MemAvailable`) and Windows count. */
function memoryNow(): Memory {
  const totalBytes = totalmem();
  return { usedBytes: totalBytes - freemem(), totalBytes };
}

/** Load in percent, to one decimal; null when no time has passed by the system's clock. */
export function loadBetween(before: CpuTimes, now: CpuTimes): number | null {
  const total = now.total - before.total;
  if (total <= 0) return null;
  const busy = Math.min(total, Math.max(0, total - (now.idle - before.idle)));
  return Math.round((busy / total) * 1000) / 10;
}

/** Node reads the clock of every core with it on Linux, which takes long where there are many, and may wake them. */
function cpuTimes(): CpuTimes {
  const ofLinux = process.platform === 'linux' ? parseProcStat(readProcStat()) : null;
  if (ofLinux !== null) return ofLinux;
  let [total, idle] = [0, 0];
  for (const { times } of cpus()) {
    total += times.user + times.nice + times.sys + times.idle + times.irq;
    idle += times.idle;
  }
  return { total, idle };
}

function readProcStat(): string {
  try {
    return readFileSync('/proc/stat', 'latin1');
  } catch {
    return '';
  }
}

/** Reads the first line of /proc/stat (proc(5)). Null when it is not there. Waiting for a disk is idling. */
export function parseProcStat(text: string): CpuTimes | null {
  const match = /^cpu +(\d+(?: \d+){4,})/.exec(text);
  if (match?.[1] === undefined) return null;
  // Guests, from the ninth on, are counted among the users already.
  const times = match[1].split(' ').slice(0, 8).map(Number);
  const total = times.reduce((sum, time) => sum + time, 0);
  return { total, idle: (times[3] ?? 0) + (times[4] ?? 0) };
}

export interface PresentGpu {
  readonly isNvidia: boolean;
  readonly name: string;
}

/** GPUs that the system lists, with or without a driver. Display adapters without a real GPU may be among them. */
export async function presentGpus(): Promise<PresentGpu[]> {
  const { default: si } = await import('systeminformation');
  const { controllers } = await si.graphics();
  return controllers
    .filter(({ vendor, model }) => vendor || model)
    .map(({ vendor, model }) => ({
      isNvidia: /nvidia/i.test(`${vendor} ${model}`),
      name: (model || vendor).trim(),
    }));
}
