import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CPU_DEVICE_ID } from '../src/common/ids.ts';
import { OutputChoice } from '../src/common/job.ts';
import { Preset } from '../src/common/preset.ts';
import { openDatabase } from '../src/engine/queue/database.ts';
import { QueueStore } from '../src/engine/queue/queue-store.ts';
import type { JobDraft } from '../src/engine/queue/records.ts';

/** What the queue does with very many jobs. Times are wall clock. */
export interface QueueFigures {
  readonly jobs: number;
  /** All jobs added in one call, on the disk, and returned. */
  readonly addSeconds: number;
  /** Finding the next task and claiming it, with the jobs above waiting. */
  readonly claimP50Ms: number;
  readonly claimP99Ms: number;
  readonly claimMaxMs: number;
  /** A page of 200 from anywhere in the list. */
  readonly listPageP50Ms: number;
  readonly listPageP99Ms: number;
  /** A page of 200 of what a search finds. */
  readonly searchP50Ms: number;
  readonly reorderP50Ms: number;
  readonly removeSeconds: number;
  readonly databaseBytesPerJob: number;
}

const JOBS = 100_000;
/** Of each device choice, as many as the engine looks at in a turn. */
const TASKS_LOOKED_AT = 32;

const PRESET = Preset.parse({
  id: 'h264',
  name: 'H.264',
  container: 'mp4',
  video: { codec: 'h264', rate: { mode: 'quality', quality: 23 } },
  audio: {},
});

function drafts(count: number): JobDraft[] {
  return Array.from({ length: count }, (_, i) => ({
    source: `/media/archive/season ${i % 40}/episode ${String(i).padStart(6, '0')}.mkv`,
    sourceSizeBytes: 1_000_000 + i,
    // A recipe of its own for each job, as they come when each is asked for by itself.
    recipe: { preset: PRESET, output: OutputChoice.parse({}) },
    device: i % 3 === 0 ? ('cpu' as const) : ('auto' as const),
    priority: 0,
    paused: false,
  }));
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** Measures the queue on a real file, in a folder that is removed afterwards. */
export function measureQueue(folder: string = tmpdir()): QueueFigures {
  const home = mkdtempSync(join(folder, 'gantry-bench-queue-'));
  const db = openDatabase(join(home, 'gantry.db'));
  try {
    const store = new QueueStore(db, () => new Date());
    const input = drafts(JOBS);
    let ids: ReturnType<typeof store.addJobIds> = [];
    const addMs = timed(() => {
      ids = store.addJobs(input).map((job) => job.id);
    });

    // As if every source had been read already: what waits is the work itself, and a claim of it costs the most.
    db.exec("UPDATE tasks SET kind = 'encode'");
    const claims = Array.from({ length: 2000 }, () =>
      timed(() => {
        const [task] = store.runnable(['encode'], TASKS_LOOKED_AT);
        if (task === undefined || store.claim(task.id, CPU_DEVICE_ID) === null)
          throw new Error('nothing claimed');
      }),
    );
    for (const lease of store.leases()) store.abandonLease(lease);

    const pages = Array.from({ length: 200 }, (_, i) =>
      timed(() => {
        const { jobs } = store.list({ order: 'queue', offset: (i * 7919) % JOBS, limit: 200 });
        if (jobs.length === 0) throw new Error('empty page');
      }),
    );
    const searches = Array.from({ length: 20 }, (_, i) =>
      timed(() => store.list({ search: `EPISODE 0${i + 10}`, order: 'queue', offset: 0, limit: 200 })),
    );
    const moves = Array.from({ length: 20 }, (_, i) => {
      const moved = ids[JOBS - 1 - i];
      const before = ids[JOBS / 2];
      if (moved === undefined || before === undefined) throw new Error('no such job');
      return timed(() => store.reorder([moved], before));
    });
    const bytes = Number(db.pragma('page_count', { simple: true })) * 4096;
    const removeMs = timed(() => {
      if (store.remove(ids).result.jobs.length !== JOBS) throw new Error('not all removed');
    });
    return {
      jobs: JOBS,
      addSeconds: rounded(addMs / 1000),
      claimP50Ms: rounded(percentile(claims, 50)),
      claimP99Ms: rounded(percentile(claims, 99)),
      claimMaxMs: rounded(Math.max(...claims)),
      listPageP50Ms: rounded(percentile(pages, 50)),
      listPageP99Ms: rounded(percentile(pages, 99)),
      searchP50Ms: rounded(percentile(searches, 50)),
      reorderP50Ms: rounded(percentile(moves, 50)),
      removeSeconds: rounded(removeMs / 1000),
      databaseBytesPerJob: Math.round(bytes / JOBS),
    };
  } finally {
    db.close();
    rmSync(home, { recursive: true, force: true });
  }
}

if (import.meta.main) console.log(JSON.stringify(measureQueue()));
