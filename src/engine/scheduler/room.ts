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

/** Devices that are looked at for work that follows what they run now. Among more, those that will be free first. */
const FOLLOWED = 512;
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
  readonly #free: Float64Array;
  readonly #encodes: Float64Array;
  readonly #busySeconds: Float64Array;
  readonly #hostSessions: Map<HostId, number>;
  readonly #paces = new Map<PlanWork, Map<number, Pace>>();
  #openCount: number;
  #followed: readonly number[] | null = null;

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
    this.#free = new Float64Array(count);
    this.#encodes = new Float64Array(count);
    this.#busySeconds = new Float64Array(count);
    for (let index = 0; index < count; index++) {
      const device = devices[index];
      if (device === undefined) continue;
      this.#free[index] = device.freeSlots;
      this.#encodes[index] = device.encodes;
      this.#busySeconds[index] = device.busySeconds ?? Number.NaN;
    }
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
    return this.#free[index] ?? 0;
  }

  /** Encodes that share it. */
  encodes(index: number): number {
    return this.#encodes[index] ?? 0;
  }

  /** Until all that runs there and is planned there will have ended; NaN while not known. */
  busySeconds(index: number): number {
    return this.#busySeconds[index] ?? Number.NaN;
  }

  /**
   * Devices for work that follows what they run now. All of them; among very many, those full ones that will be free first: the
   * others hardly matter, and to look at each would take longer than all else.
   */
  followed(): readonly number[] {
    this.#followed ??= this.devices.length <= FOLLOWED ? [...this.devices.keys()] : this.#firstFree();
    return this.#followed;
  }

  /** All devices; among very many, some that stand for `each` as many. */
  sample(): { readonly places: readonly number[]; readonly each: number } {
    const count = this.devices.length;
    if (count <= FOLLOWED) return { places: [...this.devices.keys()], each: 1 };
    // Steps of the golden ratio fall evenly, and into no rhythm that the list of devices may have.
    const places = new Set(
      Array.from({ length: FOLLOWED }, (_, n) => Math.floor(((n * GOLDEN) % 1) * count)),
    );
    return { places: [...places], each: count / places.size };
  }

  pace(work: PlanWork, index: number): Pace {
    let known = this.#paces.get(work);
    if (known === undefined) {
      known = new Map();
      this.#paces.set(work, known);
    }
    let pace = known.get(index);
    if (pace === undefined) {
      const device = this.devices[index];
      pace = device === undefined ? UNABLE : paceOf(work.on.get(device.id));
      known.set(index, pace);
    }
    return pace;
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
    this.#busySeconds[index] = this.busySeconds(index) + seconds;
  }

  /** Starts an encode on an open device. */
  take(index: number, seconds: number): void {
    const device = this.devices[index];
    if (device === undefined || !this.isOpen(index)) throw new Error(`no room on device ${index}`);
    this.book(index, seconds);
    this.#encodes[index] = this.encodes(index) + 1;
    this.#free[index] = this.freeSlots(index) - 1;
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

  #firstFree(): number[] {
    const isFollowed = (index: number) => this.busySeconds(index) > 0 && !this.isOpen(index);
    const sampled = this.sample()
      .places.filter(isFollowed)
      .map((index) => this.busySeconds(index));
    const part = FOLLOWED / this.devices.length;
    const last = sampled.sort((a, b) => a - b)[Math.ceil(sampled.length * part)] ?? Number.POSITIVE_INFINITY;
    const first: number[] = [];
    for (let index = 0; index < this.devices.length && first.length < FOLLOWED; index++) {
      if (this.busySeconds(index) <= last && isFollowed(index)) first.push(index);
    }
    return first;
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
