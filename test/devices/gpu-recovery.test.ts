import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeviceId } from '../../src/common/ids.ts';
import { Preset } from '../../src/common/preset.ts';
import { type Problem, type ProblemCode, problem } from '../../src/common/problem.ts';
import { listGpus } from '../../src/engine/devices/nvidia-smi.ts';
import { DeviceRegistry } from '../../src/engine/devices/registry.ts';
import type { Command } from '../../src/engine/hosts/host.ts';
import { type Printed, StandInHost } from './stand-in-host.ts';
import { buildOf, ENCODED, encoderIn, memoryCache, refused, smiAnswers } from './stand-in-programs.ts';

const A = 'GPU-a' as DeviceId;
const B = 'GPU-b' as DeviceId;
const BOTH = [{}, { index: '1', uuid: 'GPU-b', 'pci.bus_id': '00000000:02:00.0' }];
const GONE: Printed = {
  exitCode: 9,
  stdout: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n",
};
const LOST = refused('EncodePicture failed!: device does not exist (5): (no details)');
const HANGS = new Promise<Printed>(() => {});

const open: DeviceRegistry[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: new Date('2026-01-01T00:00:00Z') });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((registry) => registry.dispose()));
  vi.useRealTimers();
});

/** Two GPUs on which everything works, until a test says otherwise. */
async function workingRegistry() {
  const machine = {
    smi: (): Printed | Promise<Printed> => smiAnswers(...BOTH),
    gpu: (_command: Command): Printed | Promise<Printed> => ENCODED,
  };
  const host = new StandInHost({
    'nvidia-smi': () => machine.smi(),
    '/new/ffmpeg': (command) => (encoderIn(command).endsWith('nvenc') ? machine.gpu(command) : ENCODED),
  });
  const registry = new DeviceRegistry({
    host,
    discover: async () => [buildOf('new')],
    cache: memoryCache(),
    smiPath: 'nvidia-smi',
  });
  open.push(registry);
  await registry.refresh();
  const device = (id = A) => registry.list().devices.find((each) => each.id === id);
  const probesOn = (id: DeviceId) =>
    host.ran.filter(({ command }) => command.env?.['CUDA_VISIBLE_DEVICES'] === id).length;
  /** What the sampler does once a second. */
  const listed = async () => {
    await vi.advanceTimersByTimeAsync(1000);
    registry.applyGpuListing(await listGpus(host, 'nvidia-smi'), new Date().toISOString());
  };
  return { registry, machine, device, probesOn, listed };
}

const why = (code: ProblemCode): Problem => ({ code, message: `It is ${code}.`, nextStep: 'Do something.' });
const on = (id: DeviceId) => (command: Command) => command.env?.['CUDA_VISIBLE_DEVICES'] === id;

const H264 = Preset.parse({
  id: 'p',
  name: 'P',
  container: 'mp4',
  video: { codec: 'h264', rate: { mode: 'quality', quality: 23 } },
  audio: {},
});

describe('a fault that an encode met', () => {
  it('is tested at once, and forgotten when the GPU works', async () => {
    const { registry, device, probesOn } = await workingRegistry();
    const before = probesOn(A);
    expect(await registry.reportFault(A, why('gpu-failed'))).toBeNull();
    expect(probesOn(A)).toBe(before + 1);
    expect(device()).toMatchObject({ status: 'ready', retryAt: null });
  });

  it('takes the GPU out of service when the test fails, with the reason and the time of the next test', async () => {
    const { registry, machine, device } = await workingRegistry();
    machine.gpu = () => refused('EncodePicture failed!: generic error (20): EncodeAPI Internal Error.');
    const found = await registry.reportFault(A, why('encode-stalled'));
    expect(found?.code).toBe('gpu-failed');
    expect(registry.outOfService(A)).toBe(found);
    expect(device()).toMatchObject({
      status: 'unavailable',
      reason: { code: 'gpu-failed' },
      retryAt: '2026-01-01T00:00:05.000Z',
    });
    expect(registry.room(A).free).toBeLessThanOrEqual(0);
    expect(registry.targetFor(A, H264)).toBe(found);
    expect(registry.outOfService(B)).toBeNull();
  });

  it('is no reason to stop when the test only finds all sessions taken', async () => {
    const { registry, machine } = await workingRegistry();
    machine.gpu = () => refused('OpenEncodeSessionEx failed: incompatible client key (21): (no details)');
    expect(await registry.reportFault(A, why('gpu-out-of-memory'))).toBeNull();
  });

  it.each(['gpu-lost', 'no-nvidia-driver', 'no-cuda-device'] as const)(
    'says by itself that the GPU is gone when it is %s: no test',
    async (code) => {
      const { registry, probesOn } = await workingRegistry();
      const before = probesOn(A);
      expect(await registry.reportFault(A, why(code))).toMatchObject({ code });
      expect(probesOn(A)).toBe(before);
    },
  );

  it('on a GPU that has stopped encoding altogether is found by the test', async () => {
    const { registry, machine } = await workingRegistry();
    machine.gpu = () => refused('OpenEncodeSessionEx failed: unsupported device (2): (no details)');
    expect(await registry.reportFault(A, why('gpu-failed'))).toMatchObject({ code: 'no-nvenc' });
  });

  it('of several encodes at the same time is tested once, with nothing new started meanwhile', async () => {
    const { registry, machine, probesOn } = await workingRegistry();
    let end = (_: Printed) => {};
    machine.gpu = () =>
      new Promise<Printed>((resolve) => {
        end = resolve;
      });
    const before = probesOn(A);
    const reports = [1, 2, 3].map(() => registry.reportFault(A, why('gpu-failed')));
    await vi.advanceTimersByTimeAsync(0);
    expect(registry.room(A).free).toBe(0);
    expect(registry.room(B).free).toBe(3);
    end(ENCODED);
    expect(await Promise.all(reports)).toEqual([null, null, null]);
    expect(probesOn(A)).toBe(before + 1);
    expect(registry.room(A).free).toBe(3);
  });

  it('on a GPU that is out of service already changes nothing', async () => {
    const { registry, probesOn, device } = await workingRegistry();
    const first = await registry.reportFault(A, why('gpu-lost'));
    const before = probesOn(A);
    expect(await registry.reportFault(A, why('gpu-failed'))).toBe(first);
    expect(probesOn(A)).toBe(before);
    expect(device()?.retryAt).toBe('2026-01-01T00:00:05.000Z');
  });

  it('on the CPU or on a device that is not there takes nothing out of service', async () => {
    const { registry } = await workingRegistry();
    expect(await registry.reportFault('cpu' as DeviceId, why('gpu-failed'))).toBeNull();
    expect(await registry.reportFault('GPU-none' as DeviceId, why('gpu-lost'))).toBeNull();
  });
});

describe('a GPU out of service', () => {
  it('is tried after 5, 15, 30 and 60 seconds, two minutes, and every five from then on', async () => {
    const { registry, machine, probesOn } = await workingRegistry();
    machine.gpu = () => LOST;
    await registry.reportFault(A, why('gpu-lost'));
    for (const seconds of [5, 15, 30, 60, 120, 300, 300]) {
      const before = probesOn(A);
      await vi.advanceTimersByTimeAsync(seconds * 1000 - 1);
      expect(probesOn(A)).toBe(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(probesOn(A)).toBe(before + 1);
    }
  });

  it('comes back by itself when a test passes, and says so', async () => {
    const { registry, device } = await workingRegistry();
    await registry.reportFault(A, why('gpu-lost'));
    const told = vi.fn();
    registry.onChange(told);
    await vi.advanceTimersByTimeAsync(5000);
    expect(device()).toMatchObject({ status: 'ready', reason: null, retryAt: null });
    expect(registry.targetFor(A, H264)).toHaveProperty('target');
    expect(told).toHaveBeenCalled();
  });

  it('comes back at once when a refresh finds it well', async () => {
    const { registry, device } = await workingRegistry();
    await registry.reportFault(A, why('gpu-lost'));
    await registry.refresh();
    expect(device()).toMatchObject({ status: 'ready', retryAt: null });
  });

  it('that fails soon after it came back is left alone for longer; after five good minutes it starts anew', async () => {
    const { registry, device } = await workingRegistry();
    await registry.reportFault(A, why('gpu-lost'));
    await vi.advanceTimersByTimeAsync(5000);
    expect(device()?.status).toBe('ready');
    await vi.advanceTimersByTimeAsync(60_000);
    await registry.reportFault(A, why('gpu-lost'));
    expect(device()?.retryAt).toBe(new Date(Date.now() + 15_000).toISOString());
    await vi.advanceTimersByTimeAsync(15_000);
    expect(device()?.status).toBe('ready');
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    await registry.reportFault(A, why('gpu-lost'));
    expect(device()?.retryAt).toBe(new Date(Date.now() + 5000).toISOString());
  });

  it('still says what it can never do', async () => {
    const { registry, machine } = await workingRegistry();
    machine.gpu = (command) =>
      encoderIn(command) === 'av1_nvenc' ? refused('Codec not supported') : ENCODED;
    await registry.refresh({ forgetProofs: true });
    const fault = await registry.reportFault(A, why('gpu-lost'));
    const av1 = { video: { codec: 'av1', bitDepth: 8 } } as const;
    expect(registry.targetFor(A, av1)).toMatchObject({ code: 'capability-missing' });
    expect(registry.targetFor(A, H264)).toBe(fault);
  });

  it('asks no more once the registry is closed', async () => {
    const { registry, probesOn } = await workingRegistry();
    await registry.reportFault(A, why('gpu-lost'));
    const before = probesOn(A);
    await registry.dispose();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(probesOn(A)).toBe(before);
  });
});

describe('what nvidia-smi says', () => {
  it('takes a lost GPU out of service, and only that one', async () => {
    const { machine, device, listed } = await workingRegistry();
    machine.gpu = (command) => (on(A)(command) ? LOST : ENCODED);
    machine.smi = () =>
      smiAnswers(
        { uuid: '[GPU is lost]', name: '[GPU is lost]', 'power.draw': '[GPU is lost]' },
        BOTH[1] ?? {},
      );
    await listed();
    expect(device(A)).toMatchObject({ status: 'unavailable', reason: { code: 'gpu-lost' } });
    expect(device(A)?.retryAt).not.toBeNull();
    expect(device(B)?.status).toBe('ready');
  });

  it('about a lost GPU stays the reason while tests of it fail in other words', async () => {
    const { machine, device, listed } = await workingRegistry();
    machine.gpu = () => refused('dl_fn->cuda_dl->cuInit(0) failed -> CUDA_ERROR_NO_DEVICE: no device');
    machine.smi = () => smiAnswers(BOTH[1] ?? {});
    await listed();
    await vi.advanceTimersByTimeAsync(5000);
    expect(device(A)?.reason).toMatchObject({
      code: 'gpu-lost',
      message: 'The NVIDIA driver no longer lists this GPU.',
    });
  });

  it('is not believed against a GPU whose encodes work', async () => {
    const { machine, device, listed } = await workingRegistry();
    machine.smi = () => smiAnswers(BOTH[1] ?? {});
    await listed();
    expect(device(A)?.status).toBe('unavailable');
    await vi.advanceTimersByTimeAsync(5000);
    expect(device(A)?.status).toBe('ready');
    for (const _ of [1, 2, 3]) await listed();
    expect(device(A)?.status).toBe('ready');
  });

  it('brings a GPU back at once when it lists it again', async () => {
    const { machine, device, listed } = await workingRegistry();
    machine.gpu = () => LOST;
    machine.smi = () => smiAnswers(BOTH[1] ?? {});
    await listed();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(device(A)?.status).toBe('unavailable');
    machine.gpu = () => ENCODED;
    machine.smi = () => smiAnswers(...BOTH);
    await listed();
    await vi.advanceTimersByTimeAsync(0);
    expect(device(A)).toMatchObject({ status: 'ready', retryAt: null });
  });

  it('of a driver that is gone keeps the GPUs listed with that reason, until it is back', async () => {
    const { registry, machine, device, listed } = await workingRegistry();
    machine.smi = () => GONE;
    machine.gpu = () => refused('Cannot load libcuda.so.1');
    await listed();
    for (const id of [A, B]) {
      expect(device(id)).toMatchObject({
        status: 'unavailable',
        reason: { code: 'no-nvidia-driver', message: 'The NVIDIA driver is not running.' },
        telemetry: null,
      });
    }
    await registry.refresh();
    expect(registry.list().devices.map(({ id }) => id)).toEqual([A, B, 'cpu']);
    expect(registry.list().gpuNotice).toBeNull();
    machine.smi = () => smiAnswers(...BOTH);
    machine.gpu = () => ENCODED;
    // Nobody reads once a second here: the tests of the GPUs notice.
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect([device(A)?.status, device(B)?.status]).toEqual(['ready', 'ready']);
  });

  it('does not matter while it hangs or fails by itself', async () => {
    const { registry, machine, device, probesOn } = await workingRegistry();
    await vi.advanceTimersByTimeAsync(1000);
    machine.smi = () => HANGS;
    const before = probesOn(A);
    const reading = registry.readTelemetry();
    await vi.advanceTimersByTimeAsync(25_000);
    await reading;
    expect(device()).toMatchObject({ status: 'ready', telemetry: null });
    machine.smi = () => ({ exitCode: 255, stdout: 'Failed to initialize NVML: Unknown Error\n' });
    await vi.advanceTimersByTimeAsync(1000);
    await registry.readTelemetry();
    expect(device()?.status).toBe('ready');
    expect(probesOn(A)).toBe(before);
  });

  it('does not matter when it is not there any more', async () => {
    const { registry, machine, device } = await workingRegistry();
    machine.smi = () => {
      throw problem('ffmpeg-missing', 'nvidia-smi was not found.', 'Install it.');
    };
    await vi.advanceTimersByTimeAsync(1000);
    await registry.readTelemetry();
    expect(device()?.status).toBe('ready');
    await registry.refresh();
    expect(device()?.status).toBe('ready');
  });

  it('does not keep a GPU out of service while it hangs', async () => {
    const { registry, machine, device } = await workingRegistry();
    await vi.advanceTimersByTimeAsync(10_000);
    machine.smi = () => HANGS;
    await registry.reportFault(A, why('gpu-lost'));
    await vi.advanceTimersByTimeAsync(5000);
    expect(device()?.status).toBe('ready');
  });

  it('of a new GPU, or of a new driver, has it looked at', async () => {
    const { registry, machine, device, probesOn, listed } = await workingRegistry();
    const C = 'GPU-c' as DeviceId;
    machine.smi = () => smiAnswers(...BOTH, { index: '2', uuid: C, 'pci.bus_id': '00000000:03:00.0' });
    await listed();
    await vi.advanceTimersByTimeAsync(0);
    expect(registry.isSettled).toBe(true);
    expect(device(C)).toMatchObject({ status: 'ready' });

    const before = probesOn(A);
    machine.smi = () => smiAnswers(...BOTH.map((gpu) => ({ ...gpu, driver_version: '610.10' })));
    await vi.advanceTimersByTimeAsync(30_000);
    await listed();
    await vi.advanceTimersByTimeAsync(0);
    expect(device(A)).toMatchObject({ status: 'ready', driverVersion: '610.10' });
    expect(probesOn(A)).toBe(before + 9);
  });
});

describe('a GPU that does nothing when it is first looked at', () => {
  it('is out of service when that may pass, and proven when it comes back', async () => {
    const machine = { answer: LOST };
    const host = new StandInHost({
      'nvidia-smi': () => smiAnswers({}),
      '/new/ffmpeg': (command) => (encoderIn(command).endsWith('nvenc') ? machine.answer : ENCODED),
    });
    const registry = new DeviceRegistry({
      host,
      discover: async () => [buildOf('new')],
      cache: memoryCache(),
      smiPath: 'nvidia-smi',
    });
    open.push(registry);
    await registry.refresh();
    expect(registry.list().devices[0]).toMatchObject({ status: 'unavailable', reason: { code: 'gpu-lost' } });
    expect(registry.list().devices[0]?.retryAt).toBe('2026-01-01T00:00:05.000Z');
    // One encoder was enough to see it.
    expect(registry.list().devices[0]?.encoders).toHaveLength(1);
    machine.answer = ENCODED;
    await vi.advanceTimersByTimeAsync(5000);
    await vi.advanceTimersByTimeAsync(0);
    expect(registry.list().devices[0]).toMatchObject({
      status: 'ready',
      retryAt: null,
      encoders: [{ ok: true }, { ok: true }, { ok: true }],
    });
  });
});
