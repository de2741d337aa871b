import type { Device } from '../../common/device.ts';

/** What a device is right now, as one word on its card. */
export type DeviceState = 'ready' | 'busy' | 'checking' | 'out-of-service' | 'no-encoder' | 'unavailable';

export function deviceState(device: Pick<Device, 'status' | 'reason' | 'retryAt' | 'kind'>): DeviceState {
  if (device.status !== 'unavailable') return device.status;
  if (isOutOfService(device)) return 'out-of-service';
  if (device.reason?.code === 'no-nvenc') return 'no-encoder';
  return device.reason?.code === 'device-unavailable' ? 'checking' : 'unavailable';
}

/** Whether a GPU failed and may come back, by itself or after what its reason says; one that never could is not. */
export function isOutOfService(device: Pick<Device, 'status' | 'reason' | 'retryAt' | 'kind'>): boolean {
  if (device.kind !== 'gpu' || device.status !== 'unavailable') return false;
  return (
    device.retryAt !== null || device.reason?.code === 'gpu-lost' || device.reason?.code === 'gpu-failed'
  );
}
