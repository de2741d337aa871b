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
  /** Times of frames as they are shown, from the first one on, in milliseconds. */
  readonly timesMs: readonly number[];
  /** Time of the first packet's decoding before the first frame is shown, in milliseconds; null where the container keeps none. */
  readonly leadMs: number | null;
}

/** Decodes a file to its end and says what its first video is made of. */
export function codedVideo(path: string): CodedVideo {
  const entries =
    'stream=codec_name,profile,pix_fmt,width,height:frame=pict_type,pts_time:packet=pts_time,dts_time';
  const { stdout, stderr, status } = spawnSync(
    testFfprobe,
    ['-v', 'error', '-select_streams', 'v:0', '-show_entries', entries, '-of', 'json', `file:${path}`],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (status !== 0 || stderr !== '') throw new Error(`ffprobe ${path}: ${stderr}`);
  const { streams, packets_and_frames: entriesRead } = JSON.parse(stdout) as {
    streams: { codec_name: string; profile: string; pix_fmt: string; width: number; height: number }[];
    packets_and_frames: { type: string; pict_type?: string; pts_time: string; dts_time?: string }[];
  };
  const frames = entriesRead.filter((entry) => entry.type === 'frame');
  const packet = entriesRead.find((entry) => entry.type === 'packet');
  const [stream] = streams;
  if (!stream) throw new Error(`no video in ${path}`);
  return {
    codec: stream.codec_name,
    profile: stream.profile,
    pixelFormat: stream.pix_fmt,
    size: `${stream.width}x${stream.height}`,
    frames: frames.length,
    bFrames: frames.filter((frame) => frame.pict_type === 'B').length,
    timesMs: frames.map((frame) => 1000 * (Number(frame.pts_time) - Number(frames[0]?.pts_time))),
    leadMs:
      packet?.dts_time === undefined ? null : 1000 * (Number(packet.pts_time) - Number(packet.dts_time)),
  };
}

/** How far frames lie from the even times of a rate, at the most, in milliseconds. */
export function unevennessMs({ timesMs }: CodedVideo, rate: number): number {
  return Math.max(...timesMs.map((time, i) => Math.abs(time - (i * 1000) / rate)));
}
