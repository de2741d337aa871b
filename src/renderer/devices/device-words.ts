import type { Device, GpuDecodeCodec } from '../../common/device.ts';
import { CPU_DEVICE_ID, type DeviceId } from '../../common/ids.ts';
import type { Attempt, DeviceChoice, Job } from '../../common/job.ts';
import type { VideoCodec } from '../../common/preset.ts';
import { text } from '../text/en.ts';

const CODEC_NAMES: Record<VideoCodec | GpuDecodeCodec, string> = {
  h264: 'H.264',
  hevc: 'HEVC',
  av1: 'AV1',
  vp9: 'VP9',
  mpeg2video: 'MPEG-2',
};

export function codecName(codec: VideoCodec | GpuDecodeCodec): string {
  return CODEC_NAMES[codec];
}

/** A device's name where space is short: without the maker's words that every card of the kind carries. */
export function shortDeviceName(device: Pick<Device, 'kind' | 'name'>): string {
  if (device.kind === 'cpu') return text.devices.cpu;
  return device.name.replace(/^NVIDIA\s+/i, '').replace(/^GeForce\s+/i, '');
}

/** Where several devices would be called the same, each gets its number in the list. */
export function deviceName(
  devices: readonly Pick<Device, 'id' | 'kind' | 'name'>[],
  device: Pick<Device, 'id' | 'kind' | 'name'>,
): string {
  const name = shortDeviceName(device);
  const alike = devices.filter((other) => shortDeviceName(other) === name);
  if (alike.length < 2) return name;
  return text.devices.numbered(name, alike.findIndex((other) => other.id === device.id) + 1);
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
  if (device !== undefined) return deviceName(devices, device);
  if (id === 'auto') return text.devices.auto;
  if (id === 'gpu') return text.devices.gpu;
  if (id === 'cpu') return text.devices.cpu;
  return id;
}

/** What the device of an attempt is called: as everywhere else while it is here, as it was called then when it is gone. */
export function attemptDeviceName(
  devices: readonly Device[],
  { device: id, deviceName: then }: Pick<Attempt, 'device' | 'deviceName'>,
): string {
  const device = devices.find((candidate) => candidate.id === id);
  if (device !== undefined) return deviceName(devices, device);
  return shortDeviceName({ kind: id === CPU_DEVICE_ID ? 'cpu' : 'gpu', name: then });
}

/** Where a job runs or ran, or what was asked for until then. */
export function jobDeviceName(
  devices: readonly Device[],
  job: Pick<Job, 'device' | 'deviceId' | 'attempts'>,
): string {
  const last = job.attempts.findLast((attempt) => attempt.device === job.deviceId);
  return last === undefined
    ? deviceLabel(devices, job.device, job.deviceId)
    : attemptDeviceName(devices, last);
}

/** How many device colours there are; the ninth GPU has the colour of the first. */
const COLORS = 8;

/** A GPU's colour, by its place among the GPUs, so that it is the same everywhere; the CPU has its own. */
export function deviceColor(devices: readonly Pick<Device, 'id' | 'kind'>[], id: DeviceId): string {
  const gpus = devices.filter((device) => device.kind === 'gpu');
  const place = gpus.findIndex((device) => device.id === id);
  return place < 0 ? 'var(--device-cpu)' : `var(--device-${(place % COLORS) + 1})`;
}
