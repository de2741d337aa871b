import type { DeviceId, JobId } from '../../common/ids.ts';
import type { PlanDevice, PlanHost } from './plan-input.ts';

/** An encode on a virtual device. */
interface VirtualEncode {
  readonly jobId: JobId;
  /** What is left of it, in seconds that the device would need with nothing else on it; infinite while not known. */
  left: number;
}

/** A device whose encodes are worked off on paper: each gets an equal share of it. */
class VirtualDevice {
  readonly device: PlanDevice;
  readonly #slotsFreeAndOurs: number;
  readonly #began: number;
  encodes: VirtualEncode[];

  constructor(device: PlanDevice, encodes: VirtualEncode[]) {
    this.device = device;
    this.encodes = encodes;
    this.#began = encodes.length;
    this.#slotsFreeAndOurs = device.freeSlots + encodes.length;
  }

  /** More encodes of ours than at the beginning; fewer when below 0. */
  get added(): number {
    return this.encodes.length - this.#began;
  }

  get busySeconds(): number {
    return this.encodes.reduce((sum, { left }) => sum + left, 0);
  }

  secondsToNextEnd(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { left } of this.encodes) least = Math.min(least, left);
    return least * this.encodes.length;
  }

  /** As the plan sees it. */
  now(): PlanDevice {
    const { busySeconds } = this;
    return {
      ...this.device,
      freeSlots: this.#slotsFreeAndOurs - this.encodes.length,
      encodes: Math.max(0, this.device.encodes + this.added),
      busySeconds: Number.isFinite(busySeconds) ? busySeconds : null,
      // What encodes of ours hold comes back as they end.
      freeMemoryBytes: this.#began > 0 ? null : this.device.freeMemoryBytes,
    };
  }
}

/** Devices that work off encodes in virtual time. */
export class VirtualDevices {
  readonly #devices: readonly VirtualDevice[];
  readonly #byId: ReadonlyMap<DeviceId, VirtualDevice>;
  readonly #hosts: readonly PlanHost[];
  readonly #onEnd: (jobId: JobId, atSeconds: number) => void;
  #nowSeconds = 0;

  /** @param encodes what runs now, by device; `left` in seconds of the whole device */
  constructor(
    devices: readonly PlanDevice[],
    hosts: readonly PlanHost[],
    encodes: ReadonlyMap<DeviceId, VirtualEncode[]>,
    onEnd: (jobId: JobId, atSeconds: number) => void,
  ) {
    this.#devices = devices.map((device) => new VirtualDevice(device, encodes.get(device.id) ?? []));
    this.#byId = new Map(this.#devices.map((virtual) => [virtual.device.id, virtual]));
    this.#hosts = hosts;
    this.#onEnd = onEnd;
  }

  start(deviceId: DeviceId, jobId: JobId, seconds: number): void {
    this.#byId.get(deviceId)?.encodes.push({ jobId, left: seconds });
  }

  /** The devices and hosts as the plan sees them now. */
  now(): { devices: PlanDevice[]; hosts: PlanHost[] } {
    const added = new Map<string, number>();
    for (const { device, added: more } of this.#devices) {
      if (device.kind === 'gpu') added.set(device.host, (added.get(device.host) ?? 0) + more);
    }
    return {
      devices: this.#devices.map((virtual) => virtual.now()),
      hosts: this.#hosts.map(({ id, freeGpuSessions }) => ({
        id,
        freeGpuSessions: freeGpuSessions - (added.get(id) ?? 0),
      })),
    };
  }

  /** Goes on to the next end of an encode; false when none will come. */
  advance(): boolean {
    let next = Number.POSITIVE_INFINITY;
    for (const virtual of this.#devices) next = Math.min(next, virtual.secondsToNextEnd());
    if (!Number.isFinite(next)) return false;
    this.#nowSeconds += next;
    for (const virtual of this.#devices) this.#work(virtual, next);
    return true;
  }

  /** Works off all that runs, with nothing new. Gives when each device is done; infinite where that is not known. */
  drain(): Map<DeviceId, number> {
    const ends = new Map<DeviceId, number>();
    for (const virtual of this.#devices) {
      ends.set(virtual.device.id, this.#nowSeconds + virtual.busySeconds);
      let atSeconds = this.#nowSeconds;
      let done = 0;
      let share = virtual.encodes.length;
      for (const { jobId, left } of virtual.encodes.toSorted((a, b) => a.left - b.left)) {
        if (!Number.isFinite(left)) break;
        atSeconds += (left - done) * share;
        done = left;
        share -= 1;
        this.#onEnd(jobId, atSeconds);
      }
      virtual.encodes = [];
    }
    return ends;
  }

  #work(virtual: VirtualDevice, seconds: number): void {
    const each = seconds / virtual.encodes.length;
    let hasEnded = false;
    for (const encode of virtual.encodes) {
      encode.left -= each;
      hasEnded ||= isOver(encode);
    }
    if (!hasEnded) return;
    for (const encode of virtual.encodes) if (isOver(encode)) this.#onEnd(encode.jobId, this.#nowSeconds);
    virtual.encodes = virtual.encodes.filter((encode) => !isOver(encode));
  }
}

/** Rounding leaves a little of what has ended. */
function isOver({ left }: VirtualEncode): boolean {
  return left < 1e-6;
}
