import { spawnSync } from 'node:child_process';
import type { FfmpegBuild } from '../../src/common/device.ts';
import type { DeviceId } from '../../src/common/ids.ts';
import type { PresetOverrides } from '../../src/common/job.ts';
import type { VideoCodec } from '../../src/common/preset.ts';
import type { Problem } from '../../src/common/problem.ts';
import type { Exit, Host } from '../../src/engine/hosts/host.ts';
import { classifyFailure } from '../../src/engine/media/classify-failure.ts';
import { planEncode } from '../../src/engine/media/encode-plan.ts';
import type {
  Avoidance,
  EncodePlan,
  GpuPipelineSupport,
  NvencEncoder,
} from '../../src/engine/media/encode-request.ts';
import { inspectSource } from '../../src/engine/media/inspect-source.ts';
import { applyOverrides, BUILT_IN_PRESETS } from '../../src/engine/media/presets.ts';
import { testFfprobe } from '../support/clips.ts';
import type { VirtualMachine } from '../support/virtual-gpu.ts';

const NVENC: Readonly<Record<VideoCodec, NvencEncoder>> = {
  h264: 'h264_nvenc',
  hevc: 'hevc_nvenc',
  av1: 'av1_nvenc',
};

export interface VirtualEncode {
  readonly source: string;
  readonly outputPath: string;
  readonly preset?: string;
  readonly set?: PresetOverrides;
  /** Place of the GPU in the machine's description, or any UUID. */
  readonly gpu?: number | string;
  readonly bFrames?: boolean;
  readonly gpuPipeline?: GpuPipelineSupport;
  readonly avoid?: Avoidance;
}

export interface VirtualResult {
  readonly plan: EncodePlan;
  readonly exit: Exit;
  readonly stderr: readonly string[];
  /** Why it failed, as a job would say it; null when it did not. */
  readonly problem: Problem | null;
}

/** Plans an encode as a job does and runs it with a real ffmpeg on a machine with virtual GPUs. */
export async function encodeOn(
  machine: VirtualMachine,
  { host, build }: { host: Host; build: FfmpegBuild },
  wanted: VirtualEncode,
): Promise<VirtualResult> {
  const recipe = BUILT_IN_PRESETS.find((entry) => entry.id === (wanted.preset ?? 'h264'));
  if (!recipe) throw new Error(`no preset ${wanted.preset}`);
  const preset = applyOverrides(recipe, wanted.set ?? {});
  const { gpu = 0 } = wanted;
  const gpuUuid = typeof gpu === 'string' ? gpu : (machine.machine.gpus[gpu]?.uuid ?? 'GPU-none');
  const plan = planEncode({
    preset,
    source: await inspectSource(host, testFfprobe, wanted.source),
    target: {
      kind: 'nvenc',
      deviceId: gpuUuid as DeviceId,
      encoder: NVENC[preset.video.codec],
      gpuUuid,
      tenBit: true,
      bFrames: wanted.bFrames ?? true,
      ...(wanted.gpuPipeline ? { gpuPipeline: wanted.gpuPipeline } : {}),
    },
    build,
    outputPath: wanted.outputPath,
    statsPath: `${wanted.outputPath}.pass`,
    ...(wanted.avoid ? { avoid: wanted.avoid } : {}),
  });
  const stderr: string[] = [];
  const child = await host.exec(
    { ...plan.encode, env: { ...plan.encode.env, ...machine.env } },
    { onStderrLine: (line) => stderr.push(line) },
  );
  const exit = await child.done;
  const problem =
    exit.exitCode === 0
      ? null
      : classifyFailure({ exit, stderr, sourcePath: wanted.source, outputPath: wanted.outputPath });
  return { plan, exit, stderr, problem };
}

export interface CodedVideo {
  readonly codec: string;
  readonly profile: string;
  readonly pixelFormat: string;
  readonly size: string;
  readonly frames: number;
  readonly bFrames: number;
  /** Whether times of frames grow from one to the next, as they are shown. */
  readonly inOrder: boolean;
}

/** Decodes a file to its end and says what its first video is made of. */
export function codedVideo(path: string): CodedVideo {
  const entries = 'stream=codec_name,profile,pix_fmt,width,height:frame=pict_type,pts';
  const { stdout, stderr, status } = spawnSync(
    testFfprobe,
    ['-v', 'error', '-select_streams', 'v:0', '-show_entries', entries, '-of', 'json', `file:${path}`],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (status !== 0 || stderr !== '') throw new Error(`ffprobe ${path}: ${stderr}`);
  const { streams, frames } = JSON.parse(stdout) as {
    streams: { codec_name: string; profile: string; pix_fmt: string; width: number; height: number }[];
    frames: { pict_type: string; pts: number }[];
  };
  const [stream] = streams;
  if (!stream) throw new Error(`no video in ${path}`);
  return {
    codec: stream.codec_name,
    profile: stream.profile,
    pixelFormat: stream.pix_fmt,
    size: `${stream.width}x${stream.height}`,
    frames: frames.length,
    bFrames: frames.filter((frame) => frame.pict_type === 'B').length,
    inOrder: frames.every((frame, i) => i === 0 || frame.pts > (frames[i - 1]?.pts ?? 0)),
  };
}
