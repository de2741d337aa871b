import type { HostId } from '../../common/ids.ts';
import type { PlanDevice, PlanInput, PlanWork } from './plan-input.ts';

/** Speed of a device that is able and was not measured. */
export const UNMEASURED = 0;
const UNABLE = -1;
/** With more open devices than this, or when all are compared, speeds are looked up once for all. */
const FEW = 16;

/**
 * The devices while a plan is made: what is free, what runs, and how long it will. Devices are numbers here, their places in
 * the list, so that 10,000 of them are compared in microseconds.
 */
export class Room {
  readonly devices: readonly PlanDevice[];
  readonly #free: Float64Array;
  readonly #encodes: Float64Array;
  readonly #busySeconds: Float64Array;
  readonly #isOpen: Uint8Array;
  readonly #hostSessions: Map<HostId, number>;
  readonly #speeds = new Map<PlanWork, Float64Array>();
  #open: number[] = [];

  constructor({ devices, hosts }: Pick<PlanInput, 'devices' | 'hosts'>) {
    const count = devices.length;
    this.devices = devices;
    this.#hostSessions = new Map(hosts.map((host) => [host.id, host.freeGpuSessions]));
    this.#isOpen = new Uint8Array(count);
    for (const [index, device] of devices.entries()) {
      if (device.freeSlots < 1 || device.outOfService !== null || !this.#hostHasSession(device)) continue;
      this.#open.push(index);
      this.#isOpen[index] = 1;
    }
    const size = this.#open.length === 0 ? 0 : count;
    this.#free = new Float64Array(size);
    this.#encodes = new Float64Array(size);
    this.#busySeconds = new Float64Array(size);
    if (size === 0) return;
    for (const [index, { freeSlots, encodes, busySeconds }] of devices.entries()) {
      this.#free[index] = freeSlots;
      this.#encodes[index] = encodes;
      this.#busySeconds[index] = busySeconds ?? Number.NaN;
    }
  }

  /** Devices on which an encode may start now. */
  get open(): readonly number[] {
    return this.#open;
  }

  isOpen(index: number): boolean {
    return this.#isOpen[index] === 1;
  }

  freeSlots(index: number): number {
    return this.#free[index] ?? 0;
  }

  /** Until all that runs there and is planned there will have ended; NaN while not known. */
  busySeconds(index: number): number {
    return this.#busySeconds[index] ?? Number.NaN;
  }

  /** Megapixels per second of the whole device: `UNMEASURED` where it is able, less where it is not. */
  speed(work: PlanWork, index: number): number {
    const known = this.#speeds.get(work)?.[index];
    return known ?? speedOn(work, this.devices[index]);
  }

  /** Speeds of all devices, by their place. */
  speeds(work: PlanWork): Float64Array {
    const known = this.#speeds.get(work);
    if (known !== undefined) return known;
    const speeds = new Float64Array(this.devices.length);
    for (const [index, device] of this.devices.entries()) speeds[index] = speedOn(work, device);
    this.#speeds.set(work, speeds);
    return speeds;
  }

  /** To be called before the open devices are compared. */
  prepare(work: PlanWork): void {
    if (this.#open.length > FEW) this.speeds(work);
  }

  /**
   * Seconds until an encode that starts now has ended, by the speed of the device. Those that run there take their share of it
   * until they end. Without an amount, seconds per megapixel.
   */
  finishSeconds(index: number, speed: number, amount: number | null): number {
    const alone = (amount ?? 1) / speed;
    const encodes = this.#encodes[index] ?? 0;
    const shared = alone * (encodes + 1);
    const busy = this.busySeconds(index);
    // What is not ours on it is shared with until the end.
    return amount === null || !(busy > 0) ? shared : Math.min(shared, busy + alone);
  }

  /** Seconds until an encode that follows what runs on a full device has ended; NaN where that cannot be told. */
  finishAfterOthers(index: number, speed: number, amount: number | null): number {
    const busy = this.busySeconds(index);
    // With nothing of ours on it, other programs hold its sessions: who knows until when.
    return amount === null || speed <= UNMEASURED || !(busy > 0) ? Number.NaN : busy + amount / speed;
  }

  /** An encode of so many seconds will follow on the device; NaN when that is not known. */
  book(index: number, seconds: number): void {
    this.#busySeconds[index] = this.busySeconds(index) + seconds;
  }

  /** Starts an encode on an open device. */
  take(index: number, seconds: number): void {
    const device = this.devices[index];
    if (device === undefined || !this.isOpen(index)) throw new Error(`no room on device ${index}`);
    this.book(index, seconds);
    this.#encodes[index] = (this.#encodes[index] ?? 0) + 1;
    this.#free[index] = this.freeSlots(index) - 1;
    if (this.freeSlots(index) < 1) this.#close((other) => other === index);
    if (device.kind !== 'gpu') return;
    this.#hostSessions.set(
      device.host,
      (this.#hostSessions.get(device.host) ?? Number.POSITIVE_INFINITY) - 1,
    );
    if (!this.#hostHasSession(device)) {
      this.#close((other) => {
        const { kind, host } = this.devices[other] ?? device;
        return kind === 'gpu' && host === device.host;
      });
    }
  }

  #hostHasSession({ kind, host }: PlanDevice): boolean {
    return kind === 'cpu' || (this.#hostSessions.get(host) ?? Number.POSITIVE_INFINITY) >= 1;
  }

  #close(isClosed: (index: number) => boolean): void {
    this.#open = this.#open.filter((index) => {
      if (!isClosed(index)) return true;
      this.#isOpen[index] = 0;
      return false;
    });
  }
}

function speedOn(work: PlanWork, device: PlanDevice | undefined): number {
  const ability = device && work.on.get(device.id);
  if (ability?.kind !== 'able') return UNABLE;
  return ability.megapixelsPerSecond ?? UNMEASURED;
}
