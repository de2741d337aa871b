import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FfmpegBuild } from '../../src/common/device.ts';
import type { PresetOverrides } from '../../src/common/job.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { runCommand } from '../../src/engine/hosts/run-command.ts';
import { planEncode } from '../../src/engine/media/encode-plan.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { inspectSource } from '../../src/engine/media/inspect-source.ts';
import { verifyOutput } from '../../src/engine/media/verify-output.ts';
import { ffmpeg, testFfprobe } from '../support/clips.ts';
import { startVirtualMachine, type VirtualMachine, virtualGpuProblem } from '../support/virtual-gpu.ts';
import { nvenc, optionValue, request } from './plan-request.ts';
import { codedVideo, encodeOn, unevennessMs } from './virtual-gpu-encodes.ts';

const why = virtualGpuProblem();
const host = new LocalHost();
const folder = mkdtempSync(join(tmpdir(), 'gantry-nvenc-timing-'));
const SECONDS = 3;
const B_FRAMES = { h264: 3, hevc: 4 } as const;

const builds = await discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env });

let build: FfmpegBuild;
let machine: VirtualMachine;

beforeAll(async () => {
  if (why !== null) return;
  machine = await startVirtualMachine('laptop');
  const found = builds.find((entry) => entry.problem === null && /^5\.1/.test(entry.version));
  if (!found) throw new Error('These tests need the ffmpeg 5.1 of Debian 12.');
  build = found;
});

afterAll(async () => {
  await machine?.dispose();
  rmSync(folder, { recursive: true, force: true });
  await host.dispose();
});

/** A clip whose frames come at a rate, or where `keep` (a filter expression) leaves only some of them. */
function makeSource(name: string, rate: string, keep?: string): string {
  const path = join(folder, name);
  const select = keep === undefined ? [] : ['-vf', `select='${keep}'`, '-vsync', 'vfr'];
  ffmpeg(
    ...['-f', 'lavfi', '-i', `testsrc2=size=320x240:rate=${rate}:duration=${SECONDS}`, ...select],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-pix_fmt', 'yuv420p', path],
  );
  return path;
}

async function encode(source: string, preset: 'h264' | 'hevc', set: PresetOverrides) {
  const outputPath = join(folder, `out.${set['container'] ?? 'mp4'}`);
  const made = await encodeOn(machine, { host, build }, { source, outputPath, preset, set });
  expect(made.problem, made.stderr.join('\n')).toBeNull();
  // The muxer would say so here if it had to guess a time.
  expect(made.stderr).toEqual([]);
  await verifyOutput(host, testFfprobe, outputPath, made.plan.expected);
  const coded = codedVideo(outputPath);
  expect(coded.bFrames).toBeGreaterThan(0);
  return { coded, output: await inspectSource(host, testFfprobe, outputPath) };
}

describe.skipIf(why !== null)(`B-frames of NVENC${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const cases = [
    ...['25', '60', '24000/1001', '30000/1001', '125/6'].map((rate) => [rate, 'h264', 'mp4'] as const),
    ...['24', '30000/1001'].map((rate) => [rate, 'hevc', 'mp4'] as const),
    ...['25', '30000/1001'].map((rate) => [rate, 'h264', 'mkv'] as const),
  ].map(([rate, preset, container]) => ({ rate, preset, container }));
  it.each(cases)(
    'at $rate frames a second in $preset and $container, each comes at its time',
    async (row) => {
      const { rate, preset, container } = row;
      const [num = 0, den = 1] = rate.split('/').map(Number);
      const source = makeSource('even.mkv', rate);
      const { coded, output } = await encode(source, preset, { container });
      expect(coded.frames).toBe(codedVideo(source).frames);
      // Matroska counts in milliseconds.
      expect(unevennessMs(coded, num / den)).toBeLessThan(container === 'mp4' ? 0.01 : 1);
      const wholeMs = (coded.frames * 1000 * den) / num;
      expect(Math.abs((output.durationMs ?? 0) - wholeMs)).toBeLessThan(2);
      if (container === 'mp4') expect(coded.leadMs).toBeCloseTo((B_FRAMES[preset] * 1000 * den) / num, 1);
    },
  );

  it.each(['h264', 'hevc'] as const)('of a source with uneven times keep these in %s', async (preset) => {
    // Runs of frames, then gaps of five: as a phone or a screen recorder leaves them.
    const source = makeSource('uneven.mkv', '30', 'lt(mod(n,11),6)');
    const before = codedVideo(source).timesMs;
    for (const container of ['mp4', 'mkv']) {
      const { coded, output } = await encode(source, preset, { container });
      expect(coded.timesMs).toHaveLength(before.length);
      const moved = coded.timesMs.map((time, i) => Math.abs(time - (before[i] ?? 0)));
      expect(Math.max(...moved)).toBeLessThanOrEqual(1.01);
      expect(output.durationMs).toBeGreaterThanOrEqual((before.at(-1) ?? 0) - 1);
    }
  });

  it.each([30, 29.97])('under a limit of %d frames a second come evenly', async (limit) => {
    const source = makeSource('fast.mkv', '60');
    const { coded } = await encode(source, 'h264', { 'video.maxFrameRate': limit });
    expect(coded.frames).toBeGreaterThanOrEqual(Math.floor(limit * SECONDS));
    expect(unevennessMs(coded, limit)).toBeLessThan(0.05);
  });
});

/**
 * The virtual GPU serves one release of ffmpeg. What NVENC's code in the others gives, decoding times that run a few ticks behind
 * the frames, is given by x264 here, whose own run two frames behind.
 */
describe('decoding times are made anew by every build', () => {
  const able = builds.filter(
    (build) =>
      build.problem === null && build.encoders.includes('libx264') && build.encoders.includes('h264_nvenc'),
  );
  it.each(able)('of ffmpeg $version', async (build) => {
    for (const rate of ['25', '30000/1001']) {
      const [num = 0, den = 1] = rate.split('/').map(Number);
      const source = makeSource('even.mkv', rate);
      const wanted = request('h264', [], { target: nvenc('h264_nvenc'), build });
      const planned = planEncode({ ...wanted, source: await inspectSource(host, testFfprobe, source) });
      const { args } = planned.encode;
      const path = join(folder, 'x264.mp4');
      const behind = `setts=pts=PTS:dts=DTS+2*${den}/${num}/TB-3`;
      const run = await runCommand(host, {
        file: build.ffmpegPath,
        args: [
          ...['-v', 'warning', '-nostdin', '-y', '-i', source],
          ...['-filter:v:0', optionValue(args, '-filter:v:0') ?? '', '-c:v:0', 'libx264', '-bf', '3'],
          ...['-fps_mode:v:0', 'vfr', '-enc_time_base:v:0', optionValue(args, '-enc_time_base:v:0') ?? ''],
          ...['-bsf:v:0', `${behind},${optionValue(args, '-bsf:v:0')}`, path],
        ],
      });
      expect([run.exitCode, run.stderr]).toEqual([0, '']);
      const coded = codedVideo(path);
      expect(coded.bFrames).toBeGreaterThan(0);
      expect(unevennessMs(coded, num / den)).toBeLessThan(0.01);
      expect(coded.leadMs).toBeCloseTo((3000 * den) / num, 1);
    }
  });
});
