import type { FfmpegBuild, GpuDecodeCodec } from '../../common/device.ts';
import type { DeviceId } from '../../common/ids.ts';
import type { StreamNote } from '../../common/job.ts';
import type { Preset } from '../../common/preset.ts';
import type { SourceInfo } from '../../common/source.ts';
import type { Command } from '../hosts/host.ts';
import type { NvencFeature } from './nvenc-capabilities.ts';

/** The encoder that a task got, with what a probe proved about it on that device. */
export type EncodeTarget =
  | { readonly kind: 'cpu'; readonly deviceId: DeviceId; readonly encoder: CpuEncoder }
  | {
      readonly kind: 'nvenc';
      readonly deviceId: DeviceId;
      readonly encoder: NvencEncoder;
      readonly gpuUuid: string;
      readonly tenBit: boolean;
      readonly bFrames: boolean;
      /** What the GPU does beside encoding, proven with the same build; absent where the CPU must do it. */
      readonly gpuPipeline?: GpuPipelineSupport;
    };
/** Decoders and scaler whose frames the GPU's encoder was seen to take without their leaving the GPU. */
export interface GpuPipelineSupport {
  readonly decoders: readonly { readonly codec: GpuDecodeCodec; readonly tenBit: boolean }[];
  /** Whether `scale_cuda` works there. Nothing stays on the GPU without it. */
  readonly scales: boolean;
}
export type CpuEncoder = 'libx264' | 'libx265' | 'libsvtav1';
export type NvencEncoder = 'h264_nvenc' | 'hevc_nvenc' | 'av1_nvenc';

/** Everything that `planEncode` looks at. Same request, same plan: no clock, no disk. */
export interface EncodeRequest {
  readonly preset: Preset;
  readonly source: SourceInfo;
  readonly target: EncodeTarget;
  readonly build: FfmpegBuild;
  /** Absolute path that ffmpeg writes; the caller publishes it under its final name. */
  readonly outputPath: string;
  /** Absolute path prefix of the two-pass statistics, private to the job. */
  readonly statsPath: string;
  /** What failed before, and is to be done without. */
  readonly avoid?: Avoidance;
  /** The encoder's own preset, e.g. `p4` or `veryfast`, in place of the one that stands for the preset's effort. */
  readonly encoderPreset?: string;
}

export interface Avoidance {
  /** Decoding and scaling on the GPU; the CPU does both. */
  readonly gpuDecode?: boolean;
  readonly features?: readonly NvencFeature[];
}

/** What must be found in the finished file before it may be published. */
export interface ExpectedOutput {
  readonly container: Preset['container'];
  /** Null when the source does not tell its own. */
  readonly durationMs: number | null;
  /** Frames of the source where it tells them and none are left out on purpose; else null or absent. */
  readonly frameCount?: number | null;
  readonly video: { readonly codec: string; readonly width: number; readonly height: number } | null;
  /** The picture's own length, where the source tells it apart from the other tracks'; null otherwise. */
  readonly videoDurationMs: number | null;
  readonly audioStreams: number;
  readonly subtitleStreams: number;
}

export interface EncodePlan {
  /** What must run first: the first of two passes, or cover art written to files; null when neither is needed. */
  readonly prepare: Command | null;
  /** How much of the whole work `prepare` is, 0 to 1. */
  readonly prepareShare: number;
  readonly encode: Command;
  /**
   * Where the picture is worked on: all of it on the CPU, encoded on a GPU after the CPU decoded and scaled it, or on a GPU
   * from the first step to the last.
   */
  readonly pipeline: 'cpu' | 'gpu-encode' | 'gpu';
  readonly expected: ExpectedOutput;
  readonly notes: readonly StreamNote[];
}
