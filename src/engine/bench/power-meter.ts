import type { Telemetry } from '../../common/device.ts';

const LOOK_EVERY_MS = 200;

/**
 * Takes the power readings of a device while something runs on it. A reading is made about once a second; each counts once,
 * and one from before the start does not.
 */
export class PowerMeter {
  readonly #read: () => Telemetry | null;
  readonly #startedAt: string;
  readonly #watts = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  /** @param startedAt ISO 8601, by the clock that stamps the readings */
  constructor(read: () => Telemetry | null, startedAt: string) {
    this.#read = read;
    this.#startedAt = startedAt;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Ends it and gives the mean in watts; null where there was no reading. */
  stop(): number | null {
    this.#look();
    clearInterval(this.#timer);
    const watts = [...this.#watts.values()];
    return watts.length === 0 ? null : watts.reduce((sum, value) => sum + value, 0) / watts.length;
  }

  #look(): void {
    const reading = this.#read();
    if (reading === null || reading.powerWatts === null || reading.at < this.#startedAt) return;
    this.#watts.set(reading.at, reading.powerWatts);
  }
}
