import type { BenchRate } from '../../common/bench.ts';
import { Preset, type VideoCodec } from '../../common/preset.ts';
import { hasTwoPasses } from '../media/encode/cpu-video-args.ts';
import type { CpuEncoder, EncodeTarget } from '../media/encode-request.ts';
import type { BenchSourceSpec } from './bench-source.ts';

/** One encode to measure. */
export interface BenchCase {
  /** The encoder's own preset. */
  readonly encoderPreset: string;
  readonly rate: BenchRate;
}

interface PresetsOfEncoder {
  readonly quality: readonly string[];
  /** The one that is also measured at a bit rate, in one pass and, where the encoder gains from them, in two. */
  readonly bitRate: string;
}

const NVENC: PresetsOfEncoder = { quality: ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'], bitRate: 'p5' };
const QUICK_NVENC: PresetsOfEncoder = { quality: ['p1', 'p5', 'p7'], bitRate: 'p5' };

/**
 * From the fastest to those that a film is encoded with; those that take minutes for ten seconds are left out. The CPU's
 * references (`CPU_REFERENCE` in common) are among them at every rate.
 */
const CPU: Record<CpuEncoder, PresetsOfEncoder> = {
  libx264: { quality: ['ultrafast', 'veryfast', 'fast', 'medium', 'slow'], bitRate: 'medium' },
  libx265: { quality: ['ultrafast', 'superfast', 'fast', 'medium'], bitRate: 'medium' },
  libsvtav1: { quality: ['12', '10', '8', '6'], bitRate: '8' },
};
const QUICK_CPU: Record<CpuEncoder, PresetsOfEncoder> = {
  libx264: { quality: ['veryfast', 'medium'], bitRate: 'medium' },
  libx265: { quality: ['superfast', 'medium'], bitRate: 'medium' },
  libsvtav1: { quality: ['10', '8'], bitRate: '8' },
};

/** What is measured of an encoder. A GPU has no second pass to run. */
export function benchCases(target: EncodeTarget, quick: boolean): BenchCase[] {
  const isCpu = target.kind === 'cpu';
  const presets = isCpu ? (quick ? QUICK_CPU : CPU)[target.encoder] : quick ? QUICK_NVENC : NVENC;
  const rates: BenchRate[] = isCpu && hasTwoPasses(target.encoder) ? ['bit-rate', 'two-pass'] : ['bit-rate'];
  return [
    ...presets.quality.map((encoderPreset) => ({ encoderPreset, rate: 'quality' as const })),
    ...rates.map((rate) => ({ encoderPreset: presets.bitRate, rate })),
  ];
}

/** About 6 Mbit/s for 1080p at 30 frames a second: tight enough that encoders differ. */
const BITS_PER_PIXEL = 0.1;
const FRAMES_PER_SECOND = 30;

/** The preset of the product that an encode of the benchmark follows. 8 bits, so that every device can take part. */
export function benchPreset(codec: VideoCodec, rate: BenchRate, spec: BenchSourceSpec): Preset {
  const bitRateBps = Math.round(spec.width * spec.height * FRAMES_PER_SECOND * BITS_PER_PIXEL);
  return Preset.parse({
    id: 'bench',
    name: 'Benchmark',
    container: 'mp4',
    video: {
      codec,
      rate:
        rate === 'quality'
          ? { mode: 'quality', quality: 23 }
          : { mode: 'bit-rate', bitRateBps, twoPass: rate === 'two-pass' },
    },
    audio: { mode: 'none' },
    subtitles: 'none',
  });
}
