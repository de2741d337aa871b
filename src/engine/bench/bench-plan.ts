import type { BenchRequest, BenchRun } from '../../common/bench.ts';
import type { Device, DeviceList, FfmpegBuild } from '../../common/device.ts';
import type { DeviceId } from '../../common/ids.ts';
import type { Preset, VideoCodec } from '../../common/preset.ts';
import { type Problem, problem } from '../../common/problem.ts';
import type { EncodeTarget } from '../media/encode-request.ts';
import { type BenchCase, benchCases, benchPreset } from './bench-cases.ts';
import type { BenchSourceSpec } from './bench-source.ts';

/** The part of the device registry that is asked. */
export interface BenchDevices {
  builds(): FfmpegBuild[];
  list(): DeviceList;
  targetFor(deviceId: DeviceId, preset: Preset): { target: EncodeTarget; build: FfmpegBuild } | Problem;
  /** Has a GPU tested that failed; null when it works, else why it is out of service now. */
  reportFault(deviceId: DeviceId, problem: Problem): Promise<Problem | null>;
}

export interface PlannedEncode extends BenchCase {
  readonly codec: VideoCodec;
  readonly encoder: string;
}

export interface DevicePlan {
  readonly device: Device;
  readonly encodes: readonly PlannedEncode[];
}

export interface BenchPlan {
  readonly devices: readonly DevicePlan[];
  readonly skipped: BenchRun['skipped'];
}

/**
 * Which encodes a run makes on which device. What cannot be measured at all, out of service or without an encoder, is in
 * `skipped`.
 *
 * @throws ProblemError device-not-found for a device that is not there, device-unavailable when nothing is left to measure
 */
export function planBench(request: BenchRequest, registry: BenchDevices, spec: BenchSourceSpec): BenchPlan {
  const devices = chosenDevices(request, registry);
  const outcomes = devices.map((device) => ({ device, ...planDevice(device, request, registry, spec) }));
  const skipped = outcomes.flatMap(({ device, reason }) =>
    reason === null ? [] : [{ deviceId: device.id, deviceName: device.name, reason }],
  );
  const plans = outcomes.filter(({ encodes }) => encodes.length > 0);
  if (plans.length > 0)
    return { devices: plans.map(({ device, encodes }) => ({ device, encodes })), skipped };
  const first = skipped[0]?.reason;
  throw problem(
    'device-unavailable',
    first === undefined ? 'Nothing here can be measured.' : `Nothing can be measured: ${first.message}`,
    first?.nextStep ?? 'See with `gantry devices` what each device can encode.',
  );
}

function chosenDevices({ devices: ids }: BenchRequest, registry: BenchDevices): Device[] {
  const { devices } = registry.list();
  if (ids === undefined) return devices;
  return [...new Set(ids)].map((id) => {
    const device = devices.find((candidate) => candidate.id === id);
    if (device) return device;
    throw problem(
      'device-not-found',
      `There is no device ${id} here.`,
      'List the devices to see which there are.',
    );
  });
}

function planDevice(
  device: Device,
  request: BenchRequest,
  registry: BenchDevices,
  spec: BenchSourceSpec,
): { encodes: PlannedEncode[]; reason: Problem | null } {
  if (device.status === 'unavailable') return { encodes: [], reason: device.reason };
  let reason: Problem | null = null;
  const encodes = device.encoders.flatMap((proof): PlannedEncode[] => {
    const { codec, encoder } = proof;
    if (request.codecs && !request.codecs.includes(codec)) return [];
    const answer = registry.targetFor(device.id, benchPreset(codec, 'quality', spec));
    if (!('code' in answer)) {
      return benchCases(answer.target, request.quick).map((one) => ({ ...one, codec, encoder }));
    }
    // Asked for by name, it is missed; among everything there is, it is just one that the device does not do.
    if (request.codecs) reason ??= answer;
    return [];
  });
  return { encodes, reason };
}
