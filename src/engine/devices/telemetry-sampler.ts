import type { Telemetry } from '../../common/device.ts';
import { LOCAL_HOST_ID } from '../../common/ids.ts';
import type { DiskSpace, Host } from '../hosts/host.ts';
import { CpuSampler } from './local-machine.ts';
import type { GpuListing } from './nvidia-smi.ts';
import { SMI_DELAYS, type SmiDelays, SmiStream } from './smi-stream.ts';

export interface TelemetrySamplerDeps {
  readonly host: Host;
  /** `nvidia-smi`, or the path of another one. */
  readonly smiPath: string;
  /** Folder whose disk is reported. */
  readonly home: string;
  /** Called about once a second with all GPUs, and with a notice when there is nothing to be read. `at` is ISO 8601. */
  readonly onGpus: (listing: GpuListing, at: string) => void;
  /** Called once a second with CPU, memory and disk of this machine. */
  readonly onCpu: (telemetry: Telemetry) => void;
  readonly onFault?: (error: unknown) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly delays?: Partial<SmiDelays>;
}

const CPU_EVERY_MS = 1_000;
/** A disk fills slowly. */
const DISK_EVERY_MS = 10_000;
/** A disk in the network may not answer. What was known of it is not told for longer than this. */
const DISK_AGE_MS = 60_000;

/** Reads the state of a host's devices once a second for as long as it is not disposed of. */
export class TelemetrySampler {
  readonly #deps: TelemetrySamplerDeps;
  readonly #now: () => number;
  readonly #gpus: SmiStream;
  readonly #cpu = new CpuSampler();
  #disk: (DiskSpace & { readonly atMs: number }) | null = null;
  #diskAskedAtMs = Number.NEGATIVE_INFINITY;
  #isAskingDisk = false;
  #isReadingCpu = false;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(deps: TelemetrySamplerDeps) {
    this.#deps = deps;
    this.#now = deps.now ?? Date.now;
    this.#gpus = new SmiStream({
      host: deps.host,
      smiPath: deps.smiPath,
      onListing: (listing) => this.#tell(() => deps.onGpus(listing, this.#isoNow())),
      onFault: (error) => this.#fault(error),
      delays: { ...SMI_DELAYS, ...deps.delays },
    });
  }

  start(): void {
    if (this.#timer !== null || this.#isClosed) return;
    this.#gpus.start();
    this.#timer = setInterval(() => this.#readCpu(), CPU_EVERY_MS);
    this.#timer.unref();
  }

  /** Looks for GPUs anew: to be called whenever devices are looked for again. */
  refresh(): void {
    this.#gpus.refresh();
  }

  /** Nothing is told from here on, and no nvidia-smi is left behind. */
  async dispose(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#gpus.dispose();
  }

  #readCpu(): void {
    // The sampler reads the machine that it runs on.
    if (this.#isReadingCpu || this.#deps.host.id !== LOCAL_HOST_ID) return;
    this.#isReadingCpu = true;
    this.#askDisk();
    this.#cpu
      .read()
      .then((reading) => {
        const disk = this.#diskNow();
        this.#tell(() =>
          this.#deps.onCpu({
            at: this.#isoNow(),
            utilizationPercent: reading.utilizationPercent,
            encoderPercent: null,
            decoderPercent: null,
            memoryUsedBytes: reading.memoryUsedBytes,
            memoryTotalBytes: reading.memoryTotalBytes,
            temperatureCelsius: null,
            powerWatts: null,
            encoderSessions: null,
            // What only the administrator may still write to is as good as used.
            diskUsedBytes: disk === null ? null : disk.totalBytes - disk.freeBytes,
            diskTotalBytes: disk?.totalBytes ?? null,
          }),
        );
      })
      .catch((error: unknown) => this.#fault(error))
      .finally(() => {
        this.#isReadingCpu = false;
      });
  }

  /** Nobody waits for the answer: it may take forever. The system is asked and not `df`, which systeminformation starts in a shell. */
  #askDisk(): void {
    const nowMs = performance.now();
    if (this.#isAskingDisk || nowMs - this.#diskAskedAtMs < DISK_EVERY_MS) return;
    this.#isAskingDisk = true;
    this.#diskAskedAtMs = nowMs;
    this.#deps.host.files
      .diskSpace(this.#deps.home)
      .then(
        (space) => {
          this.#disk = { ...space, atMs: performance.now() };
        },
        () => {
          this.#disk = null;
        },
      )
      .finally(() => {
        this.#isAskingDisk = false;
      });
  }

  #diskNow(): DiskSpace | null {
    return this.#disk !== null && performance.now() - this.#disk.atMs < DISK_AGE_MS ? this.#disk : null;
  }

  #tell(listener: () => void): void {
    if (this.#isClosed) return;
    try {
      listener();
    } catch (error) {
      this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    if (!this.#isClosed) this.#deps.onFault?.(error);
  }

  #isoNow(): string {
    return new Date(this.#now()).toISOString();
  }
}
