import { afterEach, describe, expect, it } from 'vitest';
import type { FfmpegBuild } from '../../src/common/device.ts';
import { CPU_DEVICE_ID, type DeviceId } from '../../src/common/ids.ts';
import { Preset } from '../../src/common/preset.ts';
import { DeviceRegistry } from '../../src/engine/devices/registry.ts';
import type { Command } from '../../src/engine/hosts/host.ts';
import { type Printed, StandInHost } from './stand-in-host.ts';
import { buildOf, ENCODED, encoderIn, memoryCache, refused, smiAnswers } from './stand-in-programs.ts';

const GPU_A = 'GPU-a' as DeviceId;
const open: DeviceRegistry[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((registry) => registry.dispose()));
});

function preset(codec: 'h264' | 'hevc' | 'av1', bitDepth: 8 | 10 = 8): Preset {
  return Preset.parse({
    id: 'p',
    name: 'P',
    container: 'mp4',
    video: { codec, rate: { mode: 'quality', quality: 23 }, bitDepth },
    audio: {},
  });
}

interface Machine {
  smi: () => Printed | Promise<Printed>;
  ffmpeg: (command: Command) => Printed | Promise<Printed>;
  builds: FfmpegBuild[];
}

/** A registry over a machine whose answers a test may change while it runs. */
function registryOver(changes: Partial<Machine> = {}) {
  const machine: Machine = {
    smi: () => smiAnswers({}),
    ffmpeg: () => ENCODED,
    builds: [buildOf('new')],
    ...changes,
  };
  const host = new StandInHost({
    'nvidia-smi': () => machine.smi(),
    '/new/ffmpeg': (command) => machine.ffmpeg(command),
    '/newer/ffmpeg': (command) => machine.ffmpeg(command),
  });
  const cache = memoryCache();
  const clock = { ms: Date.parse('2026-01-01T00:00:00Z') };
  const make = () => {
    const registry = new DeviceRegistry({
      host,
      discover: async () => machine.builds,
      cache,
      smiPath: 'nvidia-smi',
      now: () => clock.ms,
    });
    open.push(registry);
    return registry;
  };
  const probes = () => host.ran.filter(({ command }) => command.file !== 'nvidia-smi').length;
  /** What nvidia-smi says a while later. */
  const readLater = (registry: DeviceRegistry) => {
    clock.ms += 5000;
    return registry.readTelemetry();
  };
  return { registry: make(), again: make, machine, cache, probes, clock, readLater };
}

describe('before and during the first look', () => {
  it('the CPU is there at once, being checked, and nothing is settled', () => {
    const { registry } = registryOver();
    expect(registry.list()).toMatchObject({
      devices: [{ id: 'cpu', status: 'unavailable', reason: { code: 'device-unavailable' } }],
      gpuNotice: null,
    });
    expect(registry.isSettled).toBe(false);
    expect(registry.targetFor(CPU_DEVICE_ID, preset('h264'))).toMatchObject({ code: 'device-unavailable' });
  });

  it('what the cache knows can be used while the rest is still tried', async () => {
    const { registry, again, machine } = registryOver({ smi: () => ({ exitCode: 9 }) });
    await registry.refresh();
    let release = () => {};
    const held = new Promise<Printed>((resolve) => {
      release = () => resolve(ENCODED);
    });
    machine.builds = [buildOf('new', { encoders: ['libx264'] }), buildOf('newer')];
    machine.ffmpeg = (command) => (encoderIn(command) === 'libx264' ? ENCODED : held);

    const second = again();
    const done = second.refresh();
    await new Promise<void>((resolve) => {
      second.onChange(() => resolve());
    });
    expect(second.isSettled).toBe(false);
    expect(second.targetFor(CPU_DEVICE_ID, preset('h264'))).toMatchObject({ build: { id: 'new' } });
    expect(second.targetFor(CPU_DEVICE_ID, preset('hevc'))).toMatchObject({ code: 'device-unavailable' });
    release();
    await done;
    expect(second.isSettled).toBe(true);
    expect(second.targetFor(CPU_DEVICE_ID, preset('hevc'))).toMatchObject({ build: { id: 'newer' } });
  });

  it('an nvidia-smi that hangs keeps nobody from the CPU', async () => {
    const { registry } = registryOver({ smi: () => new Promise<Printed>(() => {}) });
    void registry.refresh();
    await new Promise<void>((resolve) => {
      registry.onChange(() => {
        if (registry.list().devices[0]?.encoders.length === 3) resolve();
      });
    });
    expect(registry.targetFor(CPU_DEVICE_ID, preset('h264'))).toHaveProperty('target');
    expect(registry.isSettled).toBe(false);
  });

  it('each proof is told as it comes in', async () => {
    const { registry } = registryOver({ smi: () => ({ exitCode: 9 }) });
    const seen: number[] = [];
    registry.onChange(() => seen.push(registry.list().devices[0]?.encoders.length ?? -1));
    await registry.refresh();
    expect(seen).toEqual(expect.arrayContaining([0, 1, 2, 3]));
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });
});

describe('devices', () => {
  it('a machine without a driver has its CPU and one calm sentence', async () => {
    const { registry } = registryOver({ smi: () => ({ exitCode: 9, stdout: 'NVIDIA-SMI has failed\n' }) });
    const { devices, gpuNotice } = await registry.refresh();
    expect(devices).toMatchObject([{ id: 'cpu', name: 'Stand-in CPU', status: 'ready', reason: null }]);
    expect(gpuNotice?.code).toBe('no-nvidia-driver');
  });

  it('a GPU is listed first, by its UUID, with its proofs, driver and telemetry', async () => {
    const { registry } = registryOver({
      smi: () => smiAnswers({ 'encoder.stats.sessionCount': '2', 'memory.used': '1235' }),
    });
    const { devices, gpuNotice } = await registry.refresh();
    expect(gpuNotice).toBeNull();
    expect(devices.map((device) => device.id)).toEqual(['GPU-a', 'cpu']);
    expect(devices[0]).toMatchObject({
      kind: 'gpu',
      name: 'NVIDIA L40S',
      uuid: 'GPU-a',
      status: 'ready',
      driverVersion: '595.80',
      sessions: { used: 2 },
      telemetry: { memoryUsedBytes: 1235 * 1024 * 1024 },
      encoders: [{ encoder: 'h264_nvenc' }, { encoder: 'hevc_nvenc' }, { encoder: 'av1_nvenc' }],
    });
  });

  it('a GPU without NVENC is unavailable and says why; the CPU is not touched by that', async () => {
    const { registry } = registryOver({
      ffmpeg: (command) =>
        encoderIn(command).endsWith('nvenc')
          ? refused('OpenEncodeSessionEx failed: unsupported device (2): (no details)')
          : ENCODED,
    });
    const { devices } = await registry.refresh();
    expect(devices).toMatchObject([
      { id: 'GPU-a', status: 'unavailable', reason: { code: 'no-nvenc' } },
      { id: 'cpu', status: 'ready' },
    ]);
    expect(registry.targetFor(GPU_A, preset('h264'))).toMatchObject({ code: 'no-nvenc' });
  });

  it('a GPU with all sessions taken is busy, not unable: the job goes there to wait', async () => {
    const { registry } = registryOver({
      ffmpeg: (command) =>
        encoderIn(command).endsWith('nvenc')
          ? refused('OpenEncodeSessionEx failed: incompatible client key (21): (no details)')
          : ENCODED,
    });
    const { devices } = await registry.refresh();
    expect(devices[0]).toMatchObject({ status: 'busy', reason: { code: 'session-limit' } });
    expect(registry.targetFor(GPU_A, preset('h264'))).toMatchObject({
      target: { kind: 'nvenc', bFrames: false },
    });
    // That 10-bit pictures could not be tried is no "no" either.
    expect(registry.targetFor(GPU_A, preset('hevc', 10))).toMatchObject({ target: { tenBit: true } });
  });

  it('a GPU that became full while it was proven is used for what was proven, and waited for with the rest', async () => {
    const { registry } = registryOver({
      ffmpeg: (command) =>
        encoderIn(command) === 'hevc_nvenc' && command.args.includes('+p010le')
          ? refused('OpenEncodeSessionEx failed: out of memory (10): (no details)')
          : ENCODED,
    });
    const { devices } = await registry.refresh();
    expect(devices[0]?.encoders[1]).toMatchObject({ ok: true, tenBit: null, bFrames: null });
    expect(registry.targetFor(GPU_A, preset('hevc'))).toMatchObject({ target: { bFrames: false } });
    expect(registry.targetFor(GPU_A, preset('hevc', 10))).toMatchObject({ target: { tenBit: true } });
    expect(registry.targetFor(GPU_A, preset('h264', 10))).toMatchObject({ target: { tenBit: true } });
  });

  it('is busy when its slots are taken, and ready again when one is free', async () => {
    const { registry } = registryOver({ smi: () => ({ exitCode: 9 }) });
    await registry.refresh();
    registry.setCpuSlots(2);
    registry.setSessions(CPU_DEVICE_ID, 2);
    expect(registry.list().devices[0]).toMatchObject({ status: 'busy', sessions: { used: 2, limit: 2 } });
    registry.setSessions(CPU_DEVICE_ID, 1);
    expect(registry.list().devices[0]).toMatchObject({ status: 'ready', sessions: { used: 1, limit: 2 } });
  });

  it('counts sessions of other programs on a GPU, and learns its limit', async () => {
    const { registry } = registryOver({ smi: () => smiAnswers({ 'encoder.stats.sessionCount': '2' }) });
    await registry.refresh();
    registry.setSessions(GPU_A, 1);
    expect(registry.list().devices[0]).toMatchObject({
      status: 'ready',
      sessions: { used: 3, others: 2, limit: 5 },
    });
    registry.sessionRefused(GPU_A);
    registry.setSessions(GPU_A, 0);
    expect(registry.list().devices[0]).toMatchObject({
      status: 'busy',
      sessions: { used: 2, others: 2, limit: 2 },
    });
    expect(registry.room(GPU_A).free).toBe(0);
  });
});

describe('targetFor', () => {
  it('gives encoder, build and what was proven', async () => {
    const { registry } = registryOver({
      ffmpeg: (command) =>
        command.args.includes('-b_ref_mode') ? refused('Max B-frames 4 exceed 0') : ENCODED,
    });
    await registry.refresh();
    expect(registry.targetFor(GPU_A, preset('hevc', 10))).toMatchObject({
      target: {
        kind: 'nvenc',
        deviceId: 'GPU-a',
        encoder: 'hevc_nvenc',
        gpuUuid: 'GPU-a',
        tenBit: true,
        bFrames: false,
      },
      build: { id: 'new' },
    });
    expect(registry.targetFor(CPU_DEVICE_ID, preset('av1'))).toMatchObject({
      target: { kind: 'cpu', deviceId: 'cpu', encoder: 'libsvtav1' },
    });
  });

  it('10-bit needs a proof: H.264 on most GPUs has none', async () => {
    const { registry } = registryOver({
      ffmpeg: (command) =>
        encoderIn(command) === 'h264_nvenc' && command.args.includes('+p010le')
          ? refused('10 bit encode not supported')
          : ENCODED,
    });
    await registry.refresh();
    expect(registry.targetFor(GPU_A, preset('h264', 10))).toMatchObject({
      code: 'capability-missing',
      message: 'NVIDIA L40S cannot encode 10-bit H.264.',
    });
    expect(registry.targetFor(GPU_A, preset('h264', 8))).toHaveProperty('target');
    expect(registry.targetFor(CPU_DEVICE_ID, preset('h264', 10))).toHaveProperty('target');
  });

  it('an unknown device is a problem, not an exception', () => {
    const { registry } = registryOver();
    expect(registry.targetFor('GPU-none' as DeviceId, preset('h264'))).toMatchObject({
      code: 'device-not-found',
    });
  });
});

describe('refresh', () => {
  it('proves nothing twice, unless told to forget', async () => {
    const { registry, probes } = registryOver();
    await registry.refresh();
    const once = probes();
    await registry.refresh();
    expect(probes()).toBe(once);
    await registry.refresh({ forgetProofs: true });
    expect(probes()).toBe(2 * once);
  });

  it('a restart proves nothing again', async () => {
    const { registry, again, probes } = registryOver();
    const first = await registry.refresh();
    const once = probes();
    const second = await again().refresh();
    expect(probes()).toBe(once);
    expect(second.devices.map((device) => device.encoders)).toEqual(
      first.devices.map((device) => device.encoders),
    );
  });

  it('calls that come meanwhile share one more look, which sees what changed', async () => {
    const { registry, machine } = registryOver({ smi: () => ({ exitCode: 9 }) });
    const first = registry.refresh();
    machine.builds = [buildOf('newer')];
    const [, second, third] = await Promise.all([first, registry.refresh(), registry.refresh()]);
    expect(second).toBe(third);
    expect(registry.builds().map((build) => build.id)).toEqual(['newer']);
    expect(registry.targetFor(CPU_DEVICE_ID, preset('h264'))).toMatchObject({ build: { id: 'newer' } });
  });

  it('proofs of a build that went away are not used any more', async () => {
    const { registry, machine } = registryOver({ smi: () => ({ exitCode: 9 }) });
    await registry.refresh();
    machine.builds = [];
    const { devices } = await registry.refresh();
    expect(devices[0]).toMatchObject({ status: 'unavailable', reason: { code: 'encoder-missing' } });
    expect(registry.targetFor(CPU_DEVICE_ID, preset('h264'))).toMatchObject({ code: 'encoder-missing' });
  });

  it('a new driver means new proofs', async () => {
    const { registry, machine, probes } = registryOver();
    await registry.refresh();
    const once = probes();
    machine.smi = () => smiAnswers({ driver_version: '610.10' });
    await registry.refresh();
    expect(probes()).toBe(once + 9);
  });

  it('until then nothing is promised on the word of the old driver', async () => {
    const { registry, machine } = registryOver();
    await registry.refresh();
    machine.smi = () => smiAnswers({ driver_version: '610.10' });
    machine.ffmpeg = () => new Promise<Printed>(() => {});
    void registry.refresh();
    await new Promise<void>((resolve) => {
      registry.onChange(() => {
        if (registry.list().devices[0]?.driverVersion === '610.10') resolve();
      });
    });
    expect(registry.targetFor(GPU_A, preset('h264'))).toMatchObject({ code: 'device-unavailable' });
    expect(registry.targetFor(CPU_DEVICE_ID, preset('h264'))).toHaveProperty('target');
  });

  it('disposing in the middle of a probe ends it and rejects nothing', async () => {
    const { registry } = registryOver({ ffmpeg: () => new Promise<Printed>(() => {}) });
    const refreshing = registry.refresh();
    await new Promise<void>((resolve) => {
      registry.onChange(() => resolve());
    });
    await registry.dispose();
    expect((await refreshing).devices.map((device) => device.id)).toContain('cpu');
  });
});

describe('telemetry', () => {
  it('a GPU that is lost while running keeps its id and becomes unavailable', async () => {
    const { registry, machine, readLater } = registryOver();
    await registry.refresh();
    machine.smi = () =>
      smiAnswers({ uuid: '[GPU is lost]', name: '[GPU is lost]', 'power.draw': '[GPU is lost]' });
    await readLater(registry);
    expect(registry.list().devices[0]).toMatchObject({
      id: 'GPU-a',
      name: 'NVIDIA L40S',
      status: 'unavailable',
      reason: { code: 'gpu-lost' },
      telemetry: null,
    });
    expect(registry.targetFor(GPU_A, preset('h264'))).toMatchObject({ code: 'gpu-lost' });
    // nvidia-smi's own words: it was found by its place on the bus, not merely missed.
    expect(registry.list().devices[0]?.reason?.detail).toContain('[GPU is lost]');
    const { devices } = await registry.refresh();
    expect(devices.map((device) => device.id)).toEqual(['GPU-a', 'cpu']);
  });

  it('a GPU that the driver no longer lists is unavailable, and the other one goes on', async () => {
    const both = [{}, { index: '1', uuid: 'GPU-b', 'pci.bus_id': '00000000:02:00.0' }];
    const { registry, machine, readLater } = registryOver({ smi: () => smiAnswers(...both) });
    await registry.refresh();
    machine.smi = () => smiAnswers({ index: '0', uuid: 'GPU-b', 'pci.bus_id': '00000000:02:00.0' });
    await readLater(registry);
    expect(registry.list().devices).toMatchObject([
      { id: 'GPU-a', status: 'unavailable', reason: { code: 'gpu-lost' } },
      { id: 'GPU-b', status: 'ready' },
      { id: 'cpu' },
    ]);
  });

  it('numbers alone wake nobody; a session more does', async () => {
    const { registry, machine, readLater } = registryOver();
    await registry.refresh();
    let told = 0;
    registry.onChange(() => {
      told += 1;
    });
    machine.smi = () => smiAnswers({ 'temperature.gpu': '71' });
    await readLater(registry);
    expect(registry.list().devices[0]?.telemetry?.temperatureCelsius).toBe(71);
    expect(told).toBe(0);

    machine.smi = () => smiAnswers({ 'encoder.stats.sessionCount': '1' });
    await readLater(registry);
    expect(told).toBe(1);
  });
});
