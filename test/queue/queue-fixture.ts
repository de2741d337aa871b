import BetterSqlite from 'better-sqlite3';
import type { DeviceId, JobId } from '../../src/common/ids.ts';
import { CPU_DEVICE_ID } from '../../src/common/ids.ts';
import type { Job, JobMetadata, JobOutput } from '../../src/common/job.ts';
import { OutputChoice } from '../../src/common/job.ts';
import { Preset } from '../../src/common/preset.ts';
import type { Problem } from '../../src/common/problem.ts';
import type { SourceInfo } from '../../src/common/source.ts';
import { type Database, openDatabase } from '../../src/engine/queue/database.ts';
import { QueueStore } from '../../src/engine/queue/queue-store.ts';
import type { JobDraft, Lease, TaskKind } from '../../src/engine/queue/records.ts';

export const PRESET = Preset.parse({
  id: 'h264',
  name: 'H.264',
  container: 'mp4',
  video: { codec: 'h264', rate: { mode: 'quality', quality: 23 } },
  audio: {},
});

export const FAULT: Problem = { code: 'encode-failed', message: 'It broke.', nextStep: 'Retry.' };

export const METADATA: JobMetadata = {
  gpuEnabled: false,
  gpuDevice: null,
  gpuCodec: null,
  gpuFallback: false,
  fallbackReason: null,
  processingTimeSeconds: 2,
  processingSpeed: 30,
};

export function draft(source: string, changes: Partial<JobDraft> = {}): JobDraft {
  return {
    source,
    sourceSizeBytes: 1000,
    recipe: { preset: PRESET, output: OutputChoice.parse({}) },
    device: 'auto',
    priority: 0,
    paused: false,
    ...changes,
  };
}

export function drafts(count: number, changes: Partial<JobDraft> = {}): JobDraft[] {
  return Array.from({ length: count }, (_, i) => draft(`/media/${i + 1}.mkv`, changes));
}

export function infoOf(path: string): SourceInfo {
  return {
    path,
    sizeBytes: 2000,
    modifiedAt: '2026-01-01T00:00:00.000Z',
    container: 'matroska,webm',
    durationMs: 60_000,
    bitRateBps: null,
    streams: [],
    chapters: [],
    tags: {},
  };
}

export function outputOf(path: string): JobOutput {
  return { path, sizeBytes: 500, durationMs: 60_000, notes: [] };
}

/** A queue in memory (or on a file) with a clock that stands still until it is moved. */
export class TestQueue {
  readonly db: Database;
  readonly store: QueueStore;
  nowMs: number;

  constructor(file: string | Database = ':memory:', platform: NodeJS.Platform = 'linux') {
    this.nowMs = Date.UTC(2026, 0, 1);
    this.db = typeof file === 'string' ? openDatabase(file) : file;
    this.store = new QueueStore(this.db, () => new Date(this.nowMs), platform);
  }

  /** The queue as another process would find it if this one ended now. Everything in memory is gone. */
  reopened(): TestQueue {
    const db = new BetterSqlite(this.db.serialize());
    db.pragma('foreign_keys = ON');
    const queue = new TestQueue(db);
    queue.nowMs = this.nowMs;
    return queue;
  }

  after(ms: number): string {
    return new Date(this.nowMs + ms).toISOString();
  }

  add(count: number, changes: Partial<JobDraft> = {}): JobId[] {
    return this.store.addJobIds(drafts(count, changes));
  }

  job(id: JobId): Job {
    const job = this.store.job(id);
    if (job === null) throw new Error(`no job ${id}`);
    return job;
  }

  /** Claims the job's next task; throws when it has none that may start. */
  claim(id: JobId, kind: TaskKind = 'encode', device: DeviceId = CPU_DEVICE_ID): Lease {
    const task = this.store.runnable([kind], 1000).find((found) => found.jobId === id);
    const lease = task === undefined ? null : this.store.claim(task.id, device);
    if (lease === null) throw new Error(`no ${kind} of job ${id} to claim`);
    return lease;
  }

  /** Reads the source of a job and leaves it ready to encode. */
  inspect(id: JobId, next: readonly { kind: TaskKind; dependsOnPrevious: boolean }[] = ONE_ENCODE): void {
    const lease = this.claim(id, 'inspect');
    this.store.finishInspect(lease.taskId, { info: infoOf(this.job(id).source), summary: 'a film', next });
  }

  /** Adds one job and brings it to where it encodes. */
  addRunning(changes: Partial<JobDraft> = {}): { id: JobId; lease: Lease } {
    const [id] = this.add(1, changes);
    if (id === undefined) throw new Error('not added');
    this.inspect(id);
    return { id, lease: this.claim(id) };
  }

  finish(lease: Lease): boolean {
    return this.store.finishJob(lease.taskId, {
      output: outputOf(`/media/${lease.jobId}.mp4`),
      metadata: METADATA,
      exitCode: 0,
    });
  }

  /** Ids in the order in which the list shows them. */
  listed(status?: readonly Job['status'][]): JobId[] {
    return this.store
      .list({ ...(status === undefined ? {} : { status }), order: 'queue', offset: 0, limit: 1000 })
      .jobs.map((job) => job.id);
  }
}

const ONE_ENCODE = [{ kind: 'encode', dependsOnPrevious: false }] as const;
