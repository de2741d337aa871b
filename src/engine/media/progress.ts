import type { Progress } from '../../common/job.ts';

/** One block of ffmpeg's `-progress` output, measured against what the whole file is. */
export interface ProgressSample {
  readonly progress: Progress;
  /** End of what was written so far, in media time. */
  readonly outTimeMs: number;
  readonly frame: number;
  /** Bytes written so far; null where the output has no size (a null muxer, a pipe). */
  readonly totalSizeBytes: number | null;
  /** True on ffmpeg's last block. It also comes after an error, so it does not mean success. */
  readonly ended: boolean;
}

/** A point of the recent past, to measure rates from. */
interface Mark {
  readonly atMs: number;
  readonly frame: number;
  readonly outTimeMs: number;
  readonly fraction: number;
}

/** Rates are measured over this much of the recent past: long enough to be calm, short enough to follow a hard scene. */
const RATE_WINDOW_MS = 10_000;
/** Below this span a rate would be noise. */
const MIN_RATE_SPAN_MS = 400;

/**
 * Reads the lines of `-progress pipe:1`. A block of `key=value` lines ends with `progress=continue` or `progress=end`.
 * Speed and ETA follow the recent rate, not the average since the start, which a slow beginning (or a pause) would bend
 * for the rest of the job. The fraction never goes backwards and never exceeds 1.
 */
export class ProgressReader {
  readonly #total: { durationMs: number | null; frameCount: number | null };
  #block = new Map<string, string>();
  #marks: Mark[] = [];
  #fraction = 0;
  #outTimeMs = 0;
  #frame = 0;

  constructor(total: { durationMs: number | null; frameCount: number | null }) {
    this.#total = total;
  }

  /** Takes one line. Returns a sample when the line ended a block. `nowMs` may come from any clock that only goes forward. */
  push(line: string, nowMs: number): ProgressSample | null {
    const equals = line.indexOf('=');
    if (equals < 1) return null;
    const key = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    if (key !== 'progress') {
      this.#block.set(key, value);
      return null;
    }
    const block = this.#block;
    this.#block = new Map();
    return this.#readBlock(block, value === 'end', nowMs);
  }

  /** Forgets the recent rate. To be called when a stopped process goes on, so that the pause does not count as slowness. */
  resumed(): void {
    this.#marks = [];
  }

  #readBlock(block: ReadonlyMap<string, string>, ended: boolean, nowMs: number): ProgressSample {
    // Both start below zero where the encoder has a delay, and some blocks lack them: what was reached stays reached.
    this.#outTimeMs = Math.max(this.#outTimeMs, outTimeMs(block) ?? 0);
    this.#frame = Math.max(this.#frame, wholeNumber(block.get('frame')) ?? 0);
    this.#fraction = Math.max(this.#fraction, this.#measuredFraction());

    this.#marks.push({
      atMs: nowMs,
      frame: this.#frame,
      outTimeMs: this.#outTimeMs,
      fraction: this.#fraction,
    });
    while (this.#marks.length > 2 && nowMs - (this.#marks[0]?.atMs ?? nowMs) > RATE_WINDOW_MS) {
      this.#marks.shift();
    }

    return {
      progress: { fraction: this.#fraction, ...this.#rates(block) },
      outTimeMs: this.#outTimeMs,
      frame: this.#frame,
      totalSizeBytes: wholeNumber(block.get('total_size')),
      ended,
    };
  }

  #measuredFraction(): number {
    const { durationMs, frameCount } = this.#total;
    if (durationMs !== null && durationMs > 0 && this.#outTimeMs > 0) {
      return Math.min(1, this.#outTimeMs / durationMs);
    }
    if (frameCount !== null && frameCount > 0) return Math.min(1, this.#frame / frameCount);
    return 0;
  }

  #rates(block: ReadonlyMap<string, string>): Omit<Progress, 'fraction'> {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    const spanMs = first && last ? last.atMs - first.atMs : 0;
    if (!first || !last || spanMs < MIN_RATE_SPAN_MS) {
      // Until there are two blocks to compare, ffmpeg's own averages are the best there is.
      const fps = positiveNumber(block.get('fps'));
      const speedX = positiveNumber(block.get('speed')?.replace(/x$/, ''));
      return { fps, speedX, etaMs: this.#fraction >= 1 ? 0 : null };
    }
    const fractionPerMs = (last.fraction - first.fraction) / spanMs;
    return {
      fps: positive(((last.frame - first.frame) * 1000) / spanMs),
      speedX: positive((last.outTimeMs - first.outTimeMs) / spanMs),
      etaMs:
        this.#fraction >= 1 ? 0 : fractionPerMs > 0 ? Math.round((1 - this.#fraction) / fractionPerMs) : null,
    };
  }
}

/**
 * Media time of a block in milliseconds; null for `N/A`. ffmpeg's `out_time_ms` holds microseconds by an old mistake
 * that it keeps for compatibility, and 2018 builds have no `out_time_us`, so it is read as what it is.
 */
function outTimeMs(block: ReadonlyMap<string, string>): number | null {
  const micros = wholeNumberOrNegative(block.get('out_time_us') ?? block.get('out_time_ms'));
  return micros === null ? null : Math.max(0, micros / 1000);
}

function wholeNumberOrNegative(text: string | undefined): number | null {
  if (text === undefined || !/^-?\d+$/.test(text)) return null;
  const value = Number(text);
  // Before the first packet some versions print the smallest 64-bit number instead of N/A.
  return Math.abs(value) > Number.MAX_SAFE_INTEGER ? null : value;
}

function wholeNumber(text: string | undefined): number | null {
  const value = wholeNumberOrNegative(text);
  return value === null || value < 0 ? null : value;
}

function positiveNumber(text: string | undefined): number | null {
  return text === undefined || !/^[\d.]+(e[+-]?\d+)?$/i.test(text) ? null : positive(Number(text));
}

function positive(value: number): number | null {
  return Number.isFinite(value) && value > 0 ? value : null;
}
