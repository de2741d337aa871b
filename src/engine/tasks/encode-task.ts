import { join } from 'node:path';
import { CPU_DEVICE_ID } from '../../common/ids.ts';
import type { JobMetadata, Progress } from '../../common/job.ts';
import { type Problem, problem, toProblem } from '../../common/problem.ts';
import type { SourceInfo } from '../../common/source.ts';
import type { Command } from '../hosts/host.ts';
import { classifyFailure, isBackPressure, isGpuFault } from '../media/classify-failure.ts';
import { planEncode } from '../media/encode-plan.ts';
import type { EncodePlan, EncodeTarget } from '../media/encode-request.ts';
import { inspectSource } from '../media/inspect-source.ts';
import { verifyOutput } from '../media/verify-output.ts';
import { chooseOutput } from './choose-output.ts';
import { explainFailure } from './explain-failure.ts';
import { ffprobeOf } from './inspect-task.ts';
import { temporaryPath } from './output-path.ts';
import { type FfmpegRun, runFfmpeg } from './run-ffmpeg.ts';
import type { TaskContext, TaskRun } from './task-context.ts';
import type { TaskOutcome } from './task-outcome.ts';

/** Tries of a job that fails for reasons which may pass, a stall or a GPU fault, before it fails for good. */
const MOST_ATTEMPTS = 3;
const BACK_PRESSURE_DELAY_MS = 10_000;

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

/** What was read at inspection, or read anew when the file is not the same any more. */
async function currentSource(context: TaskContext, run: TaskRun): Promise<SourceInfo> {
  const known = context.store.sourceInfo(run.job.id);
  const stat = await context.host.files.stat(run.job.source);
  if (stat === null) {
    throw problem(
      'source-not-found',
      `The source ${run.job.source} is not there any more.`,
      'Put it back, then retry.',
    );
  }
  const isSame =
    known !== null &&
    known.sizeBytes === stat.sizeBytes &&
    Date.parse(known.modifiedAt) === Math.trunc(stat.modifiedAtMs);
  return isSame ? known : inspectSource(context.host, ffprobeOf(context), run.job.source, run.control.signal);
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

/** Runs the passes of the plan one after the other; throws an `EncodeError` when one fails. */
async function runPlan(
  context: TaskContext,
  run: TaskRun,
  plan: EncodePlan,
  source: SourceInfo,
  outputPath: string,
): Promise<void> {
  const passes = plan.analyse === null ? [plan.encode] : [plan.analyse, plan.encode];
  for (const [index, command] of passes.entries()) {
    const result = await runPass(context, run, command, source, (progress) => {
      const etaMs = progress.etaMs === null || index < passes.length - 1 ? null : progress.etaMs;
      context.onProgress(run.job.id, {
        ...progress,
        fraction: (index + progress.fraction) / passes.length,
        etaMs,
      });
    });
    run.control.signal.throwIfAborted();
    if (result.hasStalled) {
      throw new EncodeError(
        {
          code: 'encode-stalled',
          message: `The encode made no progress for ${context.settings().stallTimeoutSeconds} seconds and was ended.`,
          nextStep: 'Retry. If it stalls again, look at the log and the device.',
        },
        result.exit.exitCode,
      );
    }
    if (result.exit.exitCode !== 0) {
      const found = classifyFailure({
        exit: result.exit,
        stderr: result.stderr,
        sourcePath: run.job.source,
        outputPath,
      });
      throw new EncodeError(
        await explainFailure(context.host, found, { source, outputPath }),
        result.exit.exitCode,
      );
    }
  }
}

/** Why the CPU does a job that asked for the best device: null when it did not ask, or a GPU does it. */
function fallbackReason(context: TaskContext, run: TaskRun, target: EncodeTarget): string | null {
  if (run.job.device !== 'auto' || target.kind !== 'cpu') return null;
  const fault = run.job.attempts.findLast(
    (a) => a.device !== CPU_DEVICE_ID && a.error !== null && isGpuFault(a.error),
  );
  if (fault?.error) return fault.error.message;
  const { devices, gpuNotice } = context.registry.list();
  for (const device of devices) {
    if (device.kind !== 'gpu') continue;
    const answer = context.registry.targetFor(device.id, run.recipe.preset);
    if ('code' in answer) return answer.message;
  }
  return gpuNotice?.message ?? 'No NVIDIA GPU was found.';
}

function metadataOf(
  context: TaskContext,
  run: TaskRun,
  target: EncodeTarget,
  source: SourceInfo,
  seconds: number,
): JobMetadata {
  const reason = fallbackReason(context, run, target);
  const isGpu = target.kind === 'nvenc';
  const device = context.registry.list().devices.find((d) => d.id === target.deviceId);
  return {
    gpuEnabled: isGpu,
    gpuDevice: isGpu ? (device?.name ?? target.gpuUuid) : null,
    gpuCodec: isGpu ? target.encoder : null,
    gpuFallback: reason !== null,
    fallbackReason: reason,
    processingTimeSeconds: Math.round(seconds * 1000) / 1000,
    processingSpeed: seconds > 0 ? Math.round(((source.durationMs ?? 0) / 1000 / seconds) * 100) / 100 : 0,
  };
}

function localDate(): string {
  const now = new Date();
  const two = (n: number) => String(n).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** Gives a verified output its final name. From the lease's `publishing` on, a crash ends in a job that is done. */
async function publish(
  context: TaskContext,
  run: TaskRun,
  paths: { temporary: string; final: string },
  made: { sizeBytes: number; durationMs: number; notes: EncodePlan['notes'] },
) {
  const { host, store } = context;
  const stat = await host.files.stat(paths.temporary);
  if (stat === null) {
    throw problem(
      'output-folder-missing',
      `The finished file for ${paths.final} was removed before it got its name.`,
      'Choose a folder that stays, then retry.',
    );
  }
  const output = {
    path: paths.final,
    sizeBytes: made.sizeBytes,
    durationMs: made.durationMs,
    notes: [...made.notes],
  };
  run.control.beginPublishing();
  store.updateLease(run.lease.taskId, {
    publishing: { finalPath: paths.final, fileId: stat.fileId, output },
  });
  await host.files.publish(paths.temporary, paths.final, {
    overwrite: run.recipe.output.onExisting === 'overwrite',
  });
  return output;
}

async function encode(context: TaskContext, run: TaskRun): Promise<TaskOutcome> {
  const { host, store, registry } = context;
  const { preset } = run.recipe;
  const source = await currentSource(context, run);
  const chosen = registry.targetFor(run.lease.deviceId, preset);
  if ('code' in chosen) throw new EncodeError(chosen, null);
  const { target, build } = chosen;
  const place = await chooseOutput(host, store, {
    jobId: run.job.id,
    source,
    preset,
    choice: run.recipe.output,
    date: localDate(),
  });
  if (place.kind === 'skip') {
    const error = problem(
      'output-exists',
      `${place.path} is already there.`,
      'Nothing to do: the job was told to skip it.',
    );
    return { kind: 'skipped', error: error.problem };
  }
  const temporary = temporaryPath(place.path, run.job.id);
  const jobFolder = join(context.workFolder, run.job.id);
  const plan = planEncode({
    preset,
    source,
    target,
    build,
    outputPath: temporary,
    statsPath: join(jobFolder, 'pass'),
  });
  store.updateLease(run.lease.taskId, { temporaryPath: temporary });
  const startedAtMs = performance.now();
  try {
    if (plan.analyse !== null) await host.files.makeFolder(jobFolder);
    await host.files.remove(temporary);
    await runPlan(context, run, plan, source, temporary);
    const made = await verifyOutput(
      host,
      ffprobeOf(context),
      temporary,
      plan.expected,
      run.control.signal,
    ).catch(async (error: unknown) => {
      run.control.signal.throwIfAborted();
      throw new EncodeError(
        await explainFailure(host, toProblem(error), { source, outputPath: temporary }),
        0,
      );
    });
    const output = await publish(
      context,
      run,
      { temporary, final: place.path },
      { ...made, notes: plan.notes },
    );
    const seconds = (performance.now() - startedAtMs) / 1000;
    return { kind: 'done', output, metadata: metadataOf(context, run, target, source, seconds), exitCode: 0 };
  } finally {
    // After publishing nothing is there; after anything else this is the partial output.
    await host.files.remove(temporary).catch(() => {});
    if (plan.analyse !== null) await host.files.remove(jobFolder).catch(() => {});
  }
}

/** Decides what a failed attempt means for the job. */
function afterFailure(run: TaskRun, error: Problem, exitCode: number | null): TaskOutcome {
  if (isBackPressure(error)) {
    return { kind: 'requeue', error, delayMs: BACK_PRESSURE_DELAY_MS, countsAsAttempt: false, exitCode };
  }
  const failures = run.job.attempts.filter((a) => a.error !== null && a.error.code !== 'interrupted').length;
  const mayPass = error.code === 'encode-stalled' || (isGpuFault(error) && run.job.device === 'auto');
  if (mayPass && failures + 1 < MOST_ATTEMPTS) {
    return { kind: 'requeue', error, delayMs: 0, countsAsAttempt: true, exitCode };
  }
  return { kind: 'failed', error, exitCode };
}

/** Makes the output of a job on the device that its lease names. Never throws. */
export async function runEncode(context: TaskContext, run: TaskRun): Promise<TaskOutcome> {
  try {
    return await encode(context, run);
  } catch (error) {
    if (run.control.signal.aborted) return { kind: 'stopped' };
    const found = error instanceof EncodeError ? error.problem : toProblem(error);
    const exitCode = error instanceof EncodeError ? error.exitCode : null;
    return afterFailure(run, found, exitCode);
  }
}
