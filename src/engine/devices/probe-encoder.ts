import type { EncoderProof, FfmpegBuild } from '../../common/device.ts';
import type { VideoCodec } from '../../common/preset.ts';
import type { Problem, ProblemCode } from '../../common/problem.ts';
import type { Command, Host } from '../hosts/host.ts';
import type { CpuEncoder, NvencEncoder } from '../media/encode-request.ts';
import { explainExtra, namingBuild } from './probe-reasons.ts';
import { runProbe } from './run-probe.ts';

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

/** What is asked of an encoder beyond that it works at all. */
type Extra = Exclude<ProbeVariant, 'plain'>;

/** NVENC's smallest picture is up to 192×128 (by codec and GPU); a smaller probe would give a false "no". */
const PICTURES = 'testsrc2=size=256x256:rate=30';
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

/** Whether the reason stays as long as GPU, driver and build stay. */
export function isLasting(reason: Problem): boolean {
  return LASTING.has(reason.code);
}

/** What a proof does not tell yet. A refusal that may pass, such as a session limit, leaves its question open. */
export function openQuestions(proof: EncoderProof, kind: ProbeTarget['kind']): ProbeVariant[] {
  if (!proof.ok) return proof.reason !== null && isLasting(proof.reason) ? [] : ['plain'];
  return extrasOf(kind).filter((extra) => answerIn(proof, extra) === null);
}

function extrasOf(kind: ProbeTarget['kind']): Extra[] {
  // Every CPU encoder here makes B-frames.
  return kind === 'gpu' ? ['ten-bit', 'b-frames'] : ['ten-bit'];
}

function answerIn(proof: EncoderProof, extra: Extra): boolean | null {
  return extra === 'ten-bit' ? proof.tenBit : proof.bFrames;
}

/**
 * Proves by real encodes of a few generated frames what an encoder of a build can do on a device: listing an encoder
 * proves nothing. Runs at low priority, one process at a time, each for at most 20 s. Never throws but for an abort.
 * @param known an earlier proof of the same encoder, build and device: what it tells is not tried again
 */
export async function probeEncoder(
  host: Host,
  build: FfmpegBuild,
  target: ProbeTarget,
  signal: AbortSignal,
  known: EncoderProof | null = null,
): Promise<EncoderProof> {
  if (known === null || openQuestions(known, target.kind).includes('plain')) {
    const reason = await testEncode(host, build, target, signal);
    if (reason !== null) return unproven(target, namingBuild(reason, build), build.id);
  }
  let proof: EncoderProof = known?.ok ? known : { ...unproven(target, null, build.id), ok: true };
  for (const extra of openQuestions(proof, target.kind)) {
    if (extra === 'plain') continue;
    proof = withAnswer(proof, extra, await testEncode(host, build, target, signal, { variant: extra }));
    // Whatever keeps the device from encoding now keeps it from the rest as well.
    if (answerIn(proof, extra) === null) break;
  }
  return proof;
}

/** An encoder that does not work, and why. */
export function unproven(target: ProbeTarget, reason: Problem | null, buildId: string | null): EncoderProof {
  return {
    codec: target.codec,
    encoder: encoderOf(target),
    ok: false,
    reason,
    tenBit: null,
    tenBitReason: null,
    bFrames: null,
    bFramesReason: null,
    buildId,
    buildNote: null,
  };
}

function withAnswer(proof: EncoderProof, extra: Extra, failure: Problem | null): EncoderProof {
  const answer = failure === null ? true : isLasting(failure) ? false : null;
  const reason = failure === null ? null : explainExtra(proof.codec, extra, failure);
  return extra === 'ten-bit'
    ? { ...proof, tenBit: answer, tenBitReason: reason }
    : { ...proof, bFrames: answer, bFramesReason: reason };
}

export function encoderOf(target: ProbeTarget): CpuEncoder | NvencEncoder {
  return target.kind === 'cpu' ? CPU_ENCODERS[target.codec] : NVENC_ENCODERS[target.codec];
}

/** The test encode. `-v warning`, since missing GPU capabilities are printed as warnings. */
export function probeCommand(ffmpegPath: string, target: ProbeTarget, variant: ProbeVariant): Command {
  const isTenBit = variant === 'ten-bit';
  const format =
    target.kind === 'gpu' ? (isTenBit ? 'p010le' : 'yuv420p') : isTenBit ? 'yuv420p10le' : 'yuv420p';
  const args = [
    ...['-hide_banner', '-nostdin', '-v', 'warning', '-nostats', '-progress', 'pipe:1'],
    ...['-f', 'lavfi', '-i', `${PICTURES},format=${format}`, '-frames:v', String(FRAMES)],
    // With the plus sign an encoder that lacks the format fails; without, it would silently be given another.
    ...['-pix_fmt', `+${format}`],
  ];
  const quiet = { AV_LOG_FORCE_NOCOLOR: '1', FFREPORT: undefined };
  if (target.kind === 'cpu') {
    args.push(...fastestOf(target.codec));
    return { file: ffmpegPath, args: [...args, '-f', 'null', '-'], env: quiet };
  }
  args.push('-c:v', NVENC_ENCODERS[target.codec], '-gpu', '0');
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

/** Encodes a few frames. Null when all came out; otherwise why not. Throws only when aborted. */
export async function testEncode(
  host: Host,
  build: FfmpegBuild,
  target: ProbeTarget,
  signal: AbortSignal,
  { variant = 'plain', timeoutMs = TIMEOUT_MS }: { variant?: ProbeVariant; timeoutMs?: number } = {},
): Promise<Problem | null> {
  const command = probeCommand(build.ffmpegPath, target, variant);
  const failure = await runProbe(host, { command, frames: FRAMES, timeoutMs, name: 'A test encode' }, signal);
  return failure !== null && UNKNOWN_PICTURES.test(failure.detail ?? '')
    ? {
        ...failure,
        code: 'invalid-argument',
        message: 'The encoder of this ffmpeg build does not take such pictures.',
        nextStep: 'Use another ffmpeg build: install one or choose it in the settings.',
      }
    : failure;
}

/** What ffmpeg 5 and 7 print when the encoder has no such pixel format, and the plus sign keeps them from taking another. */
const UNKNOWN_PICTURES = /Specified pixel format \w+ is invalid|do not have a common format/;
