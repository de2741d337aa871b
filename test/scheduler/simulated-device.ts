import type { DeviceId, HostId } from '../../src/common/ids.ts';
import type { Problem } from '../../src/common/problem.ts';
import type { PlanDevice } from '../../src/engine/scheduler/plan-input.ts';

export interface DeviceTruth {
  readonly id: string;
  readonly kind: 'gpu' | 'cpu';
  readonly host?: string;
  readonly slots: number;
  /** True megapixels per second of the whole device, which the scheduler has to find out; a class that is left out it cannot do. */
  readonly speeds: Readonly<Record<string, number>>;
  /** Most of its speed that a single encode can use; 1 when it takes all. */
  readonly soloShare?: number;
}

/** An encode that runs in virtual time. */
export interface SimulatedEncode {
  readonly job: number;
  readonly startedAt: number;
  /** Seconds of start that are left, in which it leaves the device to the others. */
  startLeft: number;
  /** Megapixels. */
  left: number;
  /** Megapixels left at which it fails; null when it goes well. */
  readonly failsAtLeft: number | null;
  /** Megapixels per second with the whole device. */
  readonly speed: number;
  readonly expectedSeconds: number | null;
  /** Encode-seconds on the device since it started. */
  area: number;
}

/** Before this an encode has not told how long it will take. */
const SILENT_SECONDS = 2;
/** Seconds, or megapixels, that rounding may leave over. */
export const EPSILON = 1e-6;

/** A device in virtual time: its encodes, and those of other programs, share it equally. */
export class SimulatedDevice {
  readonly truth: DeviceTruth;
  /** As the plan sees it; kept up to date by {@link SimulatedDevice.look}. */
  readonly view: { -readonly [K in keyof PlanDevice]: PlanDevice[K] };
  encodes: SimulatedEncode[] = [];
  /** Sessions of other programs. */
  others = 0;
  /** Counts changes of what runs, so that a moment that was foreseen before one is seen to be void. */
  version = 0;
  #at = 0;
  /** When all that runs will have ended as things stand; null while not known. */
  #endsAt: number | null = 0;

  constructor(truth: DeviceTruth) {
    this.truth = truth;
    this.view = {
      id: truth.id as DeviceId,
      kind: truth.kind,
      name: truth.id,
      host: (truth.host ?? 'local') as HostId,
      outOfService: null,
      slots: truth.slots,
      freeSlots: truth.slots,
      encodes: 0,
      busySeconds: 0,
      freeMemoryBytes: null,
      utilizationPercent: null,
    };
  }

  setOutOfService(problem: Problem | null): void {
    this.view.outOfService = problem;
  }

  look(now: number): void {
    const { view, encodes, others } = this;
    view.encodes = encodes.length + others;
    view.freeSlots = this.truth.slots - view.encodes;
    view.busySeconds = this.#endsAt === null ? null : Math.max(0, this.#endsAt - now);
  }

  /** Goes on to a moment at which nothing ends before. */
  workOff(now: number): void {
    const seconds = now - this.#at;
    this.#at = now;
    if (seconds <= 0) return;
    const rates = this.encodes.map((encode) => this.#rate(encode));
    for (const [n, encode] of this.encodes.entries()) {
      encode.area += seconds * this.encodes.length;
      if (encode.startLeft > 0) encode.startLeft = Math.max(0, encode.startLeft - seconds);
      else encode.left = Math.max(0, encode.left - seconds * (rates[n] ?? 0));
      if (encode.startLeft < EPSILON) encode.startLeft = 0;
    }
  }

  /** Takes out what has ended by now, well or not. */
  takeEnded(): SimulatedEncode[] {
    const ended = this.encodes.filter((encode) => hasEnded(encode));
    this.encodes = this.encodes.filter((encode) => !hasEnded(encode));
    return ended;
  }

  /** Looks ahead after a change of what runs. Gives when something will happen next; infinite when nothing will. */
  lookAhead(now: number): number {
    this.version += 1;
    let next = Number.POSITIVE_INFINITY;
    let sum: number | null = 0;
    for (const encode of this.encodes) {
      const { startLeft, left, failsAtLeft } = encode;
      const seconds = startLeft > 0 ? startLeft : Math.max(0, left - (failsAtLeft ?? 0)) / this.#rate(encode);
      next = Math.min(next, seconds);
      const toEnd = this.secondsLeft(encode, now);
      sum = toEnd === null || sum === null ? null : sum + toEnd;
    }
    this.#endsAt = sum === null ? null : now + sum / Math.max(1, this.encodes.length);
    return now + next;
  }

  /** As its progress tells; as was expected while it has not moved; null while nothing is known. */
  secondsLeft(encode: SimulatedEncode, now: number): number | null {
    const elapsed = now - encode.startedAt;
    if (elapsed >= SILENT_SECONDS && encode.startLeft === 0) return encode.left / this.#rate(encode);
    return encode.expectedSeconds === null ? null : Math.max(0, encode.expectedSeconds - elapsed);
  }

  #rate({ speed }: SimulatedEncode): number {
    const sharing = this.encodes.reduce((sum, { startLeft }) => sum + (startLeft > 0 ? 0 : 1), this.others);
    return speed * Math.min(1 / Math.max(1, sharing), this.truth.soloShare ?? 1);
  }
}

function hasEnded({ left, startLeft, failsAtLeft }: SimulatedEncode): boolean {
  return startLeft === 0 && left <= (failsAtLeft ?? 0) + EPSILON;
}
