import { assertNever } from '../../common/assert-never.ts';
import {
  formatBytes,
  formatDuration,
  formatEta,
  formatPercent,
  formatSaved,
  formatSpeed,
} from '../../common/format.ts';
import type { Job, QueueSummary, StreamNote } from '../../common/job.ts';
import type { Problem } from '../../common/problem.ts';
import { outcomeOf } from '../outcome-tally.ts';
import { alignColumns } from './columns.ts';
import { printable } from './printable.ts';

/** The last part of a path in either platform's form, since an engine elsewhere may write the other one. */
export function fileName(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== '') ?? path;
}

/** How a job ended, over a few lines. */
export function jobResultText(job: Job): string {
  const source = printable(job.source);
  const outcome = outcomeOf(job);
  switch (outcome) {
    case 'done':
      return lines(`done  ${source}`, ...outputLines(job));
    case 'skipped':
      return lines(`skipped  ${source}`, `  ${printable(job.error?.message ?? '')}`);
    case 'cancelled':
      return lines(`cancelled  ${source}`);
    case 'failed':
      return lines(`failed  ${source}`, ...(job.error === null ? [] : problemLines(job.error)));
    default:
      return assertNever(outcome);
  }
}

export function rejectedText(rejected: { source: string; error: Problem }): string {
  return lines(`not added  ${printable(rejected.source)}`, ...problemLines(rejected.error));
}

function problemLines(problem: Problem): string[] {
  const text = [`  ${printable(problem.message)}`, `  ${printable(problem.nextStep)}`];
  const [firstDetail] = problem.detail?.split('\n') ?? [];
  if (firstDetail !== undefined && firstDetail !== '') text.push(`  ${printable(firstDetail)}`);
  return text;
}

function outputLines(job: Job): string[] {
  if (job.output === null) return [];
  const facts = [`${formatBytes(job.sourceSizeBytes)} → ${formatBytes(job.output.sizeBytes)}`];
  const saved = formatSaved(job.sourceSizeBytes, job.output.sizeBytes);
  if (job.sourceSizeBytes !== null) facts[0] += ` (${saved})`;
  if (job.metadata !== null) {
    const { processingTimeSeconds, processingSpeed, gpuDevice } = job.metadata;
    facts.push(`${formatDuration(processingTimeSeconds * 1000)} at ${formatSpeed(processingSpeed)}`);
    facts.push(gpuDevice === null ? 'CPU' : printable(gpuDevice));
  }
  const text = [`  → ${printable(job.output.path)}`, `  ${facts.join(', ')}`];
  text.push(...job.output.notes.map((note) => `  ${noteText(note)}`));
  return text;
}

/** Why a GPU that was wanted did not do the work; null when one did, or none was wanted. */
export function fallbackText(job: Job): string | null {
  const reason = job.metadata?.fallbackReason;
  return reason ? `No GPU was used: ${printable(reason)}` : null;
}

/** Where a job runs or ran last, or what it asks for. */
export function deviceText(job: Job): string {
  const waits = job.status === 'queued' || job.status === 'paused';
  return printable((waits ? null : (job.attempts.at(-1)?.deviceName ?? job.deviceId)) ?? job.device);
}

/** Why a running job is on the CPU though a GPU was wanted; null when it is not. */
function standInText(job: Job): string | null {
  const fallback = job.attempts.at(-1)?.fallback;
  return fallback ? `on the CPU: ${printable(fallback.message)}` : null;
}

function noteText(note: StreamNote): string {
  const what = note.streamIndex === null ? note.kind : `${note.kind} stream ${note.streamIndex}`;
  return `${note.action} ${what}: ${printable(note.reason)}`;
}

function lines(...text: string[]): string {
  return text.map((line) => `${line.trimEnd()}\n`).join('');
}

/** A table of jobs, one line each, and what is beyond the page. */
export function jobTable(page: { jobs: readonly Job[]; total: number; summary: QueueSummary }): string {
  const { jobs, total, summary } = page;
  if (total === 0) return lines('No jobs.', ...(summary.isPaused ? [QUEUE_IS_PAUSED] : []));
  const rows = [
    ['ID', 'STATUS', 'PRESET', 'DEVICE', 'SOURCE', ''],
    ...jobs.map((job) => [
      job.id,
      job.status,
      job.preset,
      deviceText(job),
      printable(fileName(job.source)),
      jobRemark(job),
    ]),
  ];
  const text = alignColumns(rows);
  if (jobs.length < total)
    text.push('', `${jobs.length} of ${total} jobs. See more with --offset and --limit.`);
  text.push('', summaryText(summary));
  return lines(...text);
}

function jobRemark(job: Job): string {
  switch (job.status) {
    case 'running': {
      const eta = job.progress.etaMs === null ? '' : `, ${formatEta(job.progress.etaMs)} left`;
      const standIn = standInText(job);
      const pace = `${formatPercent(job.progress.fraction)} at ${formatSpeed(job.progress.speedX)}${eta}`;
      return standIn === null ? pace : `${pace}, ${standIn}`;
    }
    case 'paused':
      return job.progress.fraction > 0 ? `at ${formatPercent(job.progress.fraction)}` : '';
    case 'queued':
      return job.waitingFor === null ? '' : `waiting for ${printable(job.waitingFor)}`;
    case 'done':
      return job.output === null
        ? ''
        : [
            `${formatBytes(job.output.sizeBytes)} (${formatSaved(job.sourceSizeBytes, job.output.sizeBytes)})`,
            fallbackText(job),
          ]
            .filter((part) => part !== null)
            .join(', ');
    case 'failed':
    case 'cancelled':
      return printable(job.error?.message ?? '');
    default:
      return assertNever(job.status);
  }
}

export const QUEUE_IS_PAUSED = 'The queue is paused. Let it go on with `gantry queue resume`.';

/** One line on the whole queue: `Running 2, waiting 18, done 3, 4 m 05 s left`. */
export function summaryText(summary: QueueSummary): string {
  const { counts } = summary;
  const parts = [`running ${counts.running}`, `waiting ${counts.queued}`];
  if (counts.paused > 0) parts.push(`on hold ${counts.paused}`);
  parts.push(`done ${counts.done}`);
  if (counts.failed > 0) parts.push(`failed ${counts.failed}`);
  if (counts.cancelled > 0) parts.push(`cancelled ${counts.cancelled}`);
  if (summary.etaMs !== null && counts.running + counts.queued > 0) {
    parts.push(`${formatEta(summary.etaMs)} left`);
  }
  const text = parts.join(', ');
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return summary.isPaused ? `${sentence}\n${QUEUE_IS_PAUSED}` : sentence;
}

/** One job in full. */
export function jobDetails(job: Job): string {
  const facts: (readonly [string, string])[] = [
    ['Job', job.id],
    ['Status', job.status],
    ['Source', printable(job.source)],
    ['', [job.sourceSummary, formatBytes(job.sourceSizeBytes)].filter((part) => part !== null).join(', ')],
    ['Preset', job.preset],
    [
      'Device',
      deviceText(job) === printable(job.device)
        ? printable(job.device)
        : `${deviceText(job)} (${printable(job.device)})`,
    ],
    ['Priority', String(job.priority)],
    ['Added', job.createdAt],
  ];
  if (job.startedAt !== null) facts.push(['Started', job.startedAt]);
  if (job.endedAt !== null) facts.push(['Ended', job.endedAt]);
  const remark = jobRemark(job);
  if (remark !== '' && (job.status === 'running' || job.status === 'queued')) facts.push(['', remark]);
  const attempts = job.attempts.flatMap((attempt, i) => [
    `Attempt ${i + 1} on ${printable(attempt.deviceName)}, ${attempt.exitCode === null && attempt.endedAt === null ? 'running' : `exit code ${attempt.exitCode ?? 'none'}`}`,
    ...(attempt.fallback === null ? [] : [`  Instead of a GPU: ${printable(attempt.fallback.message)}`]),
    ...(attempt.argv.length === 0 ? [] : [`  ${attempt.argv.map(quoteArgument).join(' ')}`]),
    ...(attempt.error === null ? [] : problemLines(attempt.error)),
  ]);
  const fallback = fallbackText(job);
  const failure = job.error === null ? [] : problemLines(job.error).map((line) => line.trimStart());
  return lines(
    ...alignColumns(facts),
    ...failure,
    ...outputLines(job).map((line) => line.trimStart()),
    ...(fallback === null ? [] : [fallback]),
    ...attempts,
  );
}

/** An argument as a POSIX shell would want it, for reading and pasting; nothing here is ever run through a shell. */
export function quoteArgument(argument: string): string {
  const safe = printable(argument);
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}
