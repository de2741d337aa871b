import type { DeviceId } from '../../common/ids.ts';

interface Use {
  encodes: number;
  sinceMs: number;
  /** Encode-milliseconds up to `sinceMs`. */
  area: number;
}

/** A point in the use of a device; {@link DeviceUse.meanSince} tells how shared it was from there on. */
export interface UseMark {
  readonly atMs: number;
  readonly area: number;
}

/** How many encodes share each device over time: the speed of one says little about the device without it. */
export class DeviceUse {
  readonly #uses = new Map<DeviceId, Use>();

  /** From now on so many encodes run on it. */
  set(device: DeviceId, encodes: number, nowMs: number): void {
    this.#uses.set(device, { encodes, sinceMs: nowMs, area: this.#areaAt(device, nowMs) });
  }

  mark(device: DeviceId, nowMs: number): UseMark {
    return { atMs: nowMs, area: this.#areaAt(device, nowMs) };
  }

  /** Mean number of encodes on the device since the mark; 1 at least, since the one that asks ran. */
  meanSince(device: DeviceId, mark: UseMark, nowMs: number): number {
    const spanMs = nowMs - mark.atMs;
    return spanMs <= 0 ? 1 : Math.max(1, (this.#areaAt(device, nowMs) - mark.area) / spanMs);
  }

  #areaAt(device: DeviceId, nowMs: number): number {
    const use = this.#uses.get(device);
    return use === undefined ? 0 : use.area + use.encodes * (nowMs - use.sinceMs);
  }
}
