import { type GpuReading, parseGpuQuery, type UnusableGpu } from './smi-output.ts';

type GpuRow = GpuReading | UnusableGpu;

/**
 * Puts the lines of an nvidia-smi in loop mode together to ticks: one row per GPU, again and again, with nothing between
 * them. A tick is over when it has every GPU that the one before had. One that lacks a GPU is over when the next begins: how
 * long a line takes says nothing, since a driver may wake its GPUs one after the other.
 */
export class SmiTicks {
  readonly #fields: readonly string[];
  #current = new Map<string, GpuRow>();
  /** The tick before; null until there was one, whose end the second shows. */
  #last: ReadonlyMap<string, GpuRow> | null = null;

  /** @param fields what was asked for, in this order, with `--format=csv,noheader` */
  constructor(fields: readonly string[]) {
    this.#fields = fields;
  }

  /**
   * The GPUs of the tick that this line ends; null when it ends none. `isRow` is false for a line that tells of no GPU.
   */
  push(line: string): { readonly isRow: boolean; readonly gpus: readonly GpuRow[] | null } {
    const gpu = parseGpuQuery(this.#fields, line)[0];
    if (gpu === undefined) return { isRow: false, gpus: null };
    const key = keyOf(gpu, line);
    let gpus: readonly GpuRow[] | null = null;
    if (this.#current.has(key)) gpus = this.#finish();
    else if (this.#isNewcomer(key, gpu)) this.#current = new Map(this.#last);
    this.#current.set(key, gpu);
    if (this.#isComplete()) gpus = this.#finish();
    return { isRow: true, gpus };
  }

  /** The GPUs of a tick that has begun and not ended. */
  rest(): readonly GpuRow[] {
    return [...this.#current.values()];
  }

  /** A GPU that the tick before did not have follows on its last line, or begins this one. It adds to what is known. */
  #isNewcomer(key: string, gpu: GpuRow): boolean {
    return gpu.kind === 'gpu' && this.#current.size === 0 && this.#last !== null && !this.#last.has(key);
  }

  #isComplete(): boolean {
    return this.#last !== null && [...this.#last.keys()].every((key) => this.#current.has(key));
  }

  #finish(): readonly GpuRow[] {
    this.#last = this.#current;
    this.#current = new Map();
    return [...this.#last.values()];
  }
}

/** A GPU keeps its place on the bus when it is lost, and a message that stands in for its row names only that. */
function keyOf(gpu: GpuRow, line: string): string {
  return gpu.pciBusId ?? gpu.uuid ?? (gpu.index === null ? line : `index ${gpu.index}`);
}
