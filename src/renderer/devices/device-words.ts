import type { Device } from '../../common/device.ts';
import type { DeviceId } from '../../common/ids.ts';
import type { DeviceChoice } from '../../common/job.ts';
import type { VideoCodec } from '../../common/preset.ts';
import { text } from '../text/en.ts';

const CODEC_NAMES: Record<VideoCodec, string> = { h264: 'H.264', hevc: 'HEVC', av1: 'AV1' };

export function codecName(codec: VideoCodec): string {
  return CODEC_NAMES[codec];
}

/** A device's name where space is short: without the maker's words that every card of the kind carries. */
export function shortDeviceName(device: Pick<Device, 'kind' | 'name'>): string {
  if (device.kind === 'cpu') return text.devices.cpu;
  return device.name.replace(/^NVIDIA\s+/i, '').replace(/^GeForce\s+/i, '');
}

/** Codecs that at least one encoder of the device has proven. */
export function provenCodecs(device: Device): VideoCodec[] {
  const codecs = device.encoders.filter((proof) => proof.ok).map((proof) => proof.codec);
  return [...new Set(codecs)];
}

/** What runs a job, or what was asked to: a device's short name, `Auto`, `GPU` or `CPU`. */
export function deviceLabel(
  devices: readonly Device[],
  choice: DeviceChoice,
  ranOn: DeviceId | null,
): string {
  const id = ranOn ?? choice;
  const device = devices.find((candidate) => candidate.id === id);
  if (device !== undefined) return shortDeviceName(device);
  if (id === 'auto') return text.devices.auto;
  if (id === 'gpu') return text.devices.gpu;
  if (id === 'cpu') return text.devices.cpu;
  return id;
}

/** `1` to `4`: which of the device colours is this device's. By place in the list, so it is the same everywhere. */
export function deviceColor(devices: readonly Device[], id: DeviceId): string {
  const place = Math.max(
    0,
    devices.findIndex((device) => device.id === id),
  );
  return `var(--device-${(place % 4) + 1})`;
}
