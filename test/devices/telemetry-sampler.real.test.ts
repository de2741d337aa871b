import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Telemetry } from '../../src/common/device.ts';
import type { GpuListing } from '../../src/engine/devices/nvidia-smi.ts';
import { GPU_FIELDS } from '../../src/engine/devices/smi-output.ts';
import { TelemetrySampler } from '../../src/engine/devices/telemetry-sampler.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { processTree, waitFor } from '../support/processes.ts';
import { readyMadeMachine, startVirtualMachine, type VirtualMachine } from '../support/virtual-gpu.ts';
import { describeOnVirtualGpu } from '../virtual-gpu/on-machine.ts';

/** Shorter than in use, so that the tests are: how long they are in use is tested with a clock that is played. */
const DELAYS = { firstRestartMs: 100, silenceMs: 3_000, absentMs: 500, slicesMs: 1_000 };

/** What a sampler told, newest last. */
function sample(host: LocalHost, smiPath: string, home = tmpdir()) {
  const listings: { listing: GpuListing; at: string }[] = [];
  const cpu: Telemetry[] = [];
  const faults: unknown[] = [];
  const sampler = new TelemetrySampler({
    host,
    smiPath,
    home,
    onGpus: (listing, at) => listings.push({ listing, at }),
    onCpu: (telemetry) => cpu.push(telemetry),
    onFault: (error) => faults.push(error),
    delays: DELAYS,
  });
  sampler.start();
  /** The next listing that is as wanted, from now on. */
  const next = (what: string, isWanted: (listing: GpuListing) => boolean): Promise<GpuListing> => {
    const from = listings.length;
    const seen = () => listings.slice(from).find(({ listing }) => isWanted(listing))?.listing ?? null;
    return waitFor(seen, 60, what);
  };
  return { sampler, listings, cpu, faults, next };
}

/** Numbers of the processes below one whose command line has the text. */
function below(root: number, text: string): number[] {
  return processTree(root).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  });
}

const isReading = ({ gpus, notice }: GpuListing) => notice === null && gpus.length > 0;
const gpuAt = ({ gpus }: GpuListing, at: number) => {
  const gpu = gpus[at];
  return gpu?.kind === 'gpu' ? gpu : null;
};

describeOnVirtualGpu('telemetry of a virtual machine', () => {
  const TWO = readyMadeMachine('two-mixed');
  const [first, second] = TWO.gpus.map((gpu) => gpu.uuid) as [string, string];
  let machine: VirtualMachine;
  let host: LocalHost;
  let run: ReturnType<typeof sample>;

  beforeAll(async () => {
    machine = await startVirtualMachine(TWO);
    for (const [name, value] of Object.entries(machine.env)) vi.stubEnv(name, value);
  });
  beforeEach(async () => {
    machine.configure(() => TWO);
    host = new LocalHost();
    run = sample(host, machine.nvidiaSmi);
    await run.next('the first reading', isReading);
  });
  afterEach(async () => {
    await run.sampler.dispose();
    expect(below(process.pid, machine.nvidiaSmi)).toEqual([]);
    expect(run.faults).toEqual([]);
    await host.dispose();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await machine?.dispose();
  });

  it('all GPUs again and again, from one process that stays', async () => {
    const [pid] = below(process.pid, machine.nvidiaSmi);
    for (let i = 0; i < 3; i++) {
      const { gpus } = await run.next('a reading', isReading);
      expect(gpus).toMatchObject([
        { kind: 'gpu', uuid: first, encoderPercent: 0, sessions: 0, memoryTotalBytes: expect.any(Number) },
        { kind: 'gpu', uuid: second, temperatureCelsius: expect.any(Number), powerWatts: expect.any(Number) },
      ]);
    }
    expect(below(process.pid, machine.nvidiaSmi)).toEqual([pid]);
    const times = run.listings.map(({ at }) => Date.parse(at));
    expect(new Set(times).size).toBe(times.length);
  });

  it('sessions of another program are seen, and that they end', async () => {
    const other = await machine.holdSessions(second, 2);
    const busy = await run.next('two sessions', (listing) => gpuAt(listing, 1)?.sessions === 2);
    expect(gpuAt(busy, 0)?.sessions).toBe(0);
    await other.release();
    await run.next('none', (listing) => gpuAt(listing, 1)?.sessions === 0);
  });

  it('killed with kill -9, nvidia-smi is started again and nobody hears of it', async () => {
    const [pid = 0] = below(process.pid, machine.nvidiaSmi);
    const from = run.listings.length;
    process.kill(pid, 'SIGKILL');
    await waitFor(() => below(process.pid, machine.nvidiaSmi).some((other) => other !== pid), 30, 'another');
    await run.next('a reading', isReading);
    expect(run.listings.slice(from).every(({ listing }) => isReading(listing))).toBe(true);
  });

  it('one that hangs and ignores every polite signal is killed, and the next one works', async () => {
    const [pid = 0] = below(process.pid, machine.nvidiaSmi);
    machine.setSystem({ smi: 'hang' });
    const { notice } = await run.next('that it hangs', (listing) => listing.notice !== null);
    expect(notice).toMatchObject({ code: 'gpu-failed', message: 'nvidia-smi has stopped answering.' });
    expect(below(process.pid, machine.nvidiaSmi)).not.toContain(pid);
    machine.setSystem({ smi: 'ok' });
    await run.next('a reading', isReading);
  });

  it('a driver that goes away is told of as such, and its return too', async () => {
    machine.setSystem({ driver: 'gone' });
    const { notice } = await run.next('that it is gone', (listing) => listing.notice !== null);
    expect(notice).toMatchObject({ code: 'no-nvidia-driver' });
    machine.setSystem({ driver: 'ok' });
    const { gpus } = await run.next('a reading', isReading);
    expect(gpus).toHaveLength(2);
  });

  it.each(['row', 'no handle'] as const)(
    'a lost GPU, told as a %s, does not silence the other',
    async (lostToldAs) => {
      machine.setGpu(first, { lost: true, lostToldAs });
      const { gpus } = await run.next('the loss', (listing) => listing.gpus[0]?.kind === 'unusable');
      expect(gpus).toMatchObject([
        { kind: 'unusable', problem: { code: 'gpu-lost' } },
        { kind: 'gpu', uuid: second },
      ]);
      machine.setGpu(first, { lost: false });
      await run.next('its return', (listing) => gpuAt(listing, 0) !== null && gpuAt(listing, 1) !== null);
    },
  );

  it.each([0, 1])('GPU %i vanishes from the list and comes back to it', async (at) => {
    const rest = TWO.gpus.filter((_, slot) => slot !== at);
    machine.configure((now) => ({ ...now, gpus: rest }));
    const { gpus } = await run.next('its absence', ({ gpus: { length } }) => length === 1);
    expect(gpus).toMatchObject([{ kind: 'gpu', uuid: rest[0]?.uuid }]);
    const from = run.listings.length;
    machine.configure(() => TWO);
    await run.next('its return', ({ gpus: { length } }) => length === 2);
    // While it comes, the one that stayed is never missing.
    for (const { listing } of run.listings.slice(from)) {
      expect(listing.gpus.map((gpu) => gpu.uuid)).toContain(rest[0]?.uuid);
    }
  });

  it('what this version of nvidia-smi does not know is null, and all else is told', async () => {
    machine.setSystem({ smiUnknownFields: 'encoder.stats.sessionCount, utilization.encoder' });
    run.sampler.refresh();
    const listing = await run.next('less', (each) => gpuAt(each, 0)?.sessions === null);
    expect(gpuAt(listing, 0)).toMatchObject({
      encoderPercent: null,
      decoderPercent: 0,
      name: TWO.gpus[0]?.name,
    });
  });

  it('a slice of a GPU in MIG mode is told, and not what is measured of the whole', async () => {
    machine.configure(() => readyMadeMachine('mig-slice'));
    const isSlice = (listing: GpuListing) => listing.gpus[0]?.uuid?.startsWith('MIG-') ?? false;
    const listing = await run.next('the slice', isSlice);
    expect(gpuAt(listing, 0)).toMatchObject({
      utilizationPercent: null,
      memoryUsedBytes: null,
      sessions: null,
    });
  });

  it('everything at once: kills, hangs, losses and a driver that comes and goes end in a whole reading', async () => {
    for (const pid of below(process.pid, machine.nvidiaSmi)) process.kill(pid, 'SIGKILL');
    machine.setGpu(second, { lost: true });
    machine.setSystem({ driver: 'gone' });
    await run.next('no driver', ({ notice }) => notice?.code === 'no-nvidia-driver');
    machine.setSystem({ driver: 'ok', smi: 'hang' });
    await run.next('no answer', ({ notice }) => notice?.code === 'gpu-failed');
    machine.setSystem({ smi: 'ok' });
    await run.next('the loss', (listing) => listing.gpus[1]?.kind === 'unusable');
    machine.setGpu(second, { lost: false });
    const { gpus } = await run.next(
      'both',
      (listing) => gpuAt(listing, 0) !== null && gpuAt(listing, 1) !== null,
    );
    expect(gpus.map((gpu) => gpu.uuid)).toEqual([first, second]);
  });
});

describe('telemetry of this machine', () => {
  let folder: string;
  let host: LocalHost;
  let children: ChildProcess[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-telemetry-'));
    host = new LocalHost();
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await host.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An nvidia-smi that answers once, and then neither writes nor ends nor listens to signals. */
  function deafNvidiaSmi(): string {
    const path = join(folder, 'nvidia-smi');
    const row = GPU_FIELDS.map((field) => (field === 'uuid' ? 'GPU-deaf' : '0')).join(', ');
    const script = `trap '' TERM HUP INT PIPE\necho '${row}'\necho '${row}'\nwhile :; do sleep 1; done`;
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** Another Node process with a sampler in it. It prints a line for each listing. */
  function startSampling(smiPath: string, afterwards = ''): ChildProcess {
    const url = (path: string) =>
      JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../src/engine', path)));
    const program = `
      import { TelemetrySampler } from ${url('devices/telemetry-sampler.ts')};
      import { LocalHost } from ${url('hosts/local-host.ts')};
      const host = new LocalHost();
      const sampler = new TelemetrySampler({
        host, smiPath: ${JSON.stringify(smiPath)}, home: '/',
        onGpus: ({ gpus, notice }) => console.log(notice?.code ?? gpus[0].uuid), onCpu: () => {},
      });
      sampler.start();
      ${afterwards}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    return child;
  }

  it('CPU, memory and the disk that holds a folder, every second', async () => {
    const run = sample(host, join(folder, 'nothing'), folder);
    const telemetry = await waitFor(
      () => run.cpu.find((each) => each.diskTotalBytes !== null && each.utilizationPercent !== null),
      30,
      'a reading of the machine',
    );
    expect(Telemetry.parse(telemetry)).toEqual(telemetry);
    expect(telemetry.utilizationPercent).toBeGreaterThanOrEqual(0);
    expect(telemetry.utilizationPercent).toBeLessThanOrEqual(100);
    expect(telemetry.memoryTotalBytes).toBeGreaterThan(100_000_000);
    expect(telemetry.memoryUsedBytes).toBeLessThan(telemetry.memoryTotalBytes ?? 0);
    expect(telemetry.diskUsedBytes).toBeGreaterThan(0);
    expect(telemetry.diskUsedBytes).toBeLessThan(telemetry.diskTotalBytes ?? 0);
    const { length } = run.cpu;
    await waitFor(() => run.cpu.length > length + 1, 30, 'more readings');
    await run.sampler.dispose();
  });

  it('a folder that is gone costs the figures of its disk and nothing else', async () => {
    const run = sample(host, join(folder, 'nothing'), join(folder, 'no folder'));
    const telemetry = await waitFor(() => run.cpu[1], 30, 'a reading of the machine');
    expect(telemetry).toMatchObject({ diskUsedBytes: null, diskTotalBytes: null });
    expect(telemetry.memoryUsedBytes).toBeGreaterThan(0);
    await run.sampler.dispose();
    expect(run.faults).toEqual([]);
  });

  it('without nvidia-smi no process is started, and one that is installed later is found', async () => {
    const path = join(folder, 'nvidia-smi');
    const before = processTree(process.pid);
    const run = sample(host, path);
    const { notice } = await run.next('that there is none', (listing) => listing.notice !== null);
    expect(notice?.code).toBe('no-nvidia-driver');
    await run.next('that there is still none', (listing) => listing.notice !== null);
    expect(processTree(process.pid)).toEqual(before);
    deafNvidiaSmi();
    const { gpus } = await run.next('a GPU', isReading);
    expect(gpus).toMatchObject([{ uuid: 'GPU-deaf' }]);
    await run.sampler.dispose();
    expect(below(process.pid, path)).toEqual([]);
  });

  it('kill -9 of Gantry leaves no nvidia-smi behind, not even one that hangs', async () => {
    const path = deafNvidiaSmi();
    const child = startSampling(path);
    if (child.stdout !== null) await once(child.stdout, 'data');
    const left = below(child.pid ?? 0, path).filter((pid) => pid !== child.pid);
    expect(left.length).toBeGreaterThan(0);
    child.kill('SIGKILL');
    const isAlive = (pid: number) => {
      try {
        // A process that has ended and was not waited for yet has no command line any more.
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path);
      } catch {
        return false;
      }
    };
    await waitFor(() => !left.some(isAlive), 30, 'the end of nvidia-smi');
  });

  it.each([
    ['that never found an nvidia-smi keeps its process alive no longer than the rest does', 'nothing', ''],
    [
      'that is disposed of lets its process end, whatever nvidia-smi does',
      'nvidia-smi',
      'setTimeout(() => sampler.dispose().then(() => host.dispose()), 500);',
    ],
  ])('a sampler %s', async (_title, program, afterwards) => {
    deafNvidiaSmi();
    const child = startSampling(join(folder, program), afterwards);
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });
});
