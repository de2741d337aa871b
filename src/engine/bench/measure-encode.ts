import { join } from 'node:path';
import type { FfmpegBuild, Telemetry } from '../../common/device.ts';
import type { Preset } from '../../common/preset.ts';
import { ProblemError, problem } from '../../common/problem.ts';
import type { SourceInfo } from '../../common/source.ts';
import type { Command, Host } from '../hosts/host.ts';
import { classifyFailure } from '../media/classify-failure.ts';
import { planEncode } from '../media/encode-plan.ts';
import type { Avoidance, EncodePlan, EncodeTarget } from '../media/encode-request.ts';
import { verifyOutput } from '../media/verify-output.ts';
import { adjustPlan } from '../tasks/adjust-plan.ts';
import { runFfmpeg } from '../tasks/run-ffmpeg.ts';
import { TaskControl } from '../tasks/task-control.ts';
import { PowerMeter } from './power-meter.ts';

/** A whole encode takes seconds; one that stands still for so long hangs. */
const STALL_TIMEOUT_MS = 60_000;

export interface EncodeToMeasure {
  readonly preset: Preset;
  readonly encoderPreset: string;
  readonly source: SourceInfo;
  readonly target: EncodeTarget;
  readonly build: FfmpegBuild;
}

export interface MeasureTools {
  readonly host: Host;
  readonly ffprobePath: string;
  /** For the output and the statistics of two passes. */
  readonly folder: string;
  readonly readTelemetry: () => Telemetry | null;
  readonly now: () => Date;
}

export interface MeasuredEncode {
  readonly outputPath: string;
  /** Wall time of all passes, each from the start of its process to its end. */
  readonly seconds: number;
  readonly frames: number;
  readonly sizeBytes: number;
  readonly powerWatts: number | null;
}

/**
 * Runs one encode just as the queue would run it and measures it. The output stays for whoever looks at it next.
 *
 * @throws ProblemError why the encode failed, or its output is not whole; the signal's reason when it is called off
 */
export async function measureEncode(
  tools: MeasureTools,
  encode: EncodeToMeasure,
  signal: AbortSignal,
): Promise<MeasuredEncode> {
  const { folder } = tools;
  const outputPath = join(folder, `encoded.${encode.preset.container}`);
  const request = { ...encode, outputPath, statsPath: join(folder, 'pass') };
  let avoid: Avoidance = {};
  for (;;) {
    const plan = planEncode({ ...request, avoid });
    try {
      return { outputPath, ...(await runMetered(tools, encode, plan, outputPath, signal)) };
    } catch (error) {
      // As the queue does: without what the GPU refused and the encode can do without.
      const adjustment = error instanceof ProblemError ? adjustPlan(avoid, error.problem, plan) : null;
      if (adjustment === null) throw error;
      avoid = adjustment.avoid;
    }
  }
}

async function runMetered(
  tools: MeasureTools,
  encode: EncodeToMeasure,
  plan: EncodePlan,
  outputPath: string,
  signal: AbortSignal,
): Promise<Omit<MeasuredEncode, 'outputPath'>> {
  const meter = new PowerMeter(tools.readTelemetry, tools.now().toISOString());
  let powerWatts: number | null = null;
  let seconds = 0;
  let frames = 0;
  try {
    const passes = plan.prepare === null ? [plan.encode] : [plan.prepare, plan.encode];
    for (const command of passes) {
      const pass = await runPass(tools, encode, command, outputPath, signal);
      seconds += pass.seconds;
      frames = pass.frames;
    }
  } finally {
    powerWatts = meter.stop();
  }
  const { sizeBytes } = await verifyOutput(tools.host, tools.ffprobePath, outputPath, plan.expected, signal);
  if (plan.expected.frameCount !== frames) {
    throw problem(
      'output-incomplete',
      `The encode gave ${frames} of ${plan.expected.frameCount} frames.`,
      'Measure again. If frames are missing again, try another ffmpeg build.',
    );
  }
  return { seconds, frames, sizeBytes, powerWatts };
}

async function runPass(
  { host }: MeasureTools,
  { source }: EncodeToMeasure,
  command: Command,
  outputPath: string,
  signal: AbortSignal,
): Promise<{ seconds: number; frames: number }> {
  const control = new TaskControl();
  const stop = () => control.stop();
  signal.throwIfAborted();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const startedAtMs = performance.now();
    const run = await runFfmpeg(host, command, {
      control,
      total: { durationMs: source.durationMs, frameCount: null },
      stallTimeoutMs: STALL_TIMEOUT_MS,
      onStart: () => {},
      onProgress: () => {},
    });
    const seconds = (performance.now() - startedAtMs) / 1000;
    signal.throwIfAborted();
    if (run.hasStalled) {
      throw problem(
        'encode-stalled',
        `The encode made no progress for ${STALL_TIMEOUT_MS / 1000} seconds and was ended.`,
        'Look at the device with `gantry devices`, then measure again.',
      );
    }
    if (run.exit.exitCode === 0) return { seconds, frames: run.frames };
    throw new ProblemError(
      classifyFailure({ exit: run.exit, stderr: run.stderr, sourcePath: source.path, outputPath }),
    );
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
