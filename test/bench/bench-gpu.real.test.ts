import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { BenchRequest, BenchRun } from '../../src/common/bench.ts';
import { benchGroups } from '../../src/common/bench-table.ts';
import { CPU_DEVICE_ID, type DeviceId } from '../../src/common/ids.ts';
import { BenchRunner } from '../../src/engine/bench/bench-runner.ts';
import { listGpus } from '../../src/engine/devices/nvidia-smi.ts';
import { DeviceRegistry } from '../../src/engine/devices/registry.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { memoryCache } from '../devices/stand-in-programs.ts';
import { temporaryFolder } from '../support/engine.ts';
import { waitFor } from '../support/processes.ts';
import { startVirtualMachine, type VirtualMachine, virtualGpuProblem } from '../support/virtual-gpu.ts';
import { RunsInMemory } from './bench-fixture.ts';

const why = virtualGpuProblem();

/** At 60 frames a second each encode lasts over a second, so that nvidia-smi is heard in each. */
const FRAMES_PER_SECOND = 60;
const SPEC = { id: 'gpu-v1', width: 320, height: 180, frameCount: 90 };
const UUID = 'GPU-aaaaaaaa-0000-0000-0000-000000000001' as DeviceId;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Devices, readings and a runner on a machine of virtual GPUs, which this process and its children live on from here. */
async function onMachine(machine: VirtualMachine) {
  closing.push(() => machine.dispose());
  const before = Object.fromEntries(Object.keys(machine.env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, machine.env);
  closing.push(async () => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  const folder = temporaryFolder('bench-gpu');
  closing.push(async () => folder.remove());
  const host = new LocalHost();
  closing.push(() => host.dispose());
  const registry = new DeviceRegistry({
    host,
    discover: () => discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env }),
    cache: memoryCache(),
    smiPath: machine.nvidiaSmi,
  });
  closing.push(() => registry.dispose());
  await registry.refresh();
  const stop = new AbortController();
  const readings = (async () => {
    while (!stop.signal.aborted) {
      const listing = await listGpus(host, machine.nvidiaSmi, stop.signal);
      registry.applyGpuListing(listing, new Date().toISOString());
      await sleep(200);
    }
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  closing.push(async () => {
    stop.abort();
    await readings;
  });
  const runner = new BenchRunner({
    ...{ host, home: join(folder.path, 'home'), registry, store: new RunsInMemory() },
    reserve: async () => ({ release: () => {} }),
    onChange: () => {},
    sources: { full: SPEC, quick: SPEC },
  });
  closing.push(() => runner.dispose());
  const measure = (request: Partial<BenchRequest>): Promise<BenchRun> => {
    const { id } = runner.start({ quick: true, ...request });
    return waitFor(() => runner.list().find((run) => run.id === id && run.endedAt !== null), 100, 'the end');
  };
  return { registry, measure };
}

/** Its decoders would show a moving bar in place of the source, whatever was encoded. */
const ADA = {
  uuid: UUID,
  name: 'NVIDIA L40S',
  framesPerSecond: FRAMES_PER_SECOND,
  codecs: 'h264, hevc',
  decoders: 'none',
};

describe.skipIf(why !== null)(
  `a benchmark of a virtual GPU${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    it('measures p1 to p7 at its speed, with bits, VMAF, watts, driver and build', async () => {
      const machine = await startVirtualMachine({
        system: { driverVersion: '470.57.02' },
        gpus: [{ ...ADA, powerIdleWatts: 30, powerLimitWatts: 300 }],
      });
      const { registry, measure } = await onMachine(machine);
      const run = await measure({ quick: false, devices: [UUID], codecs: ['h264'] });
      expect(run).toMatchObject({ status: 'done', skipped: [], error: null });
      expect(run.results.map(({ encoderPreset, rate }) => [encoderPreset, rate])).toEqual([
        ...['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'].map((preset) => [preset, 'quality']),
        ['p5', 'bit-rate'],
      ]);
      const build = registry.builds().find(({ id }) => id === run.results[0]?.buildId);
      expect(build?.encoders).toContain('h264_nvenc');
      const hasVmaf = registry.builds().some(({ filters }) => filters.includes('libvmaf'));
      for (const result of run.results) {
        expect(result).toMatchObject({
          ...{ deviceId: UUID, deviceName: 'NVIDIA L40S', deviceKind: 'gpu', driverVersion: '470.57.02' },
          ...{ encoder: 'h264_nvenc', error: null, ffmpegVersion: build?.version },
        });
        expect(result.fps).toBeGreaterThan(0);
        // No faster than the card, but for the credit of a few frames that it has at the start.
        expect(result.fps).toBeLessThan(FRAMES_PER_SECOND * 1.2);
        expect(result.sizeBytes).toBeGreaterThan(0);
        expect(result.powerWatts).toBeGreaterThan(0);
        expect(result.powerWatts).toBeLessThanOrEqual(300);
        if (hasVmaf) expect(result.vmaf).toBeGreaterThan(result.rate === 'quality' ? 60 : 0);
        else expect(result.vmafNote).not.toBeNull();
      }
      // Readings were taken while it worked, not only before.
      expect(Math.max(...run.results.map(({ powerWatts }) => powerWatts ?? 0))).toBeGreaterThan(30);
      const { system } = await machine.state();
      expect(system.encoding).toBe(0);
    });

    it('sets it against the CPU', async () => {
      const { measure } = await onMachine(await startVirtualMachine({ system: {}, gpus: [ADA] }));
      const run = await measure({ codecs: ['h264'] });
      expect(new Set(run.results.map(({ deviceId }) => deviceId))).toEqual(new Set([UUID, CPU_DEVICE_ID]));
      expect(run.results.every(({ error }) => error === null)).toBe(true);
      const rows = benchGroups(run.results).flatMap((group) => group.rows);
      for (const { result, timesCpu } of rows) {
        if (result.deviceKind === 'gpu') expect(timesCpu).toBeGreaterThan(0);
        else expect(timesCpu).toBeNull();
      }
    });

    it('that loses the card in the middle has it taken out of service, and measures the CPU', async () => {
      const machine = await startVirtualMachine({ system: {}, gpus: [ADA] });
      const { registry, measure } = await onMachine(machine);
      machine.setGpu(UUID, { lostAfterFrames: 30 });
      const run = await measure({ codecs: ['h264'] });
      expect(run.status).toBe('done');
      const ofGpu = run.results.filter(({ deviceKind }) => deviceKind === 'gpu');
      expect(ofGpu).toEqual([
        expect.objectContaining({
          ...{ fps: null, vmaf: null },
          error: expect.objectContaining({ code: expect.stringMatching(/^gpu-/) }),
        }),
      ]);
      expect(run.skipped).toEqual([
        { deviceId: UUID, deviceName: ADA.name, reason: registry.outOfService(UUID) },
      ]);
      expect(run.skipped[0]?.reason).not.toBeNull();
      const ofCpu = run.results.filter(({ deviceKind }) => deviceKind === 'cpu');
      expect(ofCpu.length).toBeGreaterThan(0);
      expect(ofCpu.every(({ error }) => error === null)).toBe(true);
    });

    it('goes on with the card after a failure that passed', async () => {
      const machine = await startVirtualMachine({ system: {}, gpus: [ADA] });
      const { measure } = await onMachine(machine);
      machine.setGpu(UUID, { failAfterFrames: { value: 30, sessions: 1 } });
      const run = await measure({ devices: [UUID], codecs: ['h264'] });
      const [first, ...others] = run.results;
      expect(first?.error?.code).toBe('gpu-failed');
      expect(others.length).toBeGreaterThan(0);
      expect(others.every(({ error }) => error === null)).toBe(true);
      expect(run.skipped).toEqual([]);
    });
  },
);
