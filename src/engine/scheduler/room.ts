import type { HostId } from '../../common/ids.ts';
import type { Ability, PlanDevice, PlanInput, PlanWork } from './plan-input.ts';

/** Speed of a device that is able and was not measured; below that it is not able. */
export const UNMEASURED = 0;

/** Megapixels per second of a device. */
export interface Pace {
  readonly whole: number;
  /** Most that one encode reaches. */
  readonly alone: number;
}

/** Of a device that cannot do it. */
export const UNABLE: Pace = { whole: -1, alone: -1 };
const NOT_MEASURED: Pace = { whole: UNMEASURED, alone: UNMEASURED };

export function paceOf(ability: Ability | undefined): Pace {
  if (ability?.kind !== 'able') return UNABLE;
  const { megapixelsPerSecond: whole, aloneMegapixelsPerSecond: alone } = ability;
  if (whole === null) return NOT_MEASURED;
  return { whole, alone: Math.min(whole, alone ?? whole) };
}

/** How fast each device does a class of work; looked up when it is asked for. */
export class Paces {
  readonly #devices: readonly PlanDevice[];
  readonly #work: PlanWork;
  readonly #whole: Float64Array;
  readonly #alone: Float64Array;

  constructor(devices: readonly PlanDevice[], work: PlanWork) {
    this.#devices = devices;
    this.#work = work;
    this.#whole = new Float64Array(devices.length).fill(Number.NaN);
    this.#alone = new Float64Array(devices.length);
  }

  isAble(index: number): boolean {
    return this.whole(index) >= UNMEASURED;
  }

  whole(index: number): number {
    const known = this.#whole[index] ?? UNABLE.whole;
    return Number.isNaN(known) ? this.#look(index).whole : known;
  }

  alone(index: number): number {
    const known = this.#whole[index] ?? UNABLE.whole;
    return Number.isNaN(known) ? this.#look(index).alone : (this.#alone[index] ?? UNABLE.alone);
  }

  #look(index: number): Pace {
    const device = this.#devices[index];
    const pace = device === undefined ? UNABLE : paceOf(this.#work.on.get(device.id));
    this.#whole[index] = pace.whole;
    this.#alone[index] = pace.alone;
    return pace;
  }
}

/** So many devices stand for all where there are more: to look at each would take longer than all else. */
const SAMPLE = 512;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The devices while a plan is made: what is free, what runs, and how long it will. Devices are numbers here, their places in
 * the list, so that 10,000 of them are compared in microseconds.
 */
export class Room {
  readonly devices: readonly PlanDevice[];
  /** Devices on which something may start at first. */
  readonly candidates: readonly number[];
  readonly #isOpen: Uint8Array;
  /** Encodes that start by this plan. */
  readonly #started: Float64Array;
  /** Seconds of what starts or will follow by this plan. */
  readonly #booked: Float64Array;
  readonly #hostSessions: Map<HostId, number>;
  readonly #paces = new Map<PlanWork, Paces>();
  #openCount: number;
  #sample: readonly number[] | null = null;

  constructor({ devices, hosts }: Pick<PlanInput, 'devices' | 'hosts'>) {
    this.devices = devices;
    this.#hostSessions = new Map(hosts.map((host) => [host.id, host.freeGpuSessions]));
    const candidates: number[] = [];
    for (let index = 0; index < devices.length; index++) {
      const device = devices[index];
      if (device === undefined || device.freeSlots < 1 || device.outOfService !== null) continue;
      if (this.#hostHasSession(device)) candidates.push(index);
    }
    this.candidates = candidates;
    this.#openCount = candidates.length;
    // Most calls find nothing free, and need no more than that.
    const count = candidates.length === 0 ? 0 : devices.length;
    this.#isOpen = new Uint8Array(count);
    this.#started = new Float64Array(count);
    this.#booked = new Float64Array(count);
    for (const index of candidates) this.#isOpen[index] = 1;
  }

  /** Devices on which an encode may start now. */
  get openCount(): number {
    return this.#openCount;
  }

  isOpen(index: number): boolean {
    return this.#isOpen[index] === 1;
  }

  freeSlots(index: number): number {
    return (this.devices[index]?.freeSlots ?? 0) - (this.#started[index] ?? 0);
  }

  /** Encodes that share it. */
  encodes(index: number): number {
    return (this.devices[index]?.encodes ?? 0) + (this.#started[index] ?? 0);
  }

  /** Until all that runs there and is planned there will have ended; NaN while not known. */
  busySeconds(index: number): number {
    return (this.devices[index]?.busySeconds ?? Number.NaN) + (this.#booked[index] ?? 0);
  }

  /** All devices; among very many, some that stand for `each` as many. */
  sample(): { readonly places: readonly number[]; readonly each: number } {
    const count = this.devices.length;
    this.#sample ??= count <= SAMPLE ? [...this.devices.keys()] : sampleOf(count);
    return { places: this.#sample, each: count / this.#sample.length };
  }

  paces(work: PlanWork): Paces {
    let paces = this.#paces.get(work);
    if (paces === undefined) {
      paces = new Paces(this.devices, work);
      this.#paces.set(work, paces);
    }
    return paces;
  }

  /**
   * Seconds until an encode that starts now has ended, by the pace of the device. Those that run there take their share of it
   * until they end. Without an amount, seconds per megapixel.
   */
  finishSeconds(index: number, { whole, alone }: Pace, amount: number | null): number {
    const megapixels = amount ?? 1;
    const shared = (megapixels / whole) * (this.encodes(index) + 1);
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
    this.#booked[index] = (this.#booked[index] ?? 0) + seconds;
  }

  /** Starts an encode on an open device. */
  take(index: number, seconds: number): void {
    const device = this.devices[index];
    if (device === undefined || !this.isOpen(index)) throw new Error(`no room on device ${index}`);
    this.book(index, seconds);
    this.#started[index] = (this.#started[index] ?? 0) + 1;
    if (this.freeSlots(index) < 1) this.#close(index);
    if (device.kind !== 'gpu') return;
    this.#hostSessions.set(device.host, this.#sessionsOf(device.host) - 1);
    if (this.#hostHasSession(device)) return;
    for (const other of this.candidates) {
      const { kind, host } = this.devices[other] ?? device;
      if (kind === 'gpu' && host === device.host) this.#close(other);
    }
  }

  /** Whether a device has a free slot of its own. */
  hasSlot(device: PlanDevice): boolean {
    const index = this.#openCount === this.candidates.length ? -1 : this.devices.indexOf(device);
    return (index < 0 ? device.freeSlots : this.freeSlots(index)) >= 1;
  }

  #sessionsOf(host: HostId): number {
    return this.#hostSessions.get(host) ?? Number.POSITIVE_INFINITY;
  }

  #hostHasSession({ kind, host }: PlanDevice): boolean {
    return kind === 'cpu' || this.#sessionsOf(host) >= 1;
  }

  #close(index: number): void {
    if (!this.isOpen(index)) return;
    this.#isOpen[index] = 0;
    this.#openCount -= 1;
  }
}

/** Steps of the golden ratio fall evenly, and into no rhythm that a list may have. */
function sampleOf(count: number): number[] {
  return Array.from({ length: SAMPLE }, (_, n) => Math.floor(((n * GOLDEN) % 1) * count));
}
