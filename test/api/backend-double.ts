import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BenchId, BenchRun } from '../../src/common/bench.ts';
import type { DeviceList, DoctorReport } from '../../src/common/device.ts';
import type { DeviceId, HostId, JobId } from '../../src/common/ids.ts';
import type { Job, JobStatus, NewJob, QueueSummary } from '../../src/common/job.ts';
import { Preset, type PresetEntry } from '../../src/common/preset.ts';
import { type Problem, type ProblemError, problem } from '../../src/common/problem.ts';
import { Settings } from '../../src/common/settings.ts';
import type { Backend } from '../../src/engine/api/backend.ts';
import { EventBatcher } from '../../src/engine/api/event-batches.ts';

const AT = '2026-01-01T00:00:00.000Z';

/**
 * An engine that keeps its queue in memory and encodes nothing: state changes are real, work is not. For tests of what
 * carries the API, not of what is behind it.
 */
export class BackendDouble implements Backend {
  readonly batcher = new EventBatcher({
    readJob: (id) => this.#jobs.get(id) ?? null,
    readSummary: () => {
      this.batchesTaken += 1;
      return this.#summary();
    },
    readDevices: () => this.#devices(),
  });
  /** Batches that carried a summary, for all subscribers together. */
  batchesTaken = 0;
  readonly #folder: string;
  readonly #jobs = new Map<JobId, Job>();
  readonly #presets = new Map<string, PresetEntry>();
  readonly #runs = new Map<BenchId, BenchRun>();
  #settings: Settings = Settings.parse({});
  #isPaused = false;
  #lastId = 0;
  /** Thrown by `system.doctor` when set: the fault that nobody foresaw. */
  fault: unknown = null;

  constructor(folder: string) {
    this.#folder = folder;
    const preset = Preset.parse({
      id: 'h264',
      name: 'H.264',
      container: 'mp4',
      video: { codec: 'h264', rate: { mode: 'quality', quality: 22 } },
      audio: {},
    });
    this.#presets.set(preset.id, { ...preset, builtIn: true });
  }

  readonly jobs: Backend['jobs'] = {
    add: ({ jobs }) => {
      const rejected: { source: string; error: Problem }[] = [];
      const added: Job[] = [];
      for (const job of jobs) {
        if (job.source.startsWith('/missing')) {
          rejected.push({ source: job.source, error: notFound('source-not-found', job.source).problem });
        } else added.push(this.#add(job));
      }
      this.#changed(added.map((job) => job.id));
      return { jobs: added, rejected };
    },
    list: ({ status, search, order, offset, limit }) => {
      const matching = [...this.#jobs.values()]
        .filter((job) => status === undefined || status.includes(job.status))
        .filter((job) => job.source.toLowerCase().includes((search ?? '').toLowerCase()));
      if (order === 'newest') matching.reverse();
      return {
        jobs: matching.slice(offset, offset + limit),
        total: matching.length,
        summary: this.#summary(),
      };
    },
    show: ({ id }) => this.#job(id),
    log: ({ id }) => ({ text: `log of ${this.#job(id).id}` }),
    pause: ({ ids }) => this.#each(ids, ['queued', 'running'], 'paused'),
    resume: ({ ids }) => this.#each(ids, ['paused'], 'queued'),
    cancel: ({ ids }) => this.#each(ids, ['queued', 'running', 'paused'], 'cancelled'),
    retry: ({ ids }) => this.#each(ids, ['done', 'failed', 'cancelled'], 'queued'),
    remove: ({ ids }) => {
      const result = this.#each(ids, ['queued', 'running', 'paused', 'done', 'failed', 'cancelled'], null);
      for (const job of result.jobs) this.#jobs.delete(job.id);
      this.batcher.removed(result.jobs.map((job) => job.id));
      return result;
    },
    reorder: ({ ids }) => this.#each(ids, ['queued'], 'queued'),
    setPriority: ({ ids, priority }) => {
      const result = this.#each(ids, ['queued', 'paused'], null);
      for (const job of result.jobs) this.#jobs.set(job.id, { ...job, priority });
      return { ...result, jobs: result.jobs.map((job) => this.#job(job.id)) };
    },
    clear: ({ status }) => {
      const gone = [...this.#jobs.values()].filter((job) => (status as JobStatus[]).includes(job.status));
      for (const job of gone) this.#jobs.delete(job.id);
      this.batcher.removed(gone.map((job) => job.id));
      return { removed: gone.length };
    },
  };

  readonly queue: Backend['queue'] = {
    summary: () => this.#summary(),
    pause: () => this.#setPaused(true),
    resume: () => this.#setPaused(false),
  };

  readonly sources: Backend['sources'] = {
    inspect: async ({ paths }) => ({
      sources: await Promise.all(
        paths.map(async (path) => {
          const size = await stat(path).catch(() => null);
          return {
            path,
            info: null,
            error: size === null ? notFound('source-not-found', path).problem : null,
          };
        }),
      ),
    }),
    browse: ({ path }) => ({ path: path ?? '/', parent: null, entries: [], places: [] }),
    commandPreview: ({ path, preset }) => {
      this.#preset(preset);
      return { commands: [['ffmpeg', '-i', `file:${path}`]] };
    },
  };

  readonly devices: Backend['devices'] = {
    list: () => this.#devices(),
    refresh: () => this.#devices(),
    history: ({ id }) => {
      if (id !== 'cpu') throw notFound('device-not-found', `device ${id}`);
      return { deviceId: id, resolutionMs: 1000, points: [] };
    },
  };

  readonly bench: Backend['bench'] = {
    start: () => {
      const run: BenchRun = {
        ...{ id: `bench-${this.#runs.size + 1}` as BenchId, status: 'done', quick: true, total: 0, done: 0 },
        ...{ startedAt: AT, endedAt: AT, current: null, results: [], skipped: [], error: null },
      };
      this.#runs.set(run.id, run);
      return run;
    },
    list: () => ({ runs: [...this.#runs.values()] }),
    cancel: ({ id }) => {
      const run = this.#runs.get(id);
      if (run === undefined) throw notFound('bench-not-found', `benchmark ${id}`);
      return run;
    },
    remove: ({ id }) => {
      if (!this.#runs.delete(id)) throw notFound('bench-not-found', `benchmark ${id}`);
      return { removed: true };
    },
  };

  readonly presets: Backend['presets'] = {
    list: () => ({ presets: [...this.#presets.values()] }),
    show: ({ id }) => this.#preset(id),
    save: (preset) => {
      this.#refuseBuiltIn(preset.id);
      const entry = { ...preset, builtIn: false };
      this.#presets.set(preset.id, entry);
      return entry;
    },
    remove: ({ id }) => {
      this.#refuseBuiltIn(id);
      return { removed: this.#presets.delete(id) };
    },
  };

  readonly settings: Backend['settings'] = {
    get: () => this.#settings,
    update: (patch) => {
      this.#settings = Settings.parse({ ...this.#settings, ...patch });
      return this.#settings;
    },
  };

  readonly system: Backend['system'] = {
    health: () => ({ status: 'ok', version: '0.0.0-test', uptimeMs: performance.now() }),
    doctor: (): DoctorReport => {
      if (this.fault !== null) throw this.fault;
      return {
        ok: true,
        gantryVersion: '0.0.0-test',
        nodeVersion: process.version,
        platform: process.platform,
        home: this.#folder,
        builds: [],
        devices: [],
        gpuNotice: null,
        gpuSessions: { used: 0, limit: null },
        problems: [],
      };
    },
  };

  readonly events: Backend['events'] = {
    subscribe: (_input, { signal }) => this.batcher.subscribe(signal),
  };

  readonly outputFile: Backend['outputFile'] = async (jobId) => {
    const { output } = this.#job(jobId);
    if (output !== null) return { path: output.path, sizeBytes: output.sizeBytes };
    throw problem('invalid-transition', `Job ${jobId} is not done.`, 'Wait until it is done.');
  };

  uploadFolder(): string {
    return join(this.#folder, 'uploads');
  }

  /** Ends a job as if it had been encoded into this file. */
  async finish(id: JobId, path: string): Promise<void> {
    const { length } = await readFile(path);
    this.#jobs.set(id, {
      ...this.#job(id),
      status: 'done',
      output: { path, sizeBytes: length, durationMs: 1000, notes: [] },
    });
    this.#changed([id]);
  }

  #add(job: NewJob): Job {
    const id = String(++this.#lastId) as JobId;
    const added: Job = {
      id,
      status: job.paused ? 'paused' : 'queued',
      source: job.source,
      sourceSizeBytes: null,
      sourceDurationMs: null,
      sourceSummary: basename(job.source),
      preset: job.preset ?? this.#settings.defaultPreset,
      device: job.device,
      deviceId: null,
      priority: job.priority,
      progress: { fraction: 0, fps: null, speedX: null, etaMs: null },
      waitingFor: null,
      output: null,
      error: null,
      attempts: [],
      metadata: null,
      createdAt: new Date().toISOString(),
      startedAt: null,
      endedAt: null,
    };
    this.#jobs.set(id, added);
    return added;
  }

  /** Moves the jobs that are in a state of `from`, to `to` where one is named; the rest is rejected with its reason. */
  #each(ids: readonly JobId[], from: readonly JobStatus[], to: JobStatus | null) {
    const rejected: { id: JobId; error: Problem }[] = [];
    const moved: JobId[] = [];
    for (const id of new Set(ids)) {
      const job = this.#jobs.get(id);
      if (job === undefined) rejected.push({ id, error: notFound('job-not-found', `job ${id}`).problem });
      else if (!from.includes(job.status)) {
        const error = problem(
          'invalid-transition',
          `Job ${id} is ${job.status}.`,
          'Choose another job.',
        ).problem;
        rejected.push({ id, error });
      } else {
        if (to !== null) this.#jobs.set(id, { ...job, status: to });
        moved.push(id);
      }
    }
    this.#changed(moved);
    return { jobs: moved.map((id) => this.#job(id)), rejected };
  }

  #changed(ids: readonly JobId[]): void {
    this.batcher.jobsChanged(ids);
    this.batcher.summaryChanged();
  }

  #setPaused(isPaused: boolean): QueueSummary {
    this.#isPaused = isPaused;
    this.batcher.summaryChanged();
    return this.#summary();
  }

  #summary(): QueueSummary {
    const counts = { queued: 0, running: 0, paused: 0, done: 0, failed: 0, cancelled: 0 };
    for (const job of this.#jobs.values()) counts[job.status] += 1;
    return { counts, total: this.#jobs.size, isPaused: this.#isPaused, etaMs: null };
  }

  #devices(): DeviceList {
    const cpu = {
      id: 'cpu' as DeviceId,
      kind: 'cpu' as const,
      name: 'Test CPU',
      host: 'local' as HostId,
      uuid: null,
      status: 'ready' as const,
      reason: null,
      encoders: [],
      retryAt: null,
      decoders: [],
      gpuPipeline: null,
      sessions: { used: 0, others: 0, limit: 1 },
      telemetry: null,
      driverVersion: null,
    };
    const gpuNotice = problem(
      'no-nvidia-driver',
      'No NVIDIA driver is installed.',
      'Nothing: the CPU encodes.',
    ).problem;
    return { devices: [cpu], gpuNotice, gpuSessions: { used: 0, limit: null } };
  }

  #job(id: JobId): Job {
    const job = this.#jobs.get(id);
    if (job === undefined) throw notFound('job-not-found', `job ${id}`);
    return job;
  }

  #preset(id: string): PresetEntry {
    const preset = this.#presets.get(id);
    if (preset === undefined) throw notFound('preset-not-found', `preset ${id}`);
    return preset;
  }

  #refuseBuiltIn(id: string): void {
    if (this.#presets.get(id)?.builtIn) {
      throw problem('preset-is-built-in', `The preset ${id} came with Gantry.`, 'Save it under another id.');
    }
  }
}

function notFound(
  code: 'job-not-found' | 'preset-not-found' | 'source-not-found' | 'device-not-found' | 'bench-not-found',
  what: string,
): ProblemError {
  return problem(code, `There is no ${what}.`, 'Check the name.');
}
