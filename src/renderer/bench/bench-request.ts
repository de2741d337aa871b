import type { BenchRequest } from '../../common/bench.ts';
import type { Device } from '../../common/device.ts';
import type { DeviceId } from '../../common/ids.ts';
import { VideoCodec } from '../../common/preset.ts';

/** Whether there is anything to measure on a device now. */
export function canMeasure(device: Pick<Device, 'status' | 'encoders'>): boolean {
  return device.status !== 'unavailable' && device.encoders.some((proof) => proof.ok);
}

/**
 * The request for what was chosen; null when nothing was. What is not narrowed is not named: the engine then measures all
 * that it can, and says what it left out.
 */
export function benchRequest(
  devices: readonly Device[],
  chosen: {
    readonly leftOut: ReadonlySet<DeviceId>;
    readonly codecs: ReadonlySet<VideoCodec>;
    readonly quick: boolean;
  },
): BenchRequest | null {
  const measurable = devices.filter(canMeasure);
  const kept = measurable.filter((device) => !chosen.leftOut.has(device.id));
  const codecs = VideoCodec.options.filter((codec) => chosen.codecs.has(codec));
  if (kept.length === 0 || codecs.length === 0) return null;
  return {
    quick: chosen.quick,
    ...(kept.length === measurable.length ? {} : { devices: kept.map((device) => device.id) }),
    ...(codecs.length === VideoCodec.options.length ? {} : { codecs }),
  };
}
