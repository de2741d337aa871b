import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobPage } from '../../src/common/contract/jobs.ts';
import { measure, shortClips } from './clips.ts';
import { killTree, processesMentioning, waitFor } from './processes.ts';
import { type Served, startServe } from './serve.ts';

export interface SoakResult {
  readonly rounds: number;
  readonly jobs: number;
  /** How many kills found at least one encode running. */
  readonly killsDuringWork: number;
  /** What was wrong at the end; empty when nothing was lost. */
  readonly faults: string[];
}

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** A queue of clips, and `kill -9` of the whole process tree at random moments until the rounds are used up. */
export async function soak(options: {
  rounds: number;
  jobs: number;
  log?: (line: string) => void;
}): Promise<SoakResult> {
  const { rounds, jobs, log = () => {} } = options;
  const folder = mkdtempSync(join(tmpdir(), 'gantry-soak-'));
  const home = join(folder, 'home');
  const out = join(folder, 'out');
  mkdirSync(out);
  let killsDuringWork = 0;
  let served: Served | null = null;
  try {
    const sources = shortClips(join(folder, 'in'), jobs);
    const sums = new Map(sources.map((source) => [source, sha256(source)]));
    served = await startServe(home);
    await served.call('POST', '/jobs', {
      jobs: sources.map((source) => ({ source, preset: 'h264', output: { folder: out } })),
    });
    for (let round = 1; round <= rounds; round++) {
      await sleep(100 + Math.random() * 2500);
      const isWorking = processesMentioning(out).length > 0;
      if (isWorking) killsDuringWork += 1;
      killTree(served.process.pid ?? 0);
      served = await startServe(home);
      const { summary, total } = await served.call<JobPage>('GET', '/jobs?limit=1');
      log(
        `round ${round}: ${isWorking ? 'killed while encoding' : 'killed'}; ${summary.counts.done} of ${total} done`,
      );
      if (summary.counts.done === jobs && round < rounds) {
        // All done before the rounds were: the queue is filled again, into names that are taken by then.
        const { jobs: ended } = await served.call<JobPage>('GET', '/jobs?status=done&limit=1000');
        for (const job of ended) if (job.output !== null) rmSync(job.output.path, { force: true });
        await served.call('POST', '/jobs/retry', { ids: ended.map((job) => job.id) });
      }
    }
    const { call } = served;
    const isOver = async () => {
      const { summary } = await call<JobPage>('GET', '/jobs?limit=1');
      const { queued, running, paused } = summary.counts;
      return queued + running + paused === 0;
    };
    await waitFor(isOver, 300, 'the queue to end');
    const page = await call<JobPage>('GET', '/jobs?limit=1000');
    return { rounds, jobs, killsDuringWork, faults: await faultsOf(page, { home, out, sums, served }) };
  } finally {
    if (served !== null) killTree(served.process.pid ?? 0);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function faultsOf(
  page: JobPage,
  facts: { home: string; out: string; sums: ReadonlyMap<string, string>; served: Served },
): Promise<string[]> {
  const { home, out, sums } = facts;
  const faults: string[] = [];
  const outputs = new Set<string>();
  for (const job of page.jobs) {
    if (job.status !== 'done' || job.output === null) {
      faults.push(`job ${job.id} is ${job.status}: ${job.error?.message ?? ''}`);
      continue;
    }
    outputs.add(basename(job.output.path));
    if (!existsSync(job.output.path)) {
      faults.push(`job ${job.id}: ${job.output.path} is not there`);
      continue;
    }
    const made = measure(job.output.path);
    const given = measure(job.source);
    if (made.frames !== given.frames) faults.push(`job ${job.id}: ${made.frames} frames of ${given.frames}`);
    if (made.streams.join() !== given.streams.join())
      faults.push(`job ${job.id}: streams ${made.streams.join()}`);
  }
  if (outputs.size !== page.total) faults.push(`${page.total} jobs share ${outputs.size} outputs`);
  const unexpected = readdirSync(out).filter((name) => !outputs.has(name));
  if (unexpected.length > 0) faults.push(`left over: ${unexpected.join(', ')}`);
  for (const [source, sum] of sums) if (sha256(source) !== sum) faults.push(`${source} was changed`);
  const work = join(home, 'work');
  if (existsSync(work) && readdirSync(work).length > 0)
    faults.push(`left in work: ${readdirSync(work).join(', ')}`);
  const alive = processesMentioning(out);
  if (alive.length > 0) faults.push(`still running: ${alive.join('; ')}`);
  return faults;
}
