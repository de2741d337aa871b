import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FfmpegBuild } from '../../src/common/device.ts';
import type { PresetOverrides } from '../../src/common/job.ts';
import type { ProblemCode } from '../../src/common/problem.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { isBackPressure, isGpuFault } from '../../src/engine/media/classify-failure.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { featureToAvoid } from '../../src/engine/media/nvenc-capabilities.ts';
import { BUILT_IN_PRESETS } from '../../src/engine/media/presets.ts';
import { verifyOutput } from '../../src/engine/media/verify-output.ts';
import { makeClip, testFfprobe } from '../support/clips.ts';
import { waitFor } from '../support/processes.ts';
import {
  startVirtualMachine,
  type VirtualGpu,
  type VirtualMachine,
  type VirtualSystem,
  virtualGpuProblem,
} from '../support/virtual-gpu.ts';
import { codedVideo, encodeOn, unevennessMs, type VirtualEncode } from './virtual-gpu-encodes.ts';

const why = virtualGpuProblem();
const host = new LocalHost();
const folder = mkdtempSync(join(tmpdir(), 'gantry-on-virtual-gpu-'));
const clip = join(folder, 'clip.mkv');
const FRAMES = 30;
const outputPath = join(folder, 'out.mp4');

/** The stubs speak the API of Debian's headers, which is the one of Debian's ffmpeg. */
let build: FfmpegBuild;
let machine: VirtualMachine | null = null;

async function start(...args: Parameters<typeof startVirtualMachine>): Promise<VirtualMachine> {
  machine = await startVirtualMachine(...args);
  return machine;
}

function encode(on: VirtualMachine, wanted: Partial<VirtualEncode> = {}) {
  return encodeOn(on, { host, build }, { source: clip, outputPath, ...wanted });
}

beforeAll(async () => {
  if (why !== null) return;
  makeClip(clip, { seconds: FRAMES / 25, size: '320x240' });
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

interface Fault {
  readonly what: string;
  readonly machine?: string;
  readonly system?: VirtualSystem;
  readonly gpu?: Partial<VirtualGpu>;
  readonly wanted?: Partial<VirtualEncode>;
  readonly code: ProblemCode;
  /** ffmpeg's own line that told it. */
  readonly line: RegExp;
}

const FAULTS: readonly Fault[] = [
  {
    what: 'no driver',
    machine: 'none',
    code: 'no-nvidia-driver',
    line: /Cannot load libcuda\.so\.1$/,
  },
  {
    what: 'a driver without its video part',
    machine: 'container-without-video',
    code: 'encode-library-missing',
    line: /Cannot load libnvidia-encode\.so\.1$/,
  },
  {
    what: 'a driver that is too old',
    machine: 'old-driver',
    code: 'driver-too-old',
    line: /Required: 11\.1 Found: 11\.0$/,
  },
  {
    what: 'a driver that does not start',
    system: { driver: 'gone' },
    code: 'gpu-failed',
    line: /cuInit\(0\) failed -> CUDA_ERROR_UNKNOWN: unknown error$/,
  },
  {
    what: 'a GPU that is not there',
    wanted: { gpu: 'GPU-00000000-0000-4000-8000-000000000000' },
    code: 'no-cuda-device',
    line: /CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected$/,
  },
  {
    what: 'a GPU without NVENC',
    machine: 'h100',
    code: 'no-nvenc',
    line: /OpenEncodeSessionEx failed: unsupported device \(2\): \(no details\)$/,
  },
  {
    what: 'every session taken, told by an older driver',
    system: { sessionsAllowed: 1, sessionLimitStatus: 10 },
    gpu: { otherSessions: 1 },
    code: 'session-limit',
    line: /OpenEncodeSessionEx failed: out of memory \(10\): \(no details\)$/,
  },
  {
    what: 'every session taken, told by a newer driver',
    system: { sessionsAllowed: 1, sessionLimitStatus: 21 },
    gpu: { otherSessions: 1 },
    code: 'session-limit',
    line: /OpenEncodeSessionEx failed: incompatible client key \(21\): \(no details\)$/,
  },
  {
    what: 'a session that does not open',
    gpu: { openFails: 20 },
    code: 'gpu-failed',
    line: /OpenEncodeSessionEx failed: generic error \(20\)/,
  },
  {
    what: 'memory that is full',
    gpu: { outOfMemory: true },
    code: 'gpu-out-of-memory',
    line: /cuCtxCreate.* failed -> CUDA_ERROR_OUT_OF_MEMORY: out of memory$/,
  },
  {
    what: 'a codec that the GPU lacks',
    gpu: { codecs: 'h264' },
    wanted: { preset: 'hevc' },
    code: 'capability-missing',
    line: /\[warning\] Codec not supported$/,
  },
  {
    what: '10 bits that the GPU lacks',
    gpu: { hevcTenBit: false },
    wanted: { preset: 'hevc-10bit' },
    code: 'capability-missing',
    line: /\[warning\] 10 bit encode not supported$/,
  },
  {
    what: 'a picture that is too wide',
    gpu: { h264MaxSize: '256x256' },
    code: 'capability-missing',
    line: /\[warning\] Width 320 exceeds 256$/,
  },
  {
    what: 'a picture that is too high',
    gpu: { h264MaxSize: '320x200' },
    code: 'capability-missing',
    line: /\[warning\] Height 240 exceeds 200$/,
  },
  {
    what: 'a picture that is too small',
    gpu: { h264MinSize: '640x480' },
    code: 'capability-missing',
    line: /InitializeEncoder failed: invalid param \(8\): Frame Dimension less than the minimum/,
  },
  {
    what: 'a failure in mid-encode',
    gpu: { failAfterFrames: 5 },
    code: 'gpu-failed',
    line: /EncodePicture failed!: generic error \(20\): EncodeAPI Internal Error\.$/,
  },
  {
    what: 'the same, when a coded frame is fetched',
    gpu: { lockFailsAfterFrames: 5 },
    code: 'gpu-failed',
    line: /Failed locking bitstream buffer: generic error \(20\)/,
  },
  {
    what: 'a GPU lost in mid-encode',
    gpu: { lostAfterFrames: 5 },
    code: 'gpu-lost',
    line: /EncodePicture failed!: device does not exist \(5\)/,
  },
];

describe.skipIf(why !== null)(
  `what a real ffmpeg 5.1 says${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    it.each(FAULTS)('of $what means $code', async (fault) => {
      const on = await start(fault.machine ?? 'laptop', {
        ...(fault.system ? { system: fault.system } : {}),
        ...(fault.gpu ? { everyGpu: fault.gpu } : {}),
      });
      const { problem, stderr } = await encode(on, fault.wanted);
      expect(problem?.code, stderr.join('\n')).toBe(fault.code);
      expect(problem?.detail).toMatch(fault.line);
      expect(problem && isBackPressure(problem)).toBe(fault.code === 'session-limit');
      expect(problem && isGpuFault(problem)).toBe(fault.code !== 'session-limit');
      // What the encode can do without is tested below; none of these is such a thing.
      expect(problem && featureToAvoid(problem)).toBeNull();
    });

    it('of an old driver names the driver to get', async () => {
      const { problem } = await encode(await start('old-driver'));
      expect(problem?.nextStep).toContain('470.57.02');
    });

    it('of a GPU that hangs is nothing, so that only a clock can tell', async () => {
      const on = await start('laptop', { everyGpu: { hangAfterFrames: 5 } });
      const asked = encode(on);
      const hung = await waitFor(
        async () => (await on.state()).sessions.find(({ frames }) => frames >= 5),
        60,
        'an encode that hangs',
      );
      process.kill(hung.pid, 'SIGKILL');
      const { exit, stderr } = await asked;
      expect(exit.signal).toBe('SIGKILL');
      expect(stderr).toEqual([]);
      expect((await on.state()).sessions).toEqual([]);
    });
  },
);

describe.skipIf(why !== null)(`an encode on a virtual GPU${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const PROFILES = { h264: 'High', hevc: 'Main', 'hevc-10bit': 'Main 10' } as const;

  const presets = BUILT_IN_PRESETS.filter((preset) => preset.video.codec !== 'av1').flatMap((preset) =>
    (['quality', 'bit rate'] as const).map((rate) => ({ id: preset.id, video: preset.video, rate })),
  );
  it.each(presets)('with $id at a $rate is what the preset promised', async ({ id, video, rate }) => {
    const on = await start('laptop');
    const set: PresetOverrides = rate === 'quality' ? {} : { 'video.rate.bitRateBps': 400_000 };
    const { plan, problem } = await encode(on, { preset: id, set });
    expect(problem).toBeNull();
    expect(plan.pipeline).toBe('gpu-encode');
    await verifyOutput(host, testFfprobe, outputPath, plan.expected);
    const coded = codedVideo(outputPath);
    const tenBit = video.bitDepth === 10;
    expect(coded).toMatchObject({
      codec: video.codec,
      profile: PROFILES[tenBit ? 'hevc-10bit' : video.codec === 'hevc' ? 'hevc' : 'h264'],
      pixelFormat: tenBit ? 'yuv420p10le' : 'yuv420p',
      size: '320x240',
      frames: FRAMES,
    });
    expect(coded.bFrames).toBeGreaterThan(0);
    expect(unevennessMs(coded, 25)).toBeLessThan(0.01);
    expect((await on.state()).gpus[0]).toMatchObject({ opened: 1, framesEncoded: FRAMES });
  });

  it('with AV1 needs another ffmpeg, and that is said before anything runs', async () => {
    const on = await start('two-mixed');
    await expect(encode(on, { preset: 'av1', gpu: 1 })).rejects.toMatchObject({
      problem: { code: 'encoder-missing' },
    });
  });

  it('runs on the GPU with the UUID that it was given, whatever number that has in CUDA', async () => {
    const on = await start('two-mixed');
    for (const gpu of [0, 1]) expect((await encode(on, { gpu })).problem).toBeNull();
    expect((await on.state()).gpus.map(({ opened }) => opened)).toEqual([1, 1]);
  });

  it('scales on the way', async () => {
    const { problem } = await encode(await start('laptop'), { set: { 'video.maxHeight': 160 } });
    expect(problem).toBeNull();
    expect(codedVideo(outputPath)).toMatchObject({ frames: FRAMES });
    expect(codedVideo(outputPath).size).toMatch(/x160$/);
  });
});

describe.skipIf(why !== null)(`a feature that is missing${why === null ? '' : ` (skipped: ${why})`}`, () => {
  it('on a GTX 1650, B-frames of HEVC, is left out when it was refused', async () => {
    const on = await start('gtx-1650');
    const first = await encode(on, { preset: 'hevc' });
    expect(first.problem?.detail).toMatch(/Max B-frames 4 exceed 0$/);
    const feature = first.problem && featureToAvoid(first.problem);
    expect(feature).toBe('b-frames');
    const second = await encode(on, { preset: 'hevc', avoid: { features: ['b-frames'] } });
    expect(second.problem).toBeNull();
    expect(codedVideo(outputPath)).toMatchObject({
      codec: 'hevc',
      frames: FRAMES,
      bFrames: 0,
    });
  });

  it('is not even asked for where a probe found that out', async () => {
    const on = await start('gtx-1650');
    expect((await encode(on, { preset: 'hevc', bFrames: false })).problem).toBeNull();
    expect(codedVideo(outputPath).bFrames).toBe(0);
    expect((await encode(on, { preset: 'h264' })).problem).toBeNull();
    expect(codedVideo(outputPath).bFrames).toBeGreaterThan(0);
  });

  it('B-frames as references, leaves the B-frames', async () => {
    const on = await start('laptop', { everyGpu: { bFramesAsReference: false } });
    for (const preset of ['h264', 'hevc']) {
      const first = await encode(on, { preset });
      const feature = first.problem && featureToAvoid(first.problem);
      expect(feature, first.stderr.join('\n')).toBe('b-frame-references');
      const second = await encode(on, { preset, avoid: { features: ['b-frame-references'] } });
      expect(second.problem).toBeNull();
      expect(codedVideo(outputPath).bFrames).toBeGreaterThan(0);
    }
  });
});
