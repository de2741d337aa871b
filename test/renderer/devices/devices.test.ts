import { describe, expect, it } from 'vitest';
import type { DeviceId } from '../../../src/common/ids.ts';
import { deviceOptions } from '../../../src/renderer/add/choice-options.ts';
import { deviceState, isOutOfService } from '../../../src/renderer/devices/device-state.ts';
import {
  attemptDeviceName,
  deviceColor,
  deviceLabel,
  deviceName,
  jobDeviceName,
  provenCodecs,
  shortDeviceName,
} from '../../../src/renderer/devices/device-words.ts';
import { retryText } from '../../../src/renderer/devices/retry-note.tsx';
import { aDevice, aFailedGpu, aList, aProblem, aProof } from '../a-device.ts';

const gpu = aDevice('GPU-1', 'gpu', 'NVIDIA GeForce RTX 4080 SUPER');
const cpu = aDevice('cpu', 'cpu', 'AMD Ryzen 9 5950X 16-Core Processor');
const h100 = aDevice('GPU-2', 'gpu', 'NVIDIA H100', {
  status: 'unavailable',
  reason: aProblem('no-nvenc', 'This GPU has no encoder.'),
});

describe('a device in a narrow place', () => {
  it('is called by what tells it apart', () => {
    expect(shortDeviceName(gpu)).toBe('RTX 4080 SUPER');
    expect(shortDeviceName(aDevice('x', 'gpu', 'NVIDIA L40S'))).toBe('L40S');
    expect(shortDeviceName(cpu)).toBe('CPU');
  });

  it('has a number where others are called the same, and none where it is alone', () => {
    const first = aDevice('GPU-a', 'gpu', 'NVIDIA L40S');
    const second = aDevice('GPU-b', 'gpu', 'NVIDIA L40S');
    expect(deviceName([first, gpu, second, cpu], second)).toBe('L40S #2');
    expect(deviceName([first, gpu, second, cpu], gpu)).toBe('RTX 4080 SUPER');
    expect(deviceLabel([first, second], 'auto', first.id)).toBe('L40S #1');
  });

  it('is where the job ran once it ran, what was asked for until then', () => {
    expect(deviceLabel([gpu, cpu], 'auto', null)).toBe('Auto');
    expect(deviceLabel([gpu, cpu], 'auto', cpu.id)).toBe('CPU');
    expect(deviceLabel([gpu, cpu], gpu.id, null)).toBe('RTX 4080 SUPER');
    expect(deviceLabel([], 'GPU-gone' as DeviceId, null)).toBe('GPU-gone');
  });

  it('that is gone is called what it was called when the job ran there', () => {
    const attempt = {
      ...{ device: 'GPU-gone' as DeviceId, deviceName: 'NVIDIA GeForce RTX 3060', argv: [] },
      ...{
        startedAt: '2026-01-01T00:00:00.000Z',
        endedAt: null,
        exitCode: null,
        error: null,
        fallback: null,
      },
    };
    const job = { device: 'auto' as const, deviceId: attempt.device, attempts: [attempt] };
    expect(jobDeviceName([gpu, cpu], job)).toBe('RTX 3060');
    expect(jobDeviceName([gpu, cpu], { ...job, deviceId: null, attempts: [] })).toBe('Auto');
    expect(attemptDeviceName([], { device: cpu.id, deviceName: cpu.name })).toBe('CPU');
  });

  it('has a colour of its own, eight GPUs and the CPU included', () => {
    const many = Array.from({ length: 8 }, (_, n) => aDevice(`GPU-${n}`, 'gpu', 'NVIDIA L40S'));
    const all = [...many, cpu];
    expect(new Set(all.map((device) => deviceColor(all, device.id))).size).toBe(9);
  });
});

describe('the state of a device', () => {
  it('tells a GPU that failed from one that never could encode', () => {
    expect(deviceState(gpu)).toBe('ready');
    expect(deviceState(aFailedGpu('GPU-3'))).toBe('out-of-service');
    expect(deviceState(h100)).toBe('no-encoder');
    const old = aDevice('x', 'gpu', 'NVIDIA GTX 960', {
      status: 'unavailable',
      reason: aProblem('driver-too-old', 'The driver is too old.'),
    });
    expect(deviceState(old)).toBe('unavailable');
    expect(isOutOfService(old)).toBe(false);
  });

  it('counts down to the next try, and says so when that is now', () => {
    expect(retryText(11_200)).toBe('Tried again in 12 s.');
    expect(retryText(0)).toBe('Being tried again…');
    expect(retryText(-5_000)).toBe('Being tried again…');
  });
});

describe('what a device can do', () => {
  it('is what an encoder has proven, each codec once', () => {
    const encoders = [
      aProof(),
      aProof({ encoder: 'libx264' }),
      aProof({ codec: 'av1', encoder: 'av1_nvenc', ok: false }),
    ];
    expect(provenCodecs({ ...gpu, encoders })).toEqual(['h264']);
  });
});

describe('where a new job may run', () => {
  const option = (list: ReturnType<typeof aList>, value: string, policy: 'use-cpu' | 'hold' = 'use-cpu') =>
    deviceOptions(list, policy).find((one) => one.value === value);

  it('not on a GPU that can never encode, and the list says why', () => {
    const list = aList([h100, cpu]);
    expect(option(list, 'GPU-2')).toMatchObject({ disabled: true, hint: 'This GPU has no encoder.' });
    expect(option(list, 'gpu')?.disabled).toBe(true);
    expect(option(list, 'auto')?.disabled).toBeUndefined();
  });

  it('on a GPU that is out of service for now: the job waits for it', () => {
    const list = aList([aFailedGpu('GPU-3'), cpu]);
    expect(option(list, 'GPU-3')).toMatchObject({ disabled: false });
    expect(option(list, 'GPU-3')?.hint).toMatch(/Waits for this device.*stopped answering/);
    expect(option(list, 'gpu')?.disabled).toBe(false);
  });

  it('says what “Auto” does when GPUs fail, as the settings have it', () => {
    const list = aList([gpu, cpu]);
    expect(option(list, 'auto', 'use-cpu')?.hint).toMatch(/the CPU/);
    expect(option(list, 'auto', 'hold')?.hint).toMatch(/waits/);
  });

  it('names one of several equal GPUs by its number', () => {
    const twins = ['GPU-a', 'GPU-b'].map((id) => aDevice(id, 'gpu', 'NVIDIA L40S'));
    expect(option(aList([...twins, cpu]), 'GPU-b')?.label).toBe('Only L40S #2');
  });
});
