import { tmpdir } from 'node:os';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { deviceListText, doctorText } from '../../src/cli/text/device-text.ts';
import { type Device, DeviceList, DoctorReport, type FfmpegBuild } from '../../src/common/device.ts';
import type { DeviceId } from '../../src/common/ids.ts';
import { Preset } from '../../src/common/preset.ts';
import { doctorReport } from '../../src/engine/devices/doctor.ts';
import { DeviceRegistry, type DeviceRegistryDeps } from '../../src/engine/devices/registry.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { HostOnMachine } from '../support/host-on-machine.ts';
import { waitFor } from '../support/processes.ts';
import { readyMadeMachines, startVirtualMachine } from '../support/virtual-gpu.ts';
import { describeOnVirtualGpu } from '../virtual-gpu/on-machine.ts';
import { memoryCache } from './stand-in-programs.ts';

/** What a person is told of one encoder: `8 10 b` for one that does 8-bit, 10-bit and B-frames, or why it does not work. */
type Told = string;

interface Expected {
  readonly status: Device['status'];
  /** Why the GPU cannot encode at all. */
  readonly reason: string | null;
  readonly h264: Told;
  readonly hevc: Told;
  readonly av1: Told;
  readonly decodes: string;
  readonly pipeline: string;
}

// ffmpeg 5.1 has no av1_nvenc, and knows no 10-bit H.264 for NVENC.
const WORKING: Expected = {
  status: 'ready',
  reason: null,
  h264: '8 b',
  hevc: '8 10 b',
  av1: 'encoder-missing',
  decodes: 'h264 hevc av1 vp9 mpeg2video',
  pipeline: 'ok',
};

function unavailable(reason: string, changes: Partial<Expected> = {}): Expected {
  return { ...WORKING, status: 'unavailable', reason, h264: reason, hevc: reason, av1: reason, ...changes };
}

const MACHINES: Readonly<Record<string, readonly Expected[]>> = {
  none: [],
  'old-driver': [
    unavailable('driver-too-old', {
      av1: 'encoder-missing',
      decodes: 'h264 hevc vp9 mpeg2video',
      pipeline: 'driver-too-old',
    }),
  ],
  laptop: [WORKING],
  'gtx-1650': [{ ...WORKING, hevc: '8 10', decodes: 'h264 hevc vp9 mpeg2video' }],
  'two-mixed': [{ ...WORKING, decodes: 'h264 hevc vp9 mpeg2video' }, WORKING],
  'eight-l40s': Array.from({ length: 8 }, () => WORKING),
  h100: [unavailable('no-nvenc', { decodes: 'h264 hevc av1 vp9', pipeline: 'no-nvenc' })],
  'mig-slice': [WORKING],
  'container-without-video': [
    unavailable('encode-library-missing', { decodes: '', pipeline: 'gpu-decode-failed' }),
  ],
};

let builds: FfmpegBuild[] = [];
beforeAll(async () => {
  const host = new LocalHost();
  builds = await discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env });
  await host.dispose();
});

const onPath = () => builds.filter((build) => build.origin === 'path');

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function registryOn(
  name: Parameters<typeof startVirtualMachine>[0],
  deps: Partial<DeviceRegistryDeps> = {},
  overrides: Parameters<typeof startVirtualMachine>[1] = {},
) {
  const machine = await startVirtualMachine(name, overrides);
  open.push(() => machine.dispose());
  const host = new HostOnMachine(machine);
  open.push(() => host.dispose());
  const cache = memoryCache();
  const make = () => {
    const registry = new DeviceRegistry({
      host,
      discover: async () => onPath(),
      cache,
      smiPath: machine.nvidiaSmi,
      ...deps,
    });
    open.push(() => registry.dispose());
    return registry;
  };
  return { machine, host, registry: make(), again: make };
}

function told(device: Device): Expected {
  const encoder = (codec: string): Told => {
    const proof = device.encoders.find((each) => each.codec === codec);
    if (!proof?.ok) return proof?.reason?.code ?? 'not tried';
    return ['8', ...(proof.tenBit ? ['10'] : []), ...(proof.bFrames ? ['b'] : [])].join(' ');
  };
  return {
    status: device.status,
    reason: device.reason?.code ?? null,
    h264: encoder('h264'),
    hevc: encoder('hevc'),
    av1: encoder('av1'),
    decodes: device.decoders
      .filter(({ ok }) => ok)
      .map(({ codec }) => codec)
      .join(' '),
    pipeline: device.gpuPipeline?.ok ? 'ok' : (device.gpuPipeline?.reason?.code ?? 'not tried'),
  };
}

const gpusIn = (list: DeviceList) => list.devices.filter(({ kind }) => kind === 'gpu');

/** Everything that a person reads has a next step, and nothing is a guess. */
function expectExplained(device: Device): void {
  for (const proof of device.encoders) {
    if (!proof.ok) expect(proof.reason?.nextStep).toMatch(/\.$/);
    if (proof.tenBit === false) expect(proof.tenBitReason?.message).toBeTruthy();
    if (proof.bFrames === false) expect(proof.bFramesReason?.message).toBeTruthy();
    if (proof.ok) expect([proof.tenBit, proof.bFrames]).not.toContain(null);
  }
  if (device.status === 'unavailable') expect(device.reason?.nextStep).toMatch(/\.$/);
}

describeOnVirtualGpu('devices and doctor on ready-made machines', () => {
  it('know all of them', () => {
    expect(readyMadeMachines()).toEqual(Object.keys(MACHINES).sort());
  });

  it.each(Object.entries(MACHINES))('%s', async (name, expected) => {
    const { machine, host, registry } = await registryOn(name);
    const list = await registry.refresh();
    expect(DeviceList.parse(list)).toEqual(list);
    const gpus = gpusIn(list);
    expect(gpus.map(told)).toEqual(expected);
    gpus.forEach(expectExplained);
    expect(list.gpuNotice?.code ?? null).toBe(expected.length === 0 ? 'no-nvidia-driver' : null);
    expect(list.devices.at(-1)).toMatchObject({ kind: 'cpu', status: 'ready' });

    const described = machine.machine.gpus.flatMap(({ uuid, migSlice }) =>
      migSlice ? migSlice.map((slice) => slice.split(' ')[1]) : [uuid],
    );
    expect(gpus.map(({ uuid }) => uuid)).toEqual(described);
    for (const gpu of gpus) expect(gpu.driverVersion).toBe(machine.machine.system.driverVersion);

    const report = await doctorReport({
      registry,
      host,
      home: tmpdir(),
      gantryVersion: '0.0.0',
      nodeVersion: process.versions.node,
    });
    expect(DoctorReport.parse(report)).toEqual(report);
    expect(report.ok).toBe(true);
    const broken = expected.filter(({ reason }) => reason !== null && reason !== 'no-nvenc');
    for (const { reason } of broken) expect(report.problems.map(({ code }) => code)).toContain(reason);
    if (broken.length === 0) expect(report.problems.map(({ code }) => code)).not.toContain('gpu-lost');
    for (const gpu of gpus) {
      expect(deviceListText(list)).toContain(gpu.name);
      expect(doctorText(report)).toContain(gpu.name);
    }
  });
});

describeOnVirtualGpu('probing', () => {
  it('tries each GPU by its UUID, whatever order CUDA counts in', async () => {
    const { machine, registry } = await registryOn('two-mixed');
    machine.setGpu(0, { hevcTenBit: false });
    const gpus = gpusIn(await registry.refresh());
    expect(gpus.map(({ name }) => name)).toEqual(['NVIDIA GeForce GTX 1660', 'NVIDIA GeForce RTX 4070']);
    expect(gpus.map(told).map(({ hevc }) => hevc)).toEqual(['8 b', '8 10 b']);
    const { gpus: counts } = await machine.state();
    for (const { framesEncoded } of counts) expect(framesEncoded).toBeGreaterThan(0);
  });

  it('takes one session at a time on each GPU', async () => {
    const { machine, registry } = await registryOn('two-mixed');
    await registry.refresh();
    for (const { peakSessions } of (await machine.state()).gpus) expect(peakSessions).toBe(1);
  });

  it('is done once for a GPU, driver and build', async () => {
    const { machine, registry, again } = await registryOn('laptop');
    const first = await registry.refresh();
    const { opened } = (await machine.state()).system;
    const second = await again().refresh();
    expect((await machine.state()).system.opened).toBe(opened);
    expect(gpusIn(second).map(told)).toEqual(gpusIn(first).map(told));

    machine.setSystem({ driverVersion: '570.86.10' });
    await again().refresh();
    expect((await machine.state()).system.opened).toBeGreaterThan(opened);
  });

  it('finds all sessions taken: the GPU is busy, not unable, and is proven when they are free', async () => {
    const { machine, registry } = await registryOn(
      'laptop',
      { delays: { busyMs: 200, restMs: 100 } },
      { system: { sessionsAllowed: 2 } },
    );
    const uuid = machine.machine.gpus[0]?.uuid ?? '';
    const { held, release } = await machine.holdSessions(uuid, 2);
    expect(held).toBe(2);
    const [gpu] = gpusIn(await registry.refresh());
    expect(gpu).toMatchObject({ status: 'busy', reason: { code: 'session-limit' } });
    const h264 = Preset.parse({
      id: 'p',
      name: 'P',
      container: 'mp4',
      video: { codec: 'h264', rate: { mode: 'quality', quality: 23 } },
      audio: {},
    });
    expect(registry.targetFor(uuid as DeviceId, h264)).toHaveProperty('target');
    await release();
    await registry.readTelemetry();
    await waitFor(
      () =>
        gpusIn(registry.list()).every(({ encoders }) =>
          encoders.every(({ ok, codec }) => ok || codec === 'av1'),
        )
          ? true
          : null,
      30,
      'the encoders to be proven',
    );
    expect(gpusIn(registry.list()).map(told)).toMatchObject([
      { status: 'ready', h264: '8 b', hevc: '8 10 b' },
    ]);
  });

  it('of a GPU that hangs ends, and the GPU comes back once it does not', async () => {
    const { machine, registry } = await registryOn('laptop', { delays: { retryMs: [500] } });
    await registry.refresh();
    const id = gpusIn(registry.list())[0]?.id as DeviceId;
    machine.setGpu(0, { hangAfterFrames: 1 });
    const found = await registry.reportFault(id, {
      code: 'encode-stalled',
      message: 'It stalled.',
      nextStep: 'Retry.',
    });
    expect(found?.code).toBe('probe-timeout');
    machine.setGpu(0, { hangAfterFrames: false });
    await waitFor(() => (registry.outOfService(id) === null ? true : null), 30, 'the GPU to come back');
    expect(gpusIn(registry.list()).map(told)).toEqual([WORKING]);
  });
});

describeOnVirtualGpu('a machine whose driver goes away', () => {
  it('keeps its GPUs listed with the reason, and has them back when the driver is', async () => {
    const { machine, registry } = await registryOn('two-mixed', { delays: { retryMs: [300] } });
    await registry.refresh();
    machine.setSystem({ driver: 'gone' });
    await new Promise((resolve) => setTimeout(resolve, 600));
    await registry.readTelemetry();
    for (const gpu of gpusIn(registry.list())) {
      expect(gpu).toMatchObject({ status: 'unavailable', reason: { code: 'no-nvidia-driver' } });
      expect(gpu.retryAt).not.toBeNull();
    }
    expect(gpusIn(await registry.refresh())).toHaveLength(2);
    machine.setSystem({ driver: 'ok' });
    await waitFor(
      () => (gpusIn(registry.list()).every(({ status }) => status === 'ready') ? true : null),
      30,
      'both GPUs to come back',
    );
  });

  it('loses one GPU and goes on with the other', async () => {
    const { machine, registry } = await registryOn('two-mixed', { delays: { retryMs: [300] } });
    await registry.refresh();
    machine.setGpu(0, { lost: true });
    await new Promise((resolve) => setTimeout(resolve, 600));
    await registry.readTelemetry();
    expect(gpusIn(registry.list()).map(({ status, reason }) => [status, reason?.code ?? null])).toEqual([
      ['unavailable', 'gpu-lost'],
      ['ready', null],
    ]);
    machine.setGpu(0, { lost: false });
    await waitFor(
      () => (gpusIn(registry.list()).every(({ status }) => status === 'ready') ? true : null),
      30,
      'the GPU to come back',
    );
  });
});

describeOnVirtualGpu('several builds', () => {
  const newer = () =>
    builds.filter((build) => build.origin === 'npm' && build.encoders.includes('av1_nvenc'));

  it('the one that fits the driver is used where the best is too new, and that is said', async (test) => {
    if (newer().length === 0) return test.skip('no newer ffmpeg with NVENC is installed');
    const { registry, host } = await registryOn(
      'laptop',
      { discover: async () => [...newer(), ...onPath()] },
      { system: { driverVersion: '470.256.02' } },
    );
    const list = await registry.refresh();
    const [gpu] = gpusIn(list);
    const used = onPath()[0];
    for (const codec of ['h264', 'hevc']) {
      const proof = gpu?.encoders.find((each) => each.codec === codec);
      expect(proof).toMatchObject({ ok: true, buildId: used?.id, buildNote: { code: 'driver-too-old' } });
      expect(proof?.buildNote?.message).toBe(
        `ffmpeg ${newer()[0]?.version} needs NVENC API 12.2 and the driver offers 11.1; ffmpeg ${used?.version} is used instead.`,
      );
      expect(proof?.buildNote?.nextStep).toMatch(/^Update the NVIDIA driver to 5\d\d(\.\d+)* or newer/);
    }
    expect(gpu?.encoders.find(({ codec }) => codec === 'av1')).toMatchObject({
      ok: false,
      reason: { code: 'driver-too-old' },
    });
    const report = await doctorReport({
      registry,
      host,
      home: tmpdir(),
      gantryVersion: '0.0.0',
      nodeVersion: process.versions.node,
    });
    expect(report.problems.map(({ message }) => message).join('\n')).toContain('is used instead.');
    expect(deviceListText(list)).toContain('is used instead.');
  });
});
