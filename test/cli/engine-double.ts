import { createRouterClient } from '@orpc/server';
import type { EngineApi, Holder, OtherSession, OwnSession } from '../../src/cli/session.ts';
import type { CPU_DEVICE_ID, JobId } from '../../src/common/ids.ts';
import type { Job, JobStatus, NewJob } from '../../src/common/job.ts';
import type { PresetEntry } from '../../src/common/preset.ts';
import { type Problem, ProblemError, problem } from '../../src/common/problem.ts';
import { Settings } from '../../src/common/settings.ts';
import type { Backend } from '../../src/engine/api/backend.ts';
import { EventBatcher } from '../../src/engine/api/event-batches.ts';
import { createRouter } from '../../src/engine/api/router.ts';

const AT = '2026-01-01T00:00:00.000Z';

export const H264: PresetEntry = {
  id: 'h264',
  name: 'H.264',
  description: '',
  container: 'mp4',
  video: {
    codec: 'h264',
    rate: { mode: 'quality', quality: 23 },
    effort: 'medium',
    bitDepth: 8,
    maxWidth: null,
    maxHeight: null,
    maxFrameRate: null,
    deinterlace: 'auto',
    hdr: 'keep',
  },
  audio: { mode: 'auto', bitRatePerChannelBps: 80_000, maxChannels: null },
  subtitles: 'keep',
  chapters: true,
  metadata: true,
  builtIn: true,
};

/** A job as the queue gives it, for what only looks at jobs. */
export function jobOf(fields: Partial<Omit<Job, 'id'>> & { id: string }): Job {
  const { id, ...rest } = fields;
  return {
    id: id as JobId,
    status: 'queued',
    source: `/clips/${id}.mov`,
    sourceSizeBytes: 1_000_000,
    sourceDurationMs: null,
    sourceSummary: null,
    preset: 'h264',
    device: 'auto',
    deviceId: null,
    priority: 0,
    progress: { fraction: 0, fps: null, speedX: null, etaMs: null },
    waitingFor: null,
    output: null,
    error: null,
    attempts: [],
    metadata: null,
    createdAt: AT,
    startedAt: null,
    endedAt: null,
    ...rest,
  };
}

/** What a source's name makes the double do with its job. */
function endOf(source: string): JobStatus | 'never' {
  if (source.includes('slow')) return 'never';
  if (source.includes('broken')) return 'failed';
  return source.includes('there-already') ? 'cancelled' : 'done';
}

const BROKEN: Problem = {
  code: 'source-corrupt',
  message: 'The file is damaged.',
  nextStep: 'Get an intact copy.',
};

/**
 * A queue in memory behind the real contract, router and event batches. Jobs whose source is called `broken` fail, those
 * called `slow` run for ever, those called `there-already` are skipped; sources called `missing` make no job.
 */
export class EngineDouble {
  readonly jobs = new Map<string, Job>();
  readonly added: NewJob[] = [];
  isPaused = false;
  isStopped = false;
  /** What `start` was called with. */
  startedWith: 'all' | ReadonlySet<JobId> | null = null;
  settings: Settings = Settings.parse({});
  readonly #batcher: EventBatcher;
  readonly api: EngineApi;
  #hangUp = new AbortController();
  #nextId = 1;

  constructor() {
    this.#batcher = new EventBatcher({
      readJob: (id) => this.jobs.get(id) ?? null,
      readSummary: () => this.#summary(),
      readDevices: () => ({ devices: [], gpuNotice: null, gpuSessions: { used: 0, limit: null } }),
    });
    this.api = createRouterClient(createRouter(this.#backend()));
  }

  ownSession(): OwnSession {
    return {
      kind: 'own',
      api: this.api,
      start: async (scope) => {
        this.startedWith = scope;
        this.work(scope);
      },
      serve: async ({ host, port }) => ({ url: `http://${host}:${port === 0 ? 4100 : port}/` }),
      runningCount: () => [...this.jobs.values()].filter((job) => job.status === 'running').length,
      finish: async () => {},
      close: async () => {
        this.isStopped = true;
        for (const job of this.jobs.values()) if (job.status === 'running') this.#change(job.id, 'queued');
      },
    };
  }

  /** The same queue as another process would hold it. */
  otherSession(holder: Holder): OtherSession {
    return { kind: 'other', api: this.api, holder, close: async () => {} };
  }

  /** Ends every event stream, as the end of the engine's process does. */
  die(): void {
    this.#hangUp.abort();
    this.#hangUp = new AbortController();
  }

  /** Brings the jobs in scope to their ends. */
  work(scope: 'all' | ReadonlySet<JobId>): void {
    for (const job of [...this.jobs.values()]) {
      if (job.status !== 'queued' || (scope !== 'all' && !scope.has(job.id))) continue;
      this.#change(job.id, 'running', { deviceId: 'cpu' as typeof CPU_DEVICE_ID });
      const end = endOf(job.source);
      if (end !== 'never') setTimeout(() => this.#end(job.id, end), 5);
    }
  }

  put(job: Job): void {
    this.jobs.set(job.id, job);
    this.#nextId = Math.max(this.#nextId, Number(job.id) + 1);
    this.#batcher.jobsChanged([job.id]);
  }

  #end(id: JobId, end: JobStatus): void {
    const job = this.jobs.get(id);
    if (job?.status !== 'running') return;
    if (end === 'done') {
      const output = { path: `${job.source}.mp4`, sizeBytes: 250_000, durationMs: 1000, notes: [] };
      this.#change(id, 'done', { output, endedAt: AT });
    } else if (end === 'failed') {
      this.#change(id, 'failed', { error: BROKEN, endedAt: AT });
    } else {
      const error: Problem = { code: 'output-exists', message: 'It is there already.', nextStep: 'Nothing.' };
      this.#change(id, 'cancelled', { error, endedAt: AT });
    }
  }

  #change(id: JobId, status: JobStatus, fields: Partial<Job> = {}): Job {
    const job = this.jobs.get(id);
    if (job === undefined) {
      throw problem('job-not-found', `There is no job ${id}.`, 'List the jobs to see which there are.');
    }
    const changed = { ...job, ...fields, status };
    this.jobs.set(id, changed);
    this.#batcher.jobsChanged([id]);
    this.#batcher.summaryChanged();
    return changed;
  }

  #summary() {
    const counts = { queued: 0, running: 0, paused: 0, done: 0, failed: 0, cancelled: 0 };
    for (const { status } of this.jobs.values()) counts[status] += 1;
    return { counts, total: this.jobs.size, isPaused: this.isPaused, etaMs: null };
  }

  #backend(): Backend {
    const many =
      (status: JobStatus) =>
      ({ ids }: { ids: JobId[] }) => {
        const jobs: Job[] = [];
        const rejected: { id: JobId; error: Problem }[] = [];
        for (const id of ids) {
          try {
            jobs.push(this.#change(id, status));
          } catch (error) {
            if (!(error instanceof ProblemError)) throw error;
            rejected.push({ id, error: error.problem });
          }
        }
        return { jobs, rejected };
      };
    const notHere = () => {
      throw new Error('The double does not do this.');
    };
    return {
      jobs: {
        add: ({ jobs: inputs }) => {
          this.added.push(...inputs);
          const jobs: Job[] = [];
          const rejected: { source: string; error: Problem }[] = [];
          for (const { source, preset, device } of inputs) {
            if (source.includes('missing')) {
              const error: Problem = {
                code: 'source-not-found',
                message: 'Nothing is there.',
                nextStep: 'Check the path.',
              };
              rejected.push({ source, error });
              continue;
            }
            const job = jobOf({ id: String(this.#nextId++), source, preset: preset ?? 'h264', device });
            this.jobs.set(job.id, job);
            jobs.push(job);
          }
          return { jobs, rejected };
        },
        list: ({ status, order, offset, limit }) => {
          const all = [...this.jobs.values()].filter(
            (job) => status === undefined || status.includes(job.status),
          );
          if (order === 'newest') all.sort((a, b) => Number(b.id) - Number(a.id));
          return { jobs: all.slice(offset, offset + limit), total: all.length, summary: this.#summary() };
        },
        show: ({ id }) => {
          const job = this.jobs.get(id);
          if (job !== undefined) return job;
          throw problem('job-not-found', `There is no job ${id}.`, 'List the jobs to see which there are.');
        },
        log: notHere,
        pause: many('paused'),
        resume: many('queued'),
        cancel: many('cancelled'),
        retry: many('queued'),
        remove: ({ ids }) => {
          const jobs = ids.flatMap((id) => this.jobs.get(id) ?? []);
          for (const id of ids) this.jobs.delete(id);
          this.#batcher.removed(ids);
          return { jobs, rejected: [] };
        },
        reorder: notHere,
        setPriority: ({ ids, priority }) => ({
          jobs: ids.map((id) => this.#change(id, 'queued', { priority })),
          rejected: [],
        }),
        clear: notHere,
      },
      queue: {
        summary: () => this.#summary(),
        pause: () => {
          this.isPaused = true;
          return this.#summary();
        },
        resume: () => {
          this.isPaused = false;
          return this.#summary();
        },
      },
      sources: {
        inspect: ({ paths }) => ({
          sources: paths.map((path) => ({
            path,
            info: null,
            error: path.includes('broken') ? BROKEN : null,
          })),
        }),
        browse: notHere,
        commandPreview: notHere,
      },
      devices: {
        list: () => ({ devices: [], gpuNotice: null, gpuSessions: { used: 0, limit: null } }),
        refresh: () => ({ devices: [], gpuNotice: null, gpuSessions: { used: 0, limit: null } }),
        history: notHere,
      },
      bench: { start: notHere, list: notHere, cancel: notHere, remove: notHere },
      presets: {
        list: () => ({ presets: [H264] }),
        show: ({ id }) => {
          if (id === H264.id) return H264;
          throw problem('preset-not-found', `There is no preset ${id}.`, 'List the presets.');
        },
        save: (preset) => ({ ...preset, builtIn: false }),
        remove: notHere,
      },
      settings: {
        get: () => this.settings,
        update: (patch) => {
          const { output, ...rest } = patch;
          const known = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
          this.settings = Settings.parse({
            ...this.settings,
            ...known,
            output: { ...this.settings.output, ...output },
          });
          return this.settings;
        },
      },
      system: {
        health: () => ({ status: 'ok', version: '0', uptimeMs: 0 }),
        doctor: () => ({
          ok: false,
          gantryVersion: '0',
          nodeVersion: '24',
          platform: 'linux',
          home: '/home',
          builds: [],
          devices: [],
          gpuNotice: null,
          gpuSessions: { used: 0, limit: null },
          problems: [{ code: 'ffmpeg-missing', message: 'No ffmpeg was found.', nextStep: 'Install one.' }],
        }),
      },
      events: {
        subscribe: (_input, { signal }) => this.#subscribe(signal),
      },
      outputFile: notHere,
      uploadFolder: notHere,
    };
  }

  async *#subscribe(signal: AbortSignal | undefined) {
    const hungUp = this.#hangUp.signal;
    yield* this.#batcher.subscribe(signal === undefined ? hungUp : AbortSignal.any([signal, hungUp]));
    if (hungUp.aborted) throw problem('engine-unreachable', 'The connection has ended.', 'Connect again.');
  }
}
