import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMakeSample, SAMPLE, withSamples } from '../../src/engine/devices/decode-samples.ts';
import { DECODED_CODECS, decodeCommand } from '../../src/engine/devices/probe-decoder.ts';
import { proveDecoders } from '../../src/engine/devices/prove-decoders.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { runCommand } from '../../src/engine/hosts/run-command.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { testFfprobe } from '../support/clips.ts';
import { memoryCache } from './stand-in-programs.ts';

const host = new LocalHost();
const never = new AbortController().signal;
const builds = (await discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env })).filter(
  (build) => build.problem === null,
);
const capable = builds.filter((build) => build.filters.includes('scale_cuda'));

/** Samples go to the system's temporary folder; here to one that can be looked at. */
const folder = mkdtempSync(join(tmpdir(), 'gantry-decoders-'));
const usualFolder = process.env['TMPDIR'];

beforeAll(() => {
  process.env['TMPDIR'] = folder;
  if (capable.length === 0) throw new Error('These tests need an ffmpeg with scale_cuda; npm installs one.');
});

afterAll(async () => {
  if (usualFolder === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = usualFolder;
  rmSync(folder, { recursive: true, force: true });
  await host.dispose();
});

function videoOf(path: string) {
  const entries = 'stream=codec_name,pix_fmt,width,height,nb_read_frames';
  const { stdout } = spawnSync(
    testFfprobe,
    ['-v', 'error', '-count_frames', '-show_entries', entries, '-of', 'json', `file:${path}`],
    { encoding: 'utf8' },
  );
  return JSON.parse(stdout).streams[0];
}

describe('clips to decode', () => {
  const wanted = capable.flatMap((build) =>
    DECODED_CODECS.filter((codec) => canMakeSample(codec, [build])).flatMap((codec) =>
      ([8, 10] as const)
        .filter((depth) => depth === 8 || !['h264', 'mpeg2video'].includes(codec))
        .map((depth) => ({ build, codec, depth })),
    ),
  );
  it.each(wanted)('ffmpeg $build.version makes $codec with $depth bits', async ({ build, codec, depth }) => {
    await withSamples(host, async (samples) => {
      const path = await samples.get(codec, depth, [build], never);
      expect(videoOf(path ?? 'none')).toMatchObject({
        codec_name: codec,
        pix_fmt: depth === 10 ? 'yuv420p10le' : 'yuv420p',
        ...{ width: SAMPLE.side, height: SAMPLE.side, nb_read_frames: String(SAMPLE.frames) },
      });
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.each(capable.map((build) => ({ build })))('ffmpeg $build.version', ({ build }) => {
  it('takes no frame that was not decoded on a GPU for one that was', async () => {
    await withSamples(host, async (samples) => {
      const path = (await samples.get('h264', 8, builds, never)) ?? '';
      const command = decodeCommand(build.ffmpegPath, 'GPU-a', { codec: 'h264', depth: 8, path });
      const isHwaccel = (arg: string) => /^-(?:hwaccel|threads)/.test(arg);
      const onCpu = command.args.filter((arg, i, all) => !isHwaccel(arg) && !isHwaccel(all[i - 1] ?? ''));
      const run = await runCommand(host, { ...command, args: onCpu });
      expect(run.exitCode).not.toBe(0);
      expect(run.stderr).toContain('Impossible to convert between the formats');
    });
  });

  it('without a driver, or with another GPU, proves nothing and says why', async () => {
    const options = { host, builds: [build], driverVersion: null, cache: memoryCache() };
    const { decoders, pipeline } = await proveDecoders({ gpuUuid: 'GPU-none' }, options, never);
    expect(decoders.length).toBeGreaterThan(0);
    for (const proof of [...decoders, pipeline]) {
      expect(proof.ok).toBe(false);
      expect(['no-nvidia-driver', 'no-cuda-device']).toContain(proof.reason?.code);
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});
