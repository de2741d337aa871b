import type { Device, DeviceList, EncoderProof, Telemetry } from '../../src/common/device.ts';
import type { DeviceId, HostId } from '../../src/common/ids.ts';
import type { Problem } from '../../src/common/problem.ts';

/** A device for tests of what the window makes of devices. */
export function aDevice(id: string, kind: Device['kind'], name: string, more: Partial<Device> = {}): Device {
  return {
    id: id as DeviceId,
    kind,
    name,
    host: 'local' as HostId,
    uuid: kind === 'gpu' ? id : null,
    status: 'ready',
    reason: null,
    retryAt: null,
    encoders: [],
    decoders: [],
    gpuPipeline: null,
    sessions: { used: 0, others: 0, limit: null },
    telemetry: null,
    driverVersion: null,
    ...more,
  };
}

export function aList(devices: Device[], more: Partial<DeviceList> = {}): DeviceList {
  return { devices, gpuNotice: null, gpuSessions: { used: 0, limit: null }, ...more };
}

export function aProof(more: Partial<EncoderProof> = {}): EncoderProof {
  return {
    codec: 'h264',
    encoder: 'h264_nvenc',
    ok: true,
    reason: null,
    tenBit: null,
    tenBitReason: null,
    bFrames: null,
    bFramesReason: null,
    buildId: 'b1',
    buildNote: null,
    ...more,
  };
}

export function aProblem(code: Problem['code'], message: string): Problem {
  return { code, message, nextStep: 'Look at it.' };
}

/** A GPU that failed and is tried again. */
export function aFailedGpu(id: string): Device {
  return aDevice(id, 'gpu', 'NVIDIA L40S', {
    status: 'unavailable',
    reason: aProblem('gpu-lost', 'The GPU stopped answering.'),
    retryAt: '2026-01-01T00:01:00.000Z',
  });
}

/** A reading at so many seconds after midnight. */
export function aReading(second: number, more: Partial<Telemetry> = {}): Telemetry {
  return {
    at: new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString(),
    utilizationPercent: null,
    encoderPercent: null,
    decoderPercent: null,
    memoryUsedBytes: null,
    memoryTotalBytes: null,
    temperatureCelsius: null,
    powerWatts: null,
    encoderSessions: null,
    diskUsedBytes: null,
    diskTotalBytes: null,
    ...more,
  };
}
