import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FfmpegBuild } from '../../src/common/device.ts';
import type { PresetOverrides } from '../../src/common/job.ts';
import type { VideoCodec } from '../../src/common/preset.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { runCommand } from '../../src/engine/hosts/run-command.ts';
import { classifyFailure } from '../../src/engine/media/classify-failure.ts';
import { planEncode } from '../../src/engine/media/encode-plan.ts';
import type { NvencEncoder } from '../../src/engine/media/encode-request.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { inspectSource } from '../../src/engine/media/inspect-source.ts';
import { makeClip, testFfprobe } from '../support/clips.ts';
import { nvenc, request } from './plan-request.ts';

const ENCODERS: Record<VideoCodec, NvencEncoder> = {
  h264: 'h264_nvenc',
  hevc: 'hevc_nvenc',
  av1: 'av1_nvenc',
};
/** Every NVENC preset that is used, and both ways to set the rate. */
const SETTINGS: readonly PresetOverrides[] = [
  { 'video.effort': 'fastest' },
  { 'video.effort': 'fast', 'video.rate.bitRateBps': 1_000_000 },
  { 'video.effort': 'medium' },
  { 'video.effort': 'slow' },
];

const host = new LocalHost();
const folder = mkdtempSync(join(tmpdir(), 'gantry-nvenc-'));
const clip = join(folder, 'clip.mp4');
const builds = (await discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env })).filter(
  (build) => build.problem === null && build.encoders.includes('h264_nvenc'),
);

const cases = builds.flatMap((build) =>
  (['h264', 'hevc', 'hevc-10bit', 'av1'] as const)
    .filter((preset) => build.encoders.includes(ENCODERS[preset === 'hevc-10bit' ? 'hevc' : preset]))
    .flatMap((preset) => [true, false].map((bFrames) => ({ build, preset, bFrames }))),
);

beforeAll(() => {
  makeClip(clip, { seconds: 1, size: '256x256' });
  if (builds.length === 0)
    throw new Error('These tests need an ffmpeg with NVENC; npm installs one on Linux.');
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await host.dispose();
});

/**
 * ffmpeg rejects an option or a value that it does not know before it looks for a driver. So on a machine without one, an
 * encode that gets as far as the driver has no bad option; where there is a GPU, the encode itself may succeed.
 */
describe('every option for NVENC', () => {
  it.each(cases)(
    'is known to ffmpeg $build.version: $preset, B-frames $bFrames',
    async ({ build, preset, bFrames }) => {
      const source = await inspectSource(host, testFfprobe, clip);
      const codec = preset === 'hevc-10bit' ? 'hevc' : preset;
      // B-frames change the same arguments whatever the rest is.
      for (const set of bFrames ? SETTINGS : SETTINGS.slice(0, 1)) {
        const wanted = request(preset, [], {
          set,
          target: nvenc(ENCODERS[codec], { bFrames }),
          build,
        });
        const outputPath = join(folder, 'out.mp4');
        const { encode } = planEncode({ ...wanted, source, outputPath });
        const run = await runCommand(host, encode, { timeoutMs: 60_000 });
        if (run.exitCode === 0) {
          expect(existsSync(outputPath)).toBe(true);
          continue;
        }
        const stderr = run.stderr.split('\n');
        const found = classifyFailure({ exit: run, stderr, sourcePath: clip, outputPath });
        // Without a driver this; with a GPU of another name, or one that lacks the encoder, one of the others.
        expect(['no-nvidia-driver', 'no-cuda-device', 'no-nvenc', 'driver-too-old']).toContain(found.code);
      }
    },
  );
});

/** Everything proven: what is planned then is decoded, scaled and encoded on the GPU. */
const ON_GPU = { decoders: [{ codec: 'h264' as const, tenBit: false }], scales: true };

describe('decoding and scaling on the GPU', () => {
  const scaled: readonly PresetOverrides[] = [
    {},
    { 'video.maxHeight': 160 },
    { 'video.maxHeight': 96, 'video.maxFrameRate': 10 },
  ];
  const plan = async (build: FfmpegBuild, set: PresetOverrides) => {
    const source = await inspectSource(host, testFfprobe, clip);
    const wanted = request('h264', [], { set, target: nvenc('h264_nvenc', { gpuPipeline: ON_GPU }), build });
    return planEncode({ ...wanted, source, outputPath: join(folder, 'out.mp4') });
  };
  const scaling = builds.filter((build) => build.filters.includes('scale_cuda'));

  it.each(scaling)('asks ffmpeg $version for nothing that it does not know', async (build) => {
    for (const set of scaled) {
      const { encode, pipeline } = await plan(build, set);
      expect(pipeline).toBe('gpu');
      const run = await runCommand(host, encode, { timeoutMs: 60_000 });
      if (run.exitCode === 0) continue;
      const stderr = run.stderr.split('\n');
      const found = classifyFailure({ exit: run, stderr, sourcePath: clip, outputPath: '' });
      expect(['no-nvidia-driver', 'no-cuda-device', 'no-nvenc', 'driver-too-old']).toContain(found.code);
    }
  });

  // Options of the input are read before a driver is looked for, those of filters only behind a decoder that works.
  it.each(scaling)('asks the filters of ffmpeg $version for nothing that they do not know', async (build) => {
    const filterRun = async (filters: string) => {
      const input = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:duration=1'];
      const args = ['-v', 'error', '-nostdin', ...input, '-vf', filters, '-f', 'null', '-'];
      return (await runCommand(host, { file: build.ffmpegPath, args })).stderr;
    };
    for (const set of scaled) {
      const { encode } = await plan(build, set);
      const filters = encode.args[encode.args.indexOf('-filter:v:0') + 1] ?? '';
      expect(filters).toContain('scale_cuda');
      // Known to the filter, which then finds that the frames are on no GPU.
      expect(await filterRun(filters)).toMatch(/^Impossible to convert between the formats/m);
      expect(await filterRun(filters.replace('scale_cuda=', 'scale_cuda=no_such_option=1:'))).not.toContain(
        'Impossible',
      );
    }
  });
});
