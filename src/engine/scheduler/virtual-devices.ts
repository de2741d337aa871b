import type { DeviceId, JobId } from '../../common/ids.ts';
import type { PlanDevice, PlanHost } from './plan-input.ts';

/** An encode on a virtual device. */
export interface VirtualEncode {
  readonly jobId: JobId;
  /** What is left of it, in seconds of the whole device; infinite while not known. */
  left: number;
  /** Share of the device that it can use at most. */
  readonly mostShare: number;
}

/** A device whose encodes are worked off on paper: each gets an equal share of it, up to what it can use. */
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

  /** What is left on it, in seconds of the whole device. */
  get left(): number {
    return this.encodes.reduce((sum, { left }) => sum + left, 0);
  }

  share({ mostShare }: VirtualEncode): number {
    return Math.min(mostShare, 1 / this.encodes.length);
  }

  /** Infinite while nothing runs, or nothing of which an end is known. */
  secondsToNextEnd(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const encode of this.encodes) least = Math.min(least, encode.left / this.share(encode));
    return least;
  }

  /** Goes on for some seconds, not beyond the next end. Gives what has ended. */
  work(seconds: number): readonly VirtualEncode[] {
    const shares = this.encodes.map((encode) => this.share(encode));
    for (const [n, encode] of this.encodes.entries()) encode.left -= seconds * (shares[n] ?? 0);
    const ended = this.encodes.filter((encode) => isOver(encode));
    if (ended.length > 0) this.encodes = this.encodes.filter((encode) => !isOver(encode));
    return ended;
  }

  /** As the plan sees it. */
  now(): PlanDevice {
    const count = this.encodes.length;
    const sum = this.encodes.reduce((seconds, encode) => seconds + encode.left / this.share(encode), 0);
    return {
      ...this.device,
      freeSlots: this.#slotsFreeAndOurs - count,
      encodes: Math.max(0, this.device.encodes + this.added),
      busySeconds: count === 0 ? 0 : Number.isFinite(sum) ? sum / count : null,
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

  /** @param encodes what runs now, by device */
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

  start(deviceId: DeviceId, encode: VirtualEncode): void {
    this.#byId.get(deviceId)?.encodes.push(encode);
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
    for (const virtual of this.#devices) {
      for (const { jobId } of virtual.work(next)) this.#onEnd(jobId, this.#nowSeconds);
    }
    return true;
  }

  /** When each device would have done what runs on it, were all of it in use to the end; infinite where that is not known. */
  doneAt(): Map<DeviceId, number> {
    return new Map(this.#devices.map((virtual) => [virtual.device.id, this.#nowSeconds + virtual.left]));
  }

  /** Works off all that runs, with nothing new. */
  drain(): void {
    for (const virtual of this.#devices) {
      let atSeconds = this.#nowSeconds;
      for (;;) {
        const next = virtual.secondsToNextEnd();
        if (!Number.isFinite(next)) break;
        atSeconds += next;
        for (const { jobId } of virtual.work(next)) this.#onEnd(jobId, atSeconds);
      }
    }
  }
}

/** Rounding leaves a little of what has ended. */
function isOver({ left }: VirtualEncode): boolean {
  return left < 1e-6;
}
