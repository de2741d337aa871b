import { join } from 'node:path';
import type { Progress, StreamNote } from '../../common/job.ts';
import { type Problem, problem, toProblem } from '../../common/problem.ts';
import type { SourceInfo } from '../../common/source.ts';
import type { Command } from '../hosts/host.ts';
import { classifyFailure } from '../media/classify-failure.ts';
import { lossOnGpu } from '../media/encode/gpu-pipeline.ts';
import { planEncode } from '../media/encode-plan.ts';
import type { Avoidance, EncodePlan, EncodeRequest } from '../media/encode-request.ts';
import { damageNote } from '../media/source-damage.ts';
import { verifyOutput } from '../media/verify-output.ts';
import { adjustPlan } from './adjust-plan.ts';
import { afterFailure } from './after-failure.ts';
import { chooseOutput } from './choose-output.ts';
import { currentSource, refuseChangedSource } from './current-source.ts';
import { explainFailure } from './explain-failure.ts';
import { ffprobeOf } from './inspect-task.ts';
import { jobMetadata } from './job-metadata.ts';
import { temporaryPath } from './output-path.ts';
import { publishOutput, StoppedError } from './publish-output.ts';
import { type FfmpegRun, runFfmpeg } from './run-ffmpeg.ts';
import type { TaskContext, TaskRun } from './task-context.ts';
import type { TaskOutcome } from './task-outcome.ts';

const NO_FRAMES: Problem = {
  code: 'source-no-video',
  message: 'The video track of the file holds no pictures that can be decoded.',
  nextStep: 'Check that the file plays. If it does not, get it again from where it came from.',
};

/** A failure of ffmpeg itself, with its exit code. */
class EncodeError extends Error {
  readonly problem: Problem;
  readonly exitCode: number | null;
  constructor(found: Problem, exitCode: number | null) {
    super(found.message);
    this.problem = found;
    this.exitCode = exitCode;
  }
}

function commandLine(command: Command): string[] {
  return [command.file, ...command.args];
}

async function runPass(
  context: TaskContext,
  run: TaskRun,
  command: Command,
  source: SourceInfo,
  onProgress: (progress: Progress) => void,
): Promise<FfmpegRun> {
  const { store, host } = context;
  const { lease, control } = run;
  store.updateLease(lease.taskId, { argv: commandLine(command) });
  const result = await runFfmpeg(host, command, {
    control,
    total: { durationMs: source.durationMs, frameCount: null },
    stallTimeoutMs: context.settings().stallTimeoutSeconds * 1000,
    onStart: (process) => store.updateLease(lease.taskId, { process }),
    onProgress,
  });
  const how = result.exit.signal ?? `exit code ${result.exit.exitCode}`;
  await context.logs.append(
    run.job.id,
    [`$ ${JSON.stringify(commandLine(command))}`, ...result.stderr, `ended: ${how}`, ''].join('\n'),
  );
  return result;
}

/** Why a pass did not succeed; null when it did. */
async function failureOf(
  context: TaskContext,
  result: FfmpegRun,
  facts: { source: SourceInfo; outputPath: string; isLast: boolean },
): Promise<EncodeError | null> {
  const { exitCode } = result.exit;
  if (result.hasStalled) {
    const seconds = context.settings().stallTimeoutSeconds;
    return new EncodeError(
      {
        code: 'encode-stalled',
        message: `The encode made no progress for ${seconds} seconds and was ended.`,
        nextStep: 'Retry. If it stalls again, look at the log and the device.',
      },
      exitCode,
    );
  }
  if (exitCode === 0) {
    // ffmpeg calls it a success when a track that promised pictures held none.
    return result.frames > 0 || !facts.isLast ? null : new EncodeError(NO_FRAMES, exitCode);
  }
  const found = classifyFailure({
    exit: result.exit,
    stderr: result.stderr,
    sourcePath: facts.source.path,
    outputPath: facts.outputPath,
  });
  return new EncodeError(await explainFailure(context.host, found, facts), exitCode);
}

/**
 * Runs the passes of the plan one after the other; throws an `EncodeError` when one fails. Gives a note when parts of the
 * source could not be read.
 */
async function runPlan(
  context: TaskContext,
  run: TaskRun,
  plan: EncodePlan,
  facts: { source: SourceInfo; outputPath: string },
): Promise<StreamNote | null> {
  let damage: StreamNote | null = null;
  const passes = plan.prepare === null ? [plan.encode] : [plan.prepare, plan.encode];
  const share = plan.prepareShare;
  for (const [index, command] of passes.entries()) {
    const isLast = index === passes.length - 1;
    const result = await runPass(context, run, command, facts.source, (progress) => {
      context.onProgress(run.job.id, {
        ...progress,
        fraction: isLast ? share + (1 - share) * progress.fraction : share * progress.fraction,
        // How fast the second pass will be is not known during the first.
        etaMs: isLast ? progress.etaMs : null,
      });
    });
    run.control.signal.throwIfAborted();
    const failure = await failureOf(context, result, { ...facts, isLast });
    if (failure !== null) throw failure;
    damage ??= damageNote(result.stderr);
  }
  return damage;
}

function localDate(): string {
  const now = new Date();
  const two = (n: number) => String(n).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

async function verified(
  context: TaskContext,
  run: TaskRun,
  plan: EncodePlan,
  facts: { source: SourceInfo; outputPath: string },
) {
  const { host } = context;
  try {
    return await verifyOutput(host, ffprobeOf(context), facts.outputPath, plan.expected, run.control.signal);
  } catch (error) {
    run.control.signal.throwIfAborted();
    throw new EncodeError(await explainFailure(host, toProblem(error), facts), 0);
  }
}

/**
 * Plans with the build that the device was given, or, where that lacks a filter which this source needs, with another one
 * that has the encoder. An encoder on a GPU was proven with one build only and keeps it.
 */
function planWithAnyBuild({ registry }: TaskContext, request: EncodeRequest): EncodePlan {
  try {
    return planEncode(request);
  } catch (error) {
    if (toProblem(error).code !== 'filter-graph-failed' || request.target.kind !== 'cpu') throw error;
    for (const build of registry.builds()) {
      if (build.problem !== null || !build.encoders.includes(request.target.encoder)) continue;
      try {
        return planEncode({ ...request, build });
      } catch {
        // Lacks it as well.
      }
    }
    throw error;
  }
}

/** A complete, verified file that has not got its final name yet. */
interface Made {
  readonly plan: EncodePlan;
  readonly damage: StreamNote | null;
  readonly sizeBytes: number;
  readonly durationMs: number;
}

/** Runs the plan, and where the GPU refuses a part of it that can be done without, a plan without that part. */
async function runAdjusting(
  context: TaskContext,
  run: TaskRun,
  request: EncodeRequest,
  first: EncodePlan,
): Promise<Made> {
  let plan = first;
  let avoid: Avoidance = {};
  for (;;) {
    try {
      const damage = await runPlan(context, run, plan, request);
      const loss = lossOnGpu(plan, damage);
      if (loss !== null) throw new EncodeError(loss, 0);
      return { plan, damage, ...(await verified(context, run, plan, request)) };
    } catch (error) {
      const adjustment = error instanceof EncodeError ? adjustPlan(avoid, error.problem, plan) : null;
      if (adjustment === null) throw error;
      await context.logs.append(run.job.id, `Trying again ${adjustment.words}.`);
      avoid = adjustment.avoid;
      plan = planWithAnyBuild(context, { ...request, avoid });
    }
  }
}

async function encode(context: TaskContext, run: TaskRun): Promise<TaskOutcome> {
  const { host, store, registry } = context;
  const { preset } = run.recipe;
  const source = await currentSource(context, run);
  const chosen = registry.targetFor(run.lease.deviceId, preset);
  if ('code' in chosen) throw new EncodeError(chosen, null);
  const place = await chooseOutput(host, store, {
    jobId: run.job.id,
    source,
    preset,
    choice: run.recipe.output,
    date: localDate(),
  });
  if (place.kind === 'skip') {
    const taken = problem(
      'output-exists',
      `${place.path} is already there.`,
      'Nothing to do: the job was told to skip it.',
    );
    return { kind: 'skipped', error: taken.problem };
  }
  const outputPath = temporaryPath(place.path, run.job.id);
  const jobFolder = join(context.workFolder, run.job.id);
  const request = { preset, source, outputPath, statsPath: join(jobFolder, 'pass'), ...chosen };
  const firstPlan = planWithAnyBuild(context, request);
  const startedAtMs = performance.now();
  try {
    // Gone means cancelled. From here on a crash finds the path of the file that is about to be written.
    if (!store.updateLease(run.lease.taskId, { temporaryPath: outputPath })) throw new StoppedError();
    if (firstPlan.prepare !== null) await host.files.makeFolder(jobFolder);
    const { plan, damage, sizeBytes, durationMs } = await runAdjusting(context, run, request, firstPlan);
    await refuseChangedSource(host, source);
    const seconds = (performance.now() - startedAtMs) / 1000;
    const metadata = jobMetadata(context, run, {
      target: chosen.target,
      source,
      durationMs,
      seconds,
    });
    const output = {
      path: place.path,
      sizeBytes,
      durationMs,
      notes: damage === null ? [...plan.notes] : [damage, ...plan.notes],
    };
    await publishOutput(context, run, outputPath, output, metadata);
    return { kind: 'done', output, metadata, exitCode: 0 };
  } finally {
    // After publishing nothing is there; after anything else this is the partial output.
    await host.files.remove(outputPath).catch(() => {});
    if (firstPlan.prepare !== null) await host.files.remove(jobFolder).catch(() => {});
  }
}

/** The log says in its own place what the row and the result say as well. */
async function noteFallback({ logs }: TaskContext, { job }: TaskRun): Promise<void> {
  const fallback = job.attempts.at(-1)?.fallback;
  if (fallback) await logs.append(job.id, `On the CPU instead of a GPU: ${fallback.message}`);
}

/** Makes the output of a job on the device that its lease names. Never throws. */
export async function runEncode(context: TaskContext, run: TaskRun): Promise<TaskOutcome> {
  try {
    await noteFallback(context, run);
    return await encode(context, run);
  } catch (error) {
    if (run.control.signal.aborted || error instanceof StoppedError) return { kind: 'stopped' };
    const failure =
      error instanceof EncodeError
        ? { error: error.problem, exitCode: error.exitCode }
        : { error: toProblem(error), exitCode: null };
    return afterFailure(context, run, failure);
  }
}
