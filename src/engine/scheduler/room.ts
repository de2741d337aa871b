import type { HostId } from '../../common/ids.ts';
import type { Ability, PlanDevice, PlanInput, PlanWork } from './plan-input.ts';

/** Speed of a device that is able and was not measured; below that it is not able. */
export const UNMEASURED = 0;
/** With more open devices than this, or when all are compared, paces are looked up once for all. */
const FEW = 16;

/** Megapixels per second of a device. */
export interface Pace {
  readonly whole: number;
  /** Most that one encode reaches. */
  readonly alone: number;
}

interface Paces {
  readonly whole: Float64Array;
  readonly alone: Float64Array;
}

/** Of a device that cannot do it. */
export const UNABLE: Pace = { whole: -1, alone: -1 };
const NOT_MEASURED: Pace = { whole: UNMEASURED, alone: UNMEASURED };

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
  readonly #taken = new Map<PlanDevice, number>();
  readonly #hostSessions: Map<HostId, number>;
  readonly #paces = new Map<PlanWork, Paces>();
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

  hasSlot(device: PlanDevice): boolean {
    return device.freeSlots - (this.#taken.get(device) ?? 0) >= 1;
  }

  /** Until all that runs there and is planned there will have ended; NaN while not known. */
  busySeconds(index: number): number {
    return this.#busySeconds[index] ?? Number.NaN;
  }

  /** How fast one device does a class of work. */
  pace(work: PlanWork, index: number): Pace {
    const known = this.#paces.get(work);
    if (known === undefined) return paceOn(work, this.devices[index]);
    return { whole: known.whole[index] ?? UNMEASURED, alone: known.alone[index] ?? UNMEASURED };
  }

  /** How fast each device does a class of work, by their places. */
  paces(work: PlanWork): Paces {
    const known = this.#paces.get(work);
    if (known !== undefined) return known;
    const count = this.devices.length;
    const paces = { whole: new Float64Array(count), alone: new Float64Array(count) };
    for (const [index, device] of this.devices.entries()) {
      const { whole, alone } = paceOn(work, device);
      paces.whole[index] = whole;
      paces.alone[index] = alone;
    }
    this.#paces.set(work, paces);
    return paces;
  }

  /** To be called before the open devices are compared. */
  prepare(work: PlanWork): void {
    if (this.#open.length > FEW) this.paces(work);
  }

  /**
   * Seconds until an encode that starts now has ended, by the pace of the device. Those that run there take their share of it
   * until they end. Without an amount, seconds per megapixel.
   */
  finishSeconds(index: number, { whole, alone }: Pace, amount: number | null): number {
    const megapixels = amount ?? 1;
    const shared = (megapixels / whole) * ((this.#encodes[index] ?? 0) + 1);
    const busy = this.busySeconds(index);
    // What is not ours on it is shared with until the end.
    const queued = amount === null || !(busy > 0) ? shared : busy + megapixels / whole;
    return Math.max(megapixels / alone, Math.min(shared, queued));
  }

  /** Seconds until an encode that follows what runs on a full device has ended; NaN where that cannot be told. */
  finishAfterOthers(index: number, alone: number, amount: number | null): number {
    const busy = this.busySeconds(index);
    // With nothing of ours on it, other programs hold its sessions: who knows until when.
    return amount === null || alone <= UNMEASURED || !(busy > 0) ? Number.NaN : busy + amount / alone;
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
    this.#taken.set(device, (this.#taken.get(device) ?? 0) + 1);
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

export function paceOf(ability: Ability | undefined): Pace {
  if (ability?.kind !== 'able') return UNABLE;
  const { megapixelsPerSecond: whole, aloneMegapixelsPerSecond: alone } = ability;
  if (whole === null) return NOT_MEASURED;
  return { whole, alone: Math.min(whole, alone ?? whole) };
}

function paceOn(work: PlanWork, device: PlanDevice | undefined): Pace {
  return device === undefined ? UNABLE : paceOf(work.on.get(device.id));
}
