import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FfmpegBuild, GpuDecodeCodec } from '../../common/device.ts';
import type { Host } from '../hosts/host.ts';
import { type Probe, runProbe } from './run-probe.ts';

export type BitDepth = 8 | 10;

/** A generated clip: its side in pixels, above every decoder's minimum, and its length. */
export const SAMPLE = { side: 384, frames: 16 } as const;

const TIMEOUT_MS = 30_000;

/** Encoders on a CPU that make a sample of the codec, the usual one first, at their quickest. */
const MAKERS: Readonly<Record<GpuDecodeCodec, readonly (readonly [encoder: string, ...args: string[]])[]>> = {
  h264: [['libx264', '-preset', 'ultrafast']],
  hevc: [['libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error']],
  av1: [
    ['libsvtav1', '-preset', '10'],
    ['libaom-av1', '-cpu-used', '8', '-usage', 'realtime'],
  ],
  vp9: [['libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8']],
  mpeg2video: [['mpeg2video']],
};

/** Whether any of the builds can make a sample of the codec. */
export function canMakeSample(codec: GpuDecodeCodec, builds: readonly FfmpegBuild[]): boolean {
  return makersOf(codec, builds).length > 0;
}

function makersOf(codec: GpuDecodeCodec, builds: readonly FfmpegBuild[]) {
  return MAKERS[codec].flatMap((maker) => {
    const build = builds.find((b) => b.problem === null && b.encoders.includes(maker[0]));
    return build ? [{ build, maker }] : [];
  });
}

/** The command that makes a sample. */
export function sampleCommand(
  ffmpegPath: string,
  [encoder, ...args]: readonly [string, ...string[]],
  depth: BitDepth,
  path: string,
): Probe['command'] {
  const size = `${SAMPLE.side}x${SAMPLE.side}`;
  return {
    file: ffmpegPath,
    args: [
      ...['-hide_banner', '-nostdin', '-y', '-v', 'warning', '-nostats', '-progress', 'pipe:1'],
      ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=30`, '-frames:v', String(SAMPLE.frames)],
      ...['-pix_fmt', depth === 10 ? 'yuv420p10le' : 'yuv420p', '-c:v', encoder, ...args],
      ...['-f', 'matroska', `file:${path}`],
    ],
    env: { AV_LOG_FORCE_NOCOLOR: '1', FFREPORT: undefined, SVT_LOG: '1' },
  };
}

/** Short clips to decode, each made when first asked for, in a temporary folder of their own. */
class DecodeSamples {
  readonly #host: Host;
  readonly #folder = join(tmpdir(), `gantry-decode-${randomUUID()}`);
  readonly #made = new Map<string, Promise<string | null>>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** Path of the sample; null when no build makes it. */
  get(
    codec: GpuDecodeCodec,
    depth: BitDepth,
    builds: readonly FfmpegBuild[],
    signal: AbortSignal,
  ): Promise<string | null> {
    const name = `${codec}-${depth}.mkv`;
    const made = this.#made.get(name) ?? this.#make(codec, depth, builds, name, signal);
    this.#made.set(name, made);
    return made;
  }

  async #make(
    codec: GpuDecodeCodec,
    depth: BitDepth,
    builds: readonly FfmpegBuild[],
    name: string,
    signal: AbortSignal,
  ): Promise<string | null> {
    const path = join(this.#folder, name);
    await this.#host.files.makeFolder(this.#folder);
    for (const { build, maker } of makersOf(codec, builds)) {
      const command = sampleCommand(build.ffmpegPath, maker, depth, path);
      const probe = { command, frames: SAMPLE.frames, timeoutMs: TIMEOUT_MS, name: 'Making a test clip' };
      if ((await runProbe(this.#host, probe, signal)) === null) return path;
    }
    return null;
  }

  async dispose(): Promise<void> {
    await Promise.allSettled(this.#made.values());
    await this.#host.files.remove(this.#folder).catch(() => {});
  }
}

const shared = new WeakMap<Host, { samples: DecodeSamples; users: number }>();

/** Lends the samples of a host: GPUs that are tried at the same time share them, and the last one clears them away. */
export async function withSamples<T>(host: Host, use: (samples: DecodeSamples) => Promise<T>): Promise<T> {
  const held = shared.get(host) ?? { samples: new DecodeSamples(host), users: 0 };
  shared.set(host, held);
  held.users += 1;
  try {
    return await use(held.samples);
  } finally {
    held.users -= 1;
    if (held.users === 0) {
      shared.delete(host);
      await held.samples.dispose();
    }
  }
}
export type { DecodeSamples };
