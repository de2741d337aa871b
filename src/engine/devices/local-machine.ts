import { cpus } from 'node:os';

/**
 * What this machine tells about itself beyond NVIDIA: load, memory, and which GPUs are in it. For NVIDIA GPUs nvidia-smi
 * is the truth; here they count only as present or not. systeminformation is loaded when first asked, since loading it
 * takes longer than much else at start. The load comes from Node: the library starts a shell for it each time, and
 * waits for it.
 */

export interface CpuReading {
  /** Load of all cores since the reading before, 0 to 100; null when that was only just now. */
  readonly utilizationPercent: number | null;
  readonly memoryUsedBytes: number;
  readonly memoryTotalBytes: number;
}

/** Below this the system's clock ticks (10 ms each) would make the load a matter of chance. */
const MIN_SPAN_MS = 200;

export class CpuSampler {
  #before = cpuTimes();

  async read(): Promise<CpuReading> {
    const now = cpuTimes();
    const total = now.totalMs - this.#before.totalMs;
    const isTooSoon = total < MIN_SPAN_MS * cpus().length;
    const busy = total - (now.idleMs - this.#before.idleMs);
    if (!isTooSoon) this.#before = now;
    const { default: si } = await import('systeminformation');
    const memory = await si.mem();
    return {
      utilizationPercent: isTooSoon ? null : Math.round((busy / total) * 1000) / 10,
      // What could be given to a program, caches included, is not used.
      memoryUsedBytes: memory.total - memory.available,
      memoryTotalBytes: memory.total,
    };
  }
}

function cpuTimes(): { totalMs: number; idleMs: number } {
  let totalMs = 0;
  let idleMs = 0;
  for (const { times } of cpus()) {
    totalMs += times.user + times.nice + times.sys + times.idle + times.irq;
    idleMs += times.idle;
  }
  return { totalMs, idleMs };
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
