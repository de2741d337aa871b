import { describe, expect, it } from 'vitest';
import type { Device, Telemetry } from '../../../src/common/device.ts';
import type { DeviceId, HostId } from '../../../src/common/ids.ts';
import { deviceOptions } from '../../../src/renderer/add/choice-options.ts';
import {
  deviceColor,
  deviceLabel,
  provenCodecs,
  shortDeviceName,
} from '../../../src/renderer/devices/device-words.ts';
import { sparklinePath } from '../../../src/renderer/devices/sparkline-path.ts';
import { HISTORY_LENGTH, withReadings } from '../../../src/renderer/stores/devices-store.ts';

function device(id: string, kind: Device['kind'], name: string, more: Partial<Device> = {}): Device {
  return {
    id: id as DeviceId,
    kind,
    name,
    host: 'local' as HostId,
    uuid: kind === 'gpu' ? id : null,
    status: 'ready',
    reason: null,
    encoders: [],
    retryAt: null,
    decoders: [],
    gpuPipeline: null,
    sessions: { used: 0, others: 0, limit: null },
    telemetry: null,
    driverVersion: null,
    ...more,
  };
}

function reading(at: string, percent: number | null): Telemetry {
  return {
    at,
    utilizationPercent: percent,
    encoderPercent: null,
    decoderPercent: null,
    memoryUsedBytes: null,
    memoryTotalBytes: null,
    temperatureCelsius: null,
    powerWatts: null,
    encoderSessions: null,
    diskUsedBytes: null,
    diskTotalBytes: null,
  };
}

const gpu = device('GPU-1', 'gpu', 'NVIDIA GeForce RTX 4080 SUPER');
const cpu = device('cpu', 'cpu', 'AMD Ryzen 9 5950X 16-Core Processor');

describe('a device in a narrow place', () => {
  it('is called by what tells it apart', () => {
    expect(shortDeviceName(gpu)).toBe('RTX 4080 SUPER');
    expect(shortDeviceName(device('x', 'gpu', 'NVIDIA L40S'))).toBe('L40S');
    expect(shortDeviceName(cpu)).toBe('CPU');
  });

  it('is where the job ran once it ran, what was asked for until then', () => {
    expect(deviceLabel([gpu, cpu], 'auto', null)).toBe('Auto');
    expect(deviceLabel([gpu, cpu], 'auto', cpu.id)).toBe('CPU');
    expect(deviceLabel([gpu, cpu], gpu.id, null)).toBe('RTX 4080 SUPER');
    expect(deviceLabel([], 'GPU-gone' as DeviceId, null)).toBe('GPU-gone');
  });

  it('has a colour of its own', () => {
    expect(deviceColor([gpu, cpu], gpu.id)).not.toBe(deviceColor([gpu, cpu], cpu.id));
  });
});

describe('what a device can do', () => {
  it('is what an encoder has proven, each codec once', () => {
    const proof = {
      ...{ reason: null, tenBit: null, tenBitReason: null, bFrames: null, bFramesReason: null },
      ...{ buildId: null, buildNote: null },
    };
    const encoders: Device['encoders'] = [
      { ...proof, codec: 'h264', encoder: 'h264_nvenc', ok: true },
      { ...proof, codec: 'h264', encoder: 'libx264', ok: true },
      { ...proof, codec: 'av1', encoder: 'av1_nvenc', ok: false },
    ];
    expect(provenCodecs({ ...gpu, encoders })).toEqual(['h264']);
  });

  it('a GPU that cannot encode may not be chosen, and says why', () => {
    const reason = {
      code: 'no-nvenc',
      message: 'This GPU has no encoder.',
      nextStep: 'Use another.',
    } as const;
    const broken = device('GPU-2', 'gpu', 'NVIDIA H100', { status: 'unavailable', reason });
    const options = deviceOptions({
      devices: [broken, cpu],
      gpuNotice: null,
      gpuSessions: { used: 0, limit: null },
    });
    expect(options.find((option) => option.value === 'GPU-2')).toMatchObject({
      disabled: true,
      hint: 'This GPU has no encoder.',
    });
    expect(options.find((option) => option.value === 'gpu')?.disabled).toBe(true);
    expect(options.find((option) => option.value === 'auto')?.disabled).toBeUndefined();
  });
});

describe('readings', () => {
  it('are added once each, the oldest leave', () => {
    let history = withReadings(new Map(), [{ ...cpu, telemetry: reading('0', 5) }]);
    history = withReadings(history, [{ ...cpu, telemetry: reading('0', 5) }]);
    expect(history.get(cpu.id)).toHaveLength(1);
    for (let second = 1; second < 100; second += 1) {
      history = withReadings(history, [{ ...cpu, telemetry: reading(String(second), second) }]);
    }
    expect(history.get(cpu.id)).toHaveLength(HISTORY_LENGTH);
    expect(history.get(cpu.id)?.at(-1)).toEqual({ at: '99', percent: 99 });
  });

  it('of a device that is gone are forgotten', () => {
    const history = withReadings(new Map(), [{ ...cpu, telemetry: reading('0', 5) }]);
    expect(withReadings(history, [gpu]).has(cpu.id)).toBe(false);
  });
});

describe('a sparkline', () => {
  it('ends at the right edge, whole percentages between bottom and top', () => {
    const { line } = sparklinePath([0, 100], 3, 20, 12);
    expect(line).toBe('M10 11L20 1');
  });

  it('shows a gap as a gap', () => {
    const { line } = sparklinePath([50, 50, null, 50], 4, 30, 12);
    expect(line.match(/M/g)).toHaveLength(2);
    expect(line).not.toContain('NaN');
  });

  it('of nothing is nothing', () => {
    expect(sparklinePath([], 60, 72, 20)).toEqual({ line: '', area: '' });
    expect(sparklinePath([null, null], 60, 72, 20)).toEqual({ line: '', area: '' });
  });
});
