import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceList, TelemetryHistory } from '../src/common/device.ts';
import { killTree, processTree } from '../test/support/processes.ts';
import { type Served, startServe } from '../test/support/serve.ts';
import { startVirtualMachine, virtualGpuProblem } from '../test/support/virtual-gpu.ts';
import type { Finding } from './measure.ts';
import { costOf, type ProcessCost } from './process-cost.ts';

/** What the first look at the devices started has ended by itself within this. */
const SETTLE_SECONDS = 15;

interface Idle {
  readonly gantry: ProcessCost;
  readonly nvidiaSmi: ProcessCost;
}

/** What an idle engine costs while it reads eight virtual GPUs once a second, and what where there are none. */
export async function benchTelemetry(folder: string, watchSeconds: number): Promise<Finding[]> {
  const none = await onMachine(join(folder, 'home-no-gpu'), { GANTRY_NVIDIA_SMI: join(folder, 'none') }, [
    (served) => idle(served, watchSeconds),
  ]);
  const findings = [finding('where there is no GPU (CPU, memory and disk only)', none[0], watchSeconds)];
  const missing = virtualGpuProblem();
  if (missing !== null) {
    const what = 'Telemetry of eight virtual GPUs';
    return [...findings, { what, figure: `not measured: ${missing}`, aim: null, met: null }];
  }
  const machine = await startVirtualMachine('eight-l40s');
  try {
    const eight = await onMachine(join(folder, 'home-eight-gpus'), machine.env, [
      (served) => idle(served, watchSeconds),
      (served) => withSubscriber(served, () => idle(served, watchSeconds)),
    ]);
    const smi = eight[0]?.nvidiaSmi;
    return [
      ...findings,
      finding('with eight virtual GPUs', eight[0], watchSeconds),
      finding('with eight virtual GPUs and one window that follows them', eight[1], watchSeconds),
      {
        what: `The nvidia-smi of these GPUs by itself (a stand-in: how much a real one works is the driver's)`,
        figure: smi === undefined ? 'not measured' : figureOf(smi, watchSeconds),
        aim: null,
        met: null,
      },
    ];
  } finally {
    await machine.dispose();
  }
}

/** Starts an idle engine on a machine and measures it, once it is quiet, in several states one after the other. */
async function onMachine<T>(
  home: string,
  env: Record<string, string>,
  measurements: readonly ((served: Served) => Promise<T>)[],
): Promise<T[]> {
  const served = await startServe(home, env);
  try {
    await served.call('GET', '/devices');
    await sleep(SETTLE_SECONDS * 1000);
    const results: T[] = [];
    for (const measurement of measurements) results.push(await measurement(served));
    return results;
  } finally {
    killTree(served.process.pid ?? 0);
  }
}

async function idle(served: Served, watchSeconds: number): Promise<Idle> {
  const pids = processTree(served.process.pid ?? 0);
  const smis = pids.filter(isNvidiaSmi);
  const others = pids.filter((pid) => !smis.includes(pid));
  const before = { gantry: costOf(others), nvidiaSmi: costOf(smis) };
  await sleep(watchSeconds * 1000);
  const after = { gantry: costOf(others), nvidiaSmi: costOf(smis) };
  await requireReadings(served, watchSeconds);
  const spent = (start: ProcessCost, end: ProcessCost): ProcessCost => ({
    memoryMiB: end.memoryMiB,
    cpuSeconds: end.cpuSeconds - start.cpuSeconds,
  });
  return {
    gantry: spent(before.gantry, after.gantry),
    nvidiaSmi: spent(before.nvidiaSmi, after.nvidiaSmi),
  };
}

/** An engine that reads nothing costs nothing, which is no result. */
async function requireReadings(served: Served, watchSeconds: number): Promise<void> {
  const { devices } = await served.call<DeviceList>('GET', '/devices');
  for (const { id } of devices) {
    const { points } = await served.call<TelemetryHistory>(
      'GET',
      `/devices/${encodeURIComponent(id)}/history?seconds=${watchSeconds}`,
    );
    if (points.length < watchSeconds * 0.9) {
      throw new Error(`${id} was read ${points.length} times in ${watchSeconds} s`);
    }
  }
}

/** Follows the live changes meanwhile, as an open window does. */
async function withSubscriber<T>(served: Served, work: () => Promise<T>): Promise<T> {
  const ending = new AbortController();
  const response = await fetch(`${new URL(served.url).origin}/api/v1/events`, {
    headers: { authorization: `Bearer ${served.token}` },
    signal: ending.signal,
  });
  let received = 0;
  const reading = (async () => {
    for await (const chunk of response.body ?? []) received += chunk.byteLength;
  })().catch(() => {});
  try {
    const result = await work();
    if (received === 0) throw new Error('the window was sent nothing');
    return result;
  } finally {
    ending.abort();
    await reading;
  }
}

function isNvidiaSmi(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--query-gpu');
  } catch {
    return false;
  }
}

function finding(state: string, measured: Idle | undefined, watchSeconds: number): Finding {
  const what = `Telemetry once a second in an idle \`gantry serve\` ${state}: CPU over ${watchSeconds} s and memory (Pss) of all its processes but nvidia-smi`;
  if (measured === undefined) return { what, figure: 'not measured', aim: null, met: null };
  return {
    what,
    figure: figureOf(measured.gantry, watchSeconds),
    aim: '< 0.5 % of a core',
    met: measured.gantry.cpuSeconds / watchSeconds < 0.005,
  };
}

function figureOf({ cpuSeconds, memoryMiB }: ProcessCost, watchSeconds: number): string {
  return `${((cpuSeconds / watchSeconds) * 100).toFixed(2)} % of a core, ${memoryMiB.toFixed(0)} MB`;
}
