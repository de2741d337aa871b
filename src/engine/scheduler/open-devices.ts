import type { PlanDevice } from './plan-input.ts';
import { type Pace, type Paces, type Room, UNMEASURED } from './room.ts';

/** A device, and when it is expected to have a task done. */
export interface Choice {
  readonly index: number;
  /** Megapixels per second of the whole device; `UNMEASURED` where that is not known. */
  readonly speed: number;
  readonly finishSeconds: number;
}

/** A device whose time for a task is so many seconds for each megapixel, whatever the task. */
interface Steady {
  readonly index: number;
  readonly cost: number;
}

/** Where nothing was measured, devices differ in how many share them. */
const ANY_PACE: Pace = { whole: 1, alone: 1 };

/**
 * The devices with room among the candidates of one kind of task, the best at hand. As tasks start, a device only becomes
 * slower, so that what a heap knows of it is never too slow: its first is looked at again before it is believed.
 */
export class OpenDevices {
  readonly #room: Room;
  readonly #paces: Paces;
  /** Not measured: as fast as the fastest of the others, as far as anyone knows. */
  readonly #untried: Steady[] = [];
  /** With nothing of ours on them. */
  readonly #idle: Steady[] = [];
  /** With encodes that will end some time: how long a task takes there depends on its length. */
  readonly #shared: number[] = [];
  #fastest: Pace | null = null;

  /** @param places devices with room, all of them able */
  constructor(room: Room, paces: Paces, places: readonly number[]) {
    this.#room = room;
    this.#paces = paces;
    for (const index of places) {
      const pace = this.#pace(index);
      if (pace.whole > UNMEASURED) this.#fastest = faster(this.#fastest, pace);
      if (pace.whole === UNMEASURED) this.#untried.push({ index, cost: room.encodes(index) });
      else if (room.busySeconds(index) > 0) this.#shared.push(index);
      else this.#idle.push({ index, cost: this.#cost(index) });
    }
    this.#arrange(this.#untried);
    this.#arrange(this.#idle);
  }

  /** The one that is expected to finish a task first. */
  best(amount: number | null): Choice | null {
    let best = this.bestUntried(amount);
    const idle = this.#firstIdle();
    if (idle !== null) best = this.#better(best, this.#choice(idle, amount));
    for (const index of this.#shared) {
      if (this.#room.isOpen(index)) best = this.#better(best, this.#choice(index, amount));
    }
    return best;
  }

  /** The same among those that were not measured. */
  bestUntried(amount: number | null): Choice | null {
    const heap = this.#untried;
    for (;;) {
      const first = heap[0];
      if (first === undefined) return null;
      const { index } = first;
      const encodes = this.#room.encodes(index);
      if (!this.#room.isOpen(index)) this.#replaceFirst(heap, null);
      else if (encodes > first.cost) this.#replaceFirst(heap, { index, cost: encodes });
      else
        return {
          index,
          speed: UNMEASURED,
          finishSeconds: this.#room.finishSeconds(index, this.#fastest ?? ANY_PACE, amount),
        };
    }
  }

  #firstIdle(): number | null {
    const heap = this.#idle;
    for (;;) {
      const first = heap[0];
      if (first === undefined) return null;
      const { index } = first;
      if (!this.#room.isOpen(index)) {
        this.#replaceFirst(heap, null);
      } else if (this.#room.busySeconds(index) > 0) {
        this.#shared.push(index);
        this.#replaceFirst(heap, null);
      } else {
        const cost = this.#cost(index);
        if (cost <= first.cost) return index;
        this.#replaceFirst(heap, { index, cost });
      }
    }
  }

  #pace(index: number): Pace {
    return { whole: this.#paces.whole(index), alone: this.#paces.alone(index) };
  }

  #cost(index: number): number {
    return this.#room.finishSeconds(index, this.#pace(index), null);
  }

  #choice(index: number, amount: number | null): Choice {
    const pace = this.#pace(index);
    return { index, speed: pace.whole, finishSeconds: this.#room.finishSeconds(index, pace, amount) };
  }

  #better(best: Choice | null, other: Choice): Choice {
    if (best === null || other.finishSeconds < best.finishSeconds) return other;
    if (other.finishSeconds > best.finishSeconds) return best;
    return isRoomier(this.#room, other.index, best.index) ? other : best;
  }

  #arrange(heap: Steady[]): void {
    for (let parent = (heap.length >> 1) - 1; parent >= 0; parent--) this.#sink(heap, parent);
  }

  #replaceFirst(heap: Steady[], entry: Steady | null): void {
    const last = entry ?? heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    this.#sink(heap, 0);
  }

  #sink(heap: Steady[], from: number): void {
    let parent = from;
    for (;;) {
      let first = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2])
        if (this.#comesFirst(heap[child], heap[first])) first = child;
      const moved = heap[parent];
      const up = heap[first];
      if (first === parent || moved === undefined || up === undefined) return;
      heap[parent] = up;
      heap[first] = moved;
      parent = first;
    }
  }

  #comesFirst(a: Steady | undefined, b: Steady | undefined): boolean {
    if (a === undefined || b === undefined) return false;
    return a.cost < b.cost || (a.cost === b.cost && isRoomier(this.#room, a.index, b.index));
  }
}

function faster(a: Pace | null, b: Pace): Pace {
  if (a === null || b.whole > a.whole) return b;
  return b.whole === a.whole && b.alone > a.alone ? b : a;
}

/** Between devices that are expected to finish a task at the same time. */
function isRoomier(room: Room, a: number, b: number): boolean {
  const first = room.devices[a];
  const second = room.devices[b];
  if (first === undefined || second === undefined) return false;
  const difference = idleMemory(first) - idleMemory(second) || room.freeSlots(a) - room.freeSlots(b);
  return difference === 0 ? comesFirst(first, second) : difference > 0;
}

/** By id, so that nothing depends on the order in which devices are listed. */
export function comesFirst(a: PlanDevice | undefined, b: PlanDevice | undefined): boolean {
  return a !== undefined && b !== undefined && a.id < b.id;
}

/** Memory in bytes × percent that the GPU is idle; 0 where that is not told. */
function idleMemory({ freeMemoryBytes, utilizationPercent }: PlanDevice): number {
  return (freeMemoryBytes ?? 0) * (100 - (utilizationPercent ?? 0));
}
