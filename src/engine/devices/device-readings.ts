import type { Telemetry } from '../../common/device.ts';
import { LOCAL_HOST_ID } from '../../common/ids.ts';
import type { Host } from '../hosts/host.ts';
import { CpuSampler } from './local-machine.ts';
import { type GpuListing, listGpus } from './nvidia-smi.ts';

export interface DeviceReadingsDeps {
  readonly host: Host;
  readonly smiPath: string;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly hasGpus: () => boolean;
  readonly onListing: (listing: GpuListing, at: string) => void;
  readonly onCpu: (telemetry: Telemetry) => void;
}

/** Readings younger than this are not read again. */
const TELEMETRY_AGE_MS = 500;

/** An answer of nvidia-smi that is as young as this tells which GPUs there are. */
const LISTING_AGE_MS = 3_000;

/** Single readings for whoever asks while nothing reads all the time. */
export class DeviceReadings {
  readonly #deps: DeviceReadingsDeps;
  #gpusAtMs = Number.NEGATIVE_INFINITY;
  #cpuAtMs = Number.NEGATIVE_INFINITY;
  #lastCpuPercent: number | null = null;
  #reading: Promise<void> | null = null;
  #listing: Promise<void> | null = null;
  #sampler: CpuSampler | null = null;

  constructor(deps: DeviceReadingsDeps) {
    this.#deps = deps;
  }

  gpusWereRead(): void {
    this.#gpusAtMs = this.#deps.now();
  }

  cpuWasRead(): void {
    this.#cpuAtMs = this.#deps.now();
  }

  /** Reads what is older than half a second. */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** Asks nvidia-smi anew, unless its last answer is but a few seconds old. */
  async relist(): Promise<void> {
    if (this.#isOlder(this.#gpusAtMs, LISTING_AGE_MS)) await this.#readGpus();
  }

  /** Resolves when nothing is being read any more. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#reading, this.#listing]);
  }

  async #read(): Promise<void> {
    const isLocal = this.#deps.host.id === LOCAL_HOST_ID;
    await Promise.all([
      this.#isOlder(this.#gpusAtMs, TELEMETRY_AGE_MS) ? this.#readGpus() : null,
      isLocal && this.#isOlder(this.#cpuAtMs, TELEMETRY_AGE_MS) ? this.#readCpu() : null,
    ]);
  }

  #isOlder(atMs: number, ageMs: number): boolean {
    return this.#deps.now() - atMs >= ageMs;
  }

  #readGpus(): Promise<void> {
    const { hasGpus, host, smiPath, signal, onListing } = this.#deps;
    if (!hasGpus()) return Promise.resolve();
    this.#listing ??= listGpus(host, smiPath, signal)
      .then((listing) => {
        if (!signal.aborted) onListing(listing, this.#isoNow());
      })
      .finally(() => {
        this.#listing = null;
      });
    return this.#listing;
  }

  async #readCpu(): Promise<void> {
    this.#sampler ??= new CpuSampler();
    const reading = await this.#sampler.read();
    this.#lastCpuPercent = reading.utilizationPercent ?? this.#lastCpuPercent;
    this.#deps.onCpu({
      at: this.#isoNow(),
      utilizationPercent: this.#lastCpuPercent,
      encoderPercent: null,
      decoderPercent: null,
      memoryUsedBytes: reading.memoryUsedBytes,
      memoryTotalBytes: reading.memoryTotalBytes,
      temperatureCelsius: null,
      powerWatts: null,
      encoderSessions: null,
      diskUsedBytes: null,
      diskTotalBytes: null,
    });
  }

  #isoNow(): string {
    return new Date(this.#deps.now()).toISOString();
  }
}
