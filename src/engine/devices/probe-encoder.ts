import type { EncoderProof, FfmpegBuild } from '../../common/device.ts';
import type { VideoCodec } from '../../common/preset.ts';
import { type Problem, type ProblemCode, toProblem } from '../../common/problem.ts';
import type { Command, Exit, Host } from '../hosts/host.ts';
import { classifyFailure } from '../media/classify-failure.ts';
import type { CpuEncoder, NvencEncoder } from '../media/encode-request.ts';
import { ProgressReader } from '../media/progress.ts';
import { StderrLog } from '../media/stderr-log.ts';

export const CPU_ENCODERS: Readonly<Record<VideoCodec, CpuEncoder>> = {
  h264: 'libx264',
  hevc: 'libx265',
  av1: 'libsvtav1',
};

export const NVENC_ENCODERS: Readonly<Record<VideoCodec, NvencEncoder>> = {
  h264: 'h264_nvenc',
  hevc: 'hevc_nvenc',
  av1: 'av1_nvenc',
};

/** What is asked of an encoder: that it works at all, that it takes 10-bit pictures, that it makes B-frames. */
export type ProbeVariant = 'plain' | 'ten-bit' | 'b-frames';

/** Where and with what the test encode runs. */
export type ProbeTarget =
  | { readonly kind: 'cpu'; readonly codec: VideoCodec }
  | { readonly kind: 'gpu'; readonly codec: VideoCodec; readonly gpuUuid: string };

export interface ProbeResult {
  readonly proof: EncoderProof;
  /** False when the outcome may be another one in a minute, so that it must not be remembered. */
  readonly isLasting: boolean;
}

/** NVENC's smallest picture is up to 192×128 (by codec and GPU); a smaller probe would give a false "no". */
const PICTURE = 'testsrc2=size=256x256:rate=30';
const FRAMES = 8;
const TIMEOUT_MS = 20_000;

/** Reasons that stay as long as GPU, driver and build stay. All others may pass, e.g. with a restart. */
const LASTING: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'encoder-missing',
  'invalid-argument',
  'no-nvenc',
  'capability-missing',
  'driver-too-old',
]);

/**
 * Proves by real encodes of a few generated frames what an encoder of a build can do on a device: listing an encoder
 * proves nothing. Runs at low priority, one process at a time, each for at most 20 s. Never throws but for an abort.
 */
export async function probeEncoder(
  host: Host,
  build: FfmpegBuild,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const encoder = encoderOf(target);
  const plain = await tryEncode(host, probeCommand(build.ffmpegPath, target, 'plain'), signal);
  if (plain !== null) {
    const proof = { codec: target.codec, encoder, ok: false, reason: plain, buildId: build.id };
    return {
      proof: {
        ...proof,
        tenBit: null,
        tenBitReason: null,
        bFrames: null,
        bFramesReason: null,
        buildNote: null,
      },
      isLasting: LASTING.has(plain.code),
    };
  }
  const variants: ProbeVariant[] = target.kind === 'gpu' ? ['ten-bit', 'b-frames'] : ['ten-bit'];
  const answers = new Map<ProbeVariant, boolean>();
  let isLasting = true;
  for (const variant of variants) {
    const failure = await tryEncode(host, probeCommand(build.ffmpegPath, target, variant), signal);
    if (failure === null || LASTING.has(failure.code)) answers.set(variant, failure === null);
    else isLasting = false;
  }
  return {
    proof: {
      codec: target.codec,
      encoder,
      ok: true,
      reason: null,
      tenBit: answers.get('ten-bit') ?? null,
      tenBitReason: null,
      bFrames: answers.get('b-frames') ?? null,
      bFramesReason: null,
      buildId: build.id,
      buildNote: null,
    },
    isLasting,
  };
}

export function encoderOf(target: ProbeTarget): CpuEncoder | NvencEncoder {
  return target.kind === 'cpu' ? CPU_ENCODERS[target.codec] : NVENC_ENCODERS[target.codec];
}

/** The test encode. `-v warning`, since missing GPU capabilities are printed as warnings. */
export function probeCommand(ffmpegPath: string, target: ProbeTarget, variant: ProbeVariant): Command {
  const isTenBit = variant === 'ten-bit';
  const args = [
    ...['-hide_banner', '-nostdin', '-v', 'warning', '-nostats', '-progress', 'pipe:1'],
    ...['-f', 'lavfi', '-i', PICTURE, '-frames:v', String(FRAMES)],
  ];
  const quiet = { AV_LOG_FORCE_NOCOLOR: '1', FFREPORT: undefined };
  if (target.kind === 'cpu') {
    args.push('-pix_fmt', isTenBit ? 'yuv420p10le' : 'yuv420p', ...fastestOf(target.codec));
    return { file: ffmpegPath, args: [...args, '-f', 'null', '-'], env: quiet };
  }
  args.push('-pix_fmt', isTenBit ? 'p010le' : 'yuv420p', '-c:v', NVENC_ENCODERS[target.codec], '-gpu', '0');
  // Builds before 4.4 have neither p1…p7 nor tunes and fail here, as the real encode would.
  args.push('-preset', 'p4', '-tune', 'hq', '-rc', 'vbr', '-cq', '23', '-b:v', '0');
  args.push(...(variant === 'b-frames' ? bFrameArgs(target.codec) : ['-bf', '0']));
  if (isTenBit) args.push(...tenBitProfile(target.codec));
  // nvidia-smi counts by PCI bus and CUDA by speed; with the UUID there is one GPU to see, and it is number 0.
  const env = { ...quiet, CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: target.gpuUuid };
  return { file: ffmpegPath, args: [...args, '-f', 'null', '-'], env };
}

function fastestOf(codec: VideoCodec): string[] {
  switch (codec) {
    case 'h264':
      return ['-c:v', 'libx264', '-preset', 'ultrafast'];
    case 'hevc':
      return ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error'];
    case 'av1':
      return ['-c:v', 'libsvtav1', '-preset', '10'];
  }
}

/** As many as an encode asks for, with the reference mode that it asks for: half of that would prove too little. */
function bFrameArgs(codec: VideoCodec): string[] {
  return ['-bf', codec === 'hevc' ? '4' : '3', '-b_ref_mode', 'middle'];
}

/** H.264's is known to newer builds only, whatever the GPU can do. */
function tenBitProfile(codec: VideoCodec): string[] {
  switch (codec) {
    case 'h264':
      return ['-profile:v', 'high10'];
    case 'hevc':
      return ['-profile:v', 'main10'];
    case 'av1':
      return [];
  }
}

/** Null when all frames came out; otherwise why not. */
async function tryEncode(host: Host, command: Command, signal: AbortSignal): Promise<Problem | null> {
  signal.throwIfAborted();
  const log = new StderrLog();
  const progress = new ProgressReader({ durationMs: null, frameCount: FRAMES });
  let frames = 0;
  let exit: Exit;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const child = await host.exec(command, {
      signal: AbortSignal.any([signal, timeout]),
      priority: 'low',
      onStderrLine: (line) => log.push(line),
      onStdoutLine: (line) => {
        frames = progress.push(line, 0)?.frame ?? frames;
      },
    });
    exit = await child.done;
  } catch (error) {
    signal.throwIfAborted();
    return toProblem(error);
  }
  signal.throwIfAborted();
  if (timeout.aborted) {
    return {
      code: 'probe-timeout',
      message: `A test encode did not end within ${TIMEOUT_MS / 1000} seconds.`,
      nextStep: 'Close programs that use the device, or restart the computer, then refresh the devices.',
    };
  }
  if (exit.exitCode === 0 && frames >= FRAMES) return null;
  return classifyFailure({ exit, stderr: log.lines(), sourcePath: '', outputPath: '' });
}
