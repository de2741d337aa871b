import { BenchId, type BenchRequest, type BenchRun } from '../../common/bench.ts';
import { benchCsv, compareBenchRuns } from '../../common/bench-table.ts';
import type { DeviceId } from '../../common/ids.ts';
import type { VideoCodec } from '../../common/preset.ts';
import { problem } from '../../common/problem.ts';
import { type BenchReporter, jsonBenchReporter, textBenchReporter } from '../bench-reporter.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { problemOf } from '../problem-of.ts';
import type { EngineApi, Session } from '../session.ts';
import { benchComparisonText, benchListText, benchRunText } from '../text/bench-text.ts';
import { jsonLine, printable } from '../text/printable.ts';
import { UsageError } from '../usage-error.ts';
import { withApi } from '../with-api.ts';
import { writeNewFile } from '../write-new-file.ts';

export interface BenchOptions {
  readonly device?: readonly string[];
  readonly codec?: readonly VideoCodec[];
  readonly quick?: boolean;
}

/** Measures devices and stays until it is done. Fails when an encode failed, or nothing more could be measured. */
export async function bench(context: CommandContext, options: BenchOptions): Promise<ExitCode> {
  const interruption = context.listenForInterruption();
  const reporter = context.json ? jsonBenchReporter(context.terminal) : textBenchReporter(context.terminal);
  const session = await context.openSession();
  try {
    // Nothing of the queue runs for it; other commands reach this engine meanwhile.
    if (session.kind === 'own') await session.start(new Set());
    const run = await measure(session.api, requestOf(options), reporter, interruption.signal);
    reporter.ended(run);
    const stopped = interruption.exitCode();
    if (stopped !== null) return stopped;
    await finishOthers(session, reporter, interruption.signal);
    const isGood = run.status === 'done' && run.results.every((result) => result.error === null);
    return interruption.exitCode() ?? (isGood ? EXIT.ok : EXIT.failed);
  } finally {
    reporter.close();
    await session.close();
    interruption.dispose();
  }
}

function requestOf({ device, codec, quick }: BenchOptions): BenchRequest {
  return {
    quick: quick === true,
    ...(device === undefined ? {} : { devices: device.map((id) => id as DeviceId) }),
    ...(codec === undefined ? {} : { codecs: [...codec] }),
  };
}

/** Starts a run and follows it to its end; gives it as it ended. An interruption cancels it and keeps what it measured. */
async function measure(
  api: EngineApi,
  request: BenchRequest,
  reporter: BenchReporter,
  signal: AbortSignal,
): Promise<BenchRun> {
  let run = await api.bench.start(request);
  let reported = 0;
  const see = (seen: BenchRun): void => {
    if (seen.id !== run.id) return;
    run = seen;
    for (const result of run.results.slice(reported)) reporter.result(result);
    reported = run.results.length;
    reporter.changed(run);
  };
  const reload = async () => {
    for (const one of (await api.bench.list()).runs) see(one);
  };
  see(run);
  try {
    for await (const batch of await api.events.subscribe(undefined, { signal })) {
      if (batch.bench !== null) see(batch.bench);
      // Whatever happened before the first batch, or was missed, is in the list.
      if (batch.reset || batch.truncated) await reload();
      if (hasEnded(run)) return run;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (!signal.aborted) throw engineGone();
  reporter.notice('Stopping. What was measured is kept.');
  see(await cancelled(api, run));
  return run;
}

function hasEnded({ status }: BenchRun): boolean {
  return status !== 'running' && status !== 'waiting';
}

async function cancelled(api: EngineApi, run: BenchRun): Promise<BenchRun> {
  try {
    return await api.bench.cancel({ id: run.id });
  } catch (error) {
    // It ended by itself in the same moment.
    if (problemOf(error).code !== 'invalid-transition') throw error;
    return (await api.bench.list()).runs.find(({ id }) => id === run.id) ?? run;
  }
}

function engineGone() {
  return problem(
    'engine-unreachable',
    'The process that measured has ended.',
    'Look at what it measured with `gantry bench list`, or measure again.',
  );
}

/** Another command's job that began to run here is not cut off in the middle. */
async function finishOthers(session: Session, reporter: BenchReporter, signal: AbortSignal): Promise<void> {
  if (session.kind !== 'own' || session.runningCount() === 0) return;
  reporter.notice('Done. Waiting for jobs of other commands to end.');
  const stopped = new Promise<void>((end) => signal.addEventListener('abort', () => end(), { once: true }));
  await Promise.race([session.finish(), stopped]);
}

export async function listBenches(
  context: CommandContext,
  options: { readonly csv?: boolean },
): Promise<ExitCode> {
  if (options.csv === true && context.json) {
    throw new UsageError('Both --csv and --json were given.', 'Give one of them.');
  }
  const { runs } = await withApi(context, (api) => api.bench.list());
  if (options.csv === true) context.terminal.out(benchCsv(runs));
  else context.terminal.out(context.json ? `${jsonLine({ runs })}\n` : benchListText(runs));
  return EXIT.ok;
}

export async function showBench(context: CommandContext, id: string): Promise<ExitCode> {
  const run = await withApi(context, (api) => runOf(api, id));
  context.terminal.out(context.json ? `${jsonLine(run)}\n` : benchRunText(run));
  return EXIT.ok;
}

/** Sets two runs against each other, the earlier first or as the person likes. */
export async function compareBenches(
  context: CommandContext,
  first: string,
  second: string,
): Promise<ExitCode> {
  const comparison = await withApi(context, async (api) =>
    compareBenchRuns(await runOf(api, first), await runOf(api, second)),
  );
  context.terminal.out(context.json ? `${jsonLine(comparison)}\n` : benchComparisonText(comparison));
  return EXIT.ok;
}

/** Writes the results of a run as CSV: to a file, which must be new, or to `out`. */
export async function exportBench(
  context: CommandContext,
  id: string,
  file: string | undefined,
): Promise<ExitCode> {
  const text = benchCsv([await withApi(context, (api) => runOf(api, id))]);
  if (file === undefined) {
    context.terminal.out(text);
    return EXIT.ok;
  }
  await writeNewFile(context, file, text);
  return EXIT.ok;
}

export async function removeBench(context: CommandContext, id: string): Promise<ExitCode> {
  const result = await withApi(context, (api) => api.bench.remove({ id: benchId(id) }));
  if (!result.removed && !context.json) throw notFound(id);
  context.terminal.out(context.json ? `${jsonLine(result)}\n` : `Benchmark ${printable(id)} removed.\n`);
  return EXIT.ok;
}

async function runOf(api: EngineApi, id: string): Promise<BenchRun> {
  const { runs } = await api.bench.list();
  const run = runs.find((one) => one.id === id);
  if (run === undefined) throw notFound(id);
  return run;
}

function benchId(text: string): BenchId {
  const parsed = BenchId.safeParse(text);
  if (!parsed.success) throw notFound(text);
  return parsed.data;
}

function notFound(id: string) {
  return problem('bench-not-found', `There is no benchmark ${id}.`, 'See which there are: gantry bench list');
}
