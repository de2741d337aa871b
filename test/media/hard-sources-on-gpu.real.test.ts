import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FfmpegBuild, GpuDecodeCodec } from '../../src/common/device.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { runCommand } from '../../src/engine/hosts/run-command.ts';
import { planEncode } from '../../src/engine/media/encode-plan.ts';
import type { EncodePlan, GpuPipelineSupport } from '../../src/engine/media/encode-request.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { inspectSource } from '../../src/engine/media/inspect-source.ts';
import { verifyOutput } from '../../src/engine/media/verify-output.ts';
import { testFfprobe } from '../support/clips.ts';
import { startVirtualMachine, type VirtualMachine, virtualGpuProblem } from '../support/virtual-gpu.ts';
import type { HardSource } from './hard-sources/hard-source.ts';
import { TIMING } from './hard-sources/timing.ts';
import { cpu, request } from './plan-request.ts';
import { type CodedVideo, codedVideo, encodeOn } from './virtual-gpu-encodes.ts';

/** Sources whose timing is hard, through the GPU's encoder and where it can be through its decoder: as the CPU does them. */
const why = virtualGpuProblem();
const DECODERS: readonly GpuDecodeCodec[] = ['h264', 'hevc', 'av1', 'vp9', 'mpeg2video'];
const ALL: GpuPipelineSupport = {
  decoders: DECODERS.map((codec) => ({ codec, tenBit: false })),
  scales: true,
};

const host = new LocalHost();
const root = mkdtempSync(join(tmpdir(), 'gantry-hard-on-gpu-'));
let build: FfmpegBuild;
let machine: VirtualMachine;

beforeAll(async () => {
  if (why !== null) return;
  machine = await startVirtualMachine('laptop');
  const builds = await discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env });
  const found = builds.find((entry) => entry.problem === null && /^5\.1/.test(entry.version));
  if (!found) throw new Error('These tests need the ffmpeg 5.1 of Debian 12.');
  build = found;
});

afterAll(async () => {
  await machine?.dispose();
  rmSync(root, { recursive: true, force: true });
  await host.dispose();
});

interface Made {
  readonly coded: CodedVideo;
  readonly durationMs: number;
}

async function look(path: string, plan: EncodePlan): Promise<Made> {
  const { durationMs } = await verifyOutput(host, testFfprobe, path, plan.expected);
  return { coded: codedVideo(path), durationMs };
}

async function onCpu({ preset, set = {} }: HardSource, path: string, outputPath: string): Promise<Made> {
  const recipe = request(preset, [], { set, build, target: cpu('libx264') });
  const source = await inspectSource(host, testFfprobe, path);
  const plan = planEncode({ ...recipe, source, outputPath });
  const run = await runCommand(host, plan.encode);
  expect(run.exitCode, run.stderr).toBe(0);
  return look(outputPath, plan);
}

/** ffmpeg 5.1 has no AV1 for NVENC, and NVENC takes no picture narrower than 145 pixels. */
const rows = TIMING.filter(
  ({ becomes, preset }) => typeof becomes !== 'string' && /^\d{3,}x/.test(becomes.size) && preset !== 'av1',
);

describe.skipIf(why !== null)(`on a GPU${why === null ? '' : ` (skipped: ${why})`}`, () => {
  it.each(rows)('$claim ($file, $preset)', async (hard) => {
    const folder = mkdtempSync(join(root, 'source-'));
    const source = join(folder, hard.file);
    hard.make(source, folder);
    const wanted = await onCpu(hard, source, join(folder, 'cpu.mp4'));
    for (const gpuPipeline of [undefined, ALL]) {
      const outputPath = join(folder, 'gpu.mp4');
      const made = await encodeOn(
        machine,
        { host, build },
        {
          ...{ source, outputPath, preset: hard.preset, set: hard.set ?? {} },
          ...(gpuPipeline ? { gpuPipeline } : {}),
        },
      );
      expect(made.problem, made.stderr.join('\n')).toBeNull();
      const { coded, durationMs } = await look(outputPath, made.plan);
      expect([coded.frames, coded.size]).toEqual([wanted.coded.frames, wanted.coded.size]);
      const moved = coded.timesMs.map((time, i) => Math.abs(time - (wanted.coded.timesMs[i] ?? 0)));
      expect(Math.max(...moved)).toBeLessThan(0.1);
      expect(Math.abs(durationMs - wanted.durationMs)).toBeLessThan(1);
    }
  });
});
