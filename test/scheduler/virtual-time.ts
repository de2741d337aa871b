/** Moments of virtual time, the earliest first. */
export class Agenda<T> {
  readonly #heap: { readonly at: number; readonly order: number; readonly what: T }[] = [];
  #count = 0;

  get size(): number {
    return this.#heap.length;
  }

  get nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(at: number, what: T): void {
    const heap = this.#heap;
    this.#count += 1;
    heap.push({ at, order: this.#count, what });
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#isBefore(child, parent)) break;
      this.#swap(child, parent);
      child = parent;
    }
  }

  take(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (heap.length > 0) {
      heap[0] = last;
      let parent = 0;
      for (;;) {
        let least = parent;
        for (const child of [2 * parent + 1, 2 * parent + 2]) {
          if (child < heap.length && this.#isBefore(child, least)) least = child;
        }
        if (least === parent) break;
        this.#swap(parent, least);
        parent = least;
      }
    }
    return first.what;
  }

  #isBefore(a: number, b: number): boolean {
    const first = this.#heap[a];
    const second = this.#heap[b];
    if (first === undefined || second === undefined) return false;
    return first.at < second.at || (first.at === second.at && first.order < second.order);
  }

  #swap(a: number, b: number): void {
    const first = this.#heap[a];
    const second = this.#heap[b];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}

/** Waiting tasks by their place in the queue. Cheap near its head, where all happens. */
export class WaitingLine {
  #places: number[];
  #head = 0;

  /** @param places in ascending order */
  constructor(places: readonly number[]) {
    this.#places = [...places];
  }

  get length(): number {
    return this.#places.length - this.#head;
  }

  first(count: number): number[] {
    return this.#places.slice(this.#head, this.#head + count);
  }

  remove(place: number): void {
    const at = this.#places.indexOf(place, this.#head);
    if (at < 0) throw new Error(`task ${place} does not wait`);
    this.#places.copyWithin(this.#head + 1, this.#head, at);
    this.#head += 1;
  }

  putBack(place: number): void {
    if (this.#head === 0) {
      this.#places.unshift(Number.NaN);
      this.#head = 1;
    }
    let at = this.#head;
    while (at < this.#places.length && (this.#places[at] ?? 0) < place) at += 1;
    this.#places.copyWithin(this.#head - 1, this.#head, at);
    this.#places[at - 1] = place;
    this.#head -= 1;
  }
}

/** Random numbers from 0 up to 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
