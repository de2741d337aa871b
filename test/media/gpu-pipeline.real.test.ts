import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FfmpegBuild, GpuDecodeCodec } from '../../src/common/device.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { shouldRetryWithCpuDecode } from '../../src/engine/media/encode/gpu-pipeline.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { verifyOutput } from '../../src/engine/media/verify-output.ts';
import { ffmpeg, testFfprobe } from '../support/clips.ts';
import { startVirtualMachine, type VirtualMachine, virtualGpuProblem } from '../support/virtual-gpu.ts';
import { codedVideo, encodeOn, unevennessMs, type VirtualEncode } from './virtual-gpu-encodes.ts';

/**
 * ffmpeg's own code for NVDEC, scale_cuda and NVENC runs here; what comes out of the virtual decoder is a made-up picture, so
 * frames are counted, and looked at no further.
 */
const why = virtualGpuProblem();
const skipped = why === null ? '' : ` (skipped: ${why})`;
const host = new LocalHost();
const folder = mkdtempSync(join(tmpdir(), 'gantry-gpu-pipeline-'));
const outputPath = join(folder, 'out.mp4');

/** More than all the frames that a decoder on a GPU and an encoder there hold together. */
const FRAMES = 75;
const SOURCES = {
  'h264.mkv': ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'],
  'hevc.mkv': ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error'],
  'hevc-10.mkv': ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error'],
  'vp9.mkv': ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-pix_fmt', 'yuv420p'],
  'av1.mkv': ['-c:v', 'libsvtav1', '-preset', '12', '-pix_fmt', 'yuv420p'],
  'mpeg2.mkv': ['-c:v', 'mpeg2video', '-pix_fmt', 'yuv420p'],
} as const;
type Source = keyof typeof SOURCES;

const DECODERS: readonly GpuDecodeCodec[] = ['h264', 'hevc', 'av1', 'vp9', 'mpeg2video'];
/** As a probe finds it on these machines: see prove-decoders.real.test.ts. */
const gpuPipeline = {
  decoders: DECODERS.map((codec) => ({ codec, tenBit: ['hevc', 'av1', 'vp9'].includes(codec) })),
  scales: true,
};

let build: FfmpegBuild;
let machine: VirtualMachine | null = null;

async function start(...args: Parameters<typeof startVirtualMachine>): Promise<VirtualMachine> {
  machine = await startVirtualMachine(...args);
  return machine;
}

function encode(on: VirtualMachine, source: Source | string, wanted: Partial<VirtualEncode> = {}) {
  return encodeOn(on, { host, build }, { source: join(folder, source), outputPath, gpuPipeline, ...wanted });
}

beforeAll(async () => {
  if (why !== null) return;
  for (const [name, args] of Object.entries(SOURCES)) {
    const depth = name.includes('10') ? ['-pix_fmt', 'yuv420p10le'] : ['-pix_fmt', 'yuv420p'];
    ffmpeg(
      ...['-f', 'lavfi', '-i', 'testsrc2=size=384x288:rate=25', '-f', 'lavfi', '-i', 'sine'],
      ...['-frames:v', String(FRAMES), '-t', '3', ...args, ...depth, '-c:a', 'aac', join(folder, name)],
    );
  }
  const builds = await discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env });
  const found = builds.find((entry) => entry.problem === null && /^5\.1/.test(entry.version));
  if (!found) throw new Error('These tests need the ffmpeg 5.1 of Debian 12.');
  build = found;
});

afterEach(async () => {
  await machine?.dispose();
  machine = null;
  rmSync(outputPath, { force: true });
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await host.dispose();
});

describe.skipIf(why !== null)(`from decoder to encoder on one GPU${skipped}`, () => {
  const cases: readonly { source: Source; preset: string; tenBit?: boolean }[] = [
    { source: 'h264.mkv', preset: 'h264' },
    { source: 'h264.mkv', preset: 'hevc' },
    { source: 'hevc.mkv', preset: 'h264' },
    { source: 'hevc-10.mkv', preset: 'hevc-10bit', tenBit: true },
    { source: 'vp9.mkv', preset: 'hevc' },
    { source: 'av1.mkv', preset: 'h264' },
    { source: 'mpeg2.mkv', preset: 'h264' },
  ];
  it.each(cases)('no frame of $source is lost on the way to $preset', async ({ source, preset, tenBit }) => {
    const on = await start('laptop');
    const { plan, problem, stderr } = await encode(on, source, { preset });
    expect(plan.pipeline).toBe('gpu');
    expect(problem, stderr.join('\n')).toBeNull();
    expect(stderr).toEqual([]);
    await verifyOutput(host, testFfprobe, outputPath, plan.expected);
    const coded = codedVideo(outputPath);
    expect(coded).toMatchObject({ size: '384x288', frames: FRAMES });
    expect(unevennessMs(coded, 25)).toBeLessThan(0.01);
    expect(coded.pixelFormat).toBe(tenBit ? 'yuv420p10le' : 'yuv420p');
    expect(coded.bFrames).toBeGreaterThan(0);
    expect((await on.state()).gpus[0]).toMatchObject({ framesDecoded: FRAMES, framesEncoded: FRAMES });
  });

  it('the picture is scaled there, either way, and frames above a limit are dropped', async () => {
    const on = await start('laptop');
    for (const [height, size] of [
      [192, '256x192'],
      [112, '150x112'],
    ] as const) {
      const set = { 'video.maxHeight': height, 'video.maxFrameRate': 5 };
      const { plan, problem, stderr } = await encode(on, 'h264.mkv', { set });
      expect([plan.pipeline, problem], stderr.join('\n')).toEqual(['gpu', null]);
      expect(codedVideo(outputPath)).toMatchObject({ size, frames: FRAMES / 5 });
    }
  });

  it('the GPU with the UUID does all of it, and no other one any', async () => {
    const on = await start('two-mixed');
    expect((await encode(on, 'h264.mkv', { gpu: 1 })).problem).toBeNull();
    const chosen = on.machine.gpus[1]?.uuid;
    const { gpus } = await on.state();
    expect(gpus.filter((gpu) => gpu.framesDecoded + gpu.framesEncoded > 0)).toMatchObject([
      { uuid: chosen, framesDecoded: FRAMES, framesEncoded: FRAMES },
    ]);
  });

  it('a cover and sound are carried along and decoded by nobody', async () => {
    const cover = join(folder, 'cover.jpg');
    ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=64x64', '-frames:v', '1', cover);
    const source = 'with cover.mp4';
    ffmpeg(
      ...['-i', cover, '-i', join(folder, 'h264.mkv'), '-map', '0', '-map', '1', '-c', 'copy'],
      ...['-disposition:v:0', 'attached_pic', '-disposition:v:1', 'default', join(folder, source)],
    );
    const on = await start('laptop');
    const { plan, problem, stderr } = await encode(on, source);
    expect([plan.pipeline, problem], stderr.join('\n')).toEqual(['gpu', null]);
    await verifyOutput(host, testFfprobe, outputPath, plan.expected);
    expect((await on.state()).gpus[0]).toMatchObject({ framesDecoded: FRAMES, framesEncoded: FRAMES });
  });
});

describe.skipIf(why !== null)(`where the GPU does not decode${skipped}`, () => {
  async function fallsBack(on: VirtualMachine, line: RegExp): Promise<void> {
    const first = await encode(on, 'h264.mkv');
    expect(first.plan.pipeline).toBe('gpu');
    expect(first.problem?.code, first.stderr.join('\n')).toBe('gpu-decode-failed');
    expect(first.problem?.detail).toMatch(line);
    expect(first.problem && shouldRetryWithCpuDecode(first.problem, first.plan)).toBe(true);
    const second = await encode(on, 'h264.mkv', { avoid: { gpuDecode: true } });
    expect([second.plan.pipeline, second.problem]).toEqual(['gpu-encode', null]);
    expect(codedVideo(outputPath).frames).toBe(FRAMES);
    expect((await on.state()).gpus[0]?.framesDecoded).toBe(0);
  }

  it('this codec, the CPU decodes and the same GPU encodes', async () => {
    const on = await start('laptop', { everyGpu: { decoders: 'hevc' } });
    await fallsBack(on, /Hardware is lacking required capabilities$/);
  });

  it('at the moment, likewise', async () => {
    const on = await start('laptop', { everyGpu: { decoderFails: true } });
    await fallsBack(on, /cuvidCreateDecoder.* failed -> CUDA_ERROR_OUT_OF_MEMORY/);
  });

  it('because its library is not there, likewise', async () => {
    const on = await start('container-without-video');
    const first = await encode(on, 'h264.mkv');
    expect(first.problem?.code, first.stderr.join('\n')).toBe('gpu-decode-failed');
    expect(first.problem?.message).toContain('without its video decoding part');
    expect(first.problem && shouldRetryWithCpuDecode(first.problem, first.plan)).toBe(true);
  });

  it('because it is lost in the middle, the loss is told, and no CPU helps', async () => {
    const on = await start('laptop', { everyGpu: { lostAfterFrames: 20 } });
    const first = await encode(on, 'h264.mkv');
    expect(first.problem?.code, first.stderr.join('\n')).toBe('gpu-lost');
    expect(first.problem && shouldRetryWithCpuDecode(first.problem, first.plan)).toBe(false);
  });
});
