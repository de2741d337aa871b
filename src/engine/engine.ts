import { join } from 'node:path';
import type { DeviceList } from '../common/device.ts';
import type { JobId } from '../common/ids.ts';
import type { QueueSummary } from '../common/job.ts';
import { toProblem } from '../common/problem.ts';
import type { SettingsPatch } from '../common/settings.ts';
import type { Backend } from './api/backend.ts';
import { createBackend } from './api/engine-backend.ts';
import { EventBatcher } from './api/event-batches.ts';
import { type RunningServer, startServer } from './api/http-server.ts';
import { ownNames } from './api/own-names.ts';
import { createRouter, type EngineRouter } from './api/router.ts';
import { doctorReport } from './devices/doctor.ts';
import { DeviceRegistry } from './devices/registry.ts';
import { LocalHost } from './hosts/local-host.ts';
import { discoverBuilds } from './media/ffmpeg-builds.ts';
import { PresetCatalog } from './media/preset-catalog.ts';
import { AnswerStore } from './queue/answer-store.ts';
import { openDatabase } from './queue/database.ts';
import { acquireEngineLock, type EngineInfo } from './queue/engine-lock.ts';
import { PresetStore } from './queue/preset-store.ts';
import { ProbeStore } from './queue/probe-store.ts';
import { QueueEta } from './queue/queue-eta.ts';
import { QueueStore } from './queue/queue-store.ts';
import { SettingsStore } from './queue/settings-store.ts';
import { Dispatcher } from './scheduler/dispatcher.ts';
import { JobLogs } from './tasks/job-log.ts';
import { recoverLeases } from './tasks/recover.ts';

export interface EngineOptions {
  /** All state: database, settings, logs, keys. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  /** What was started, for whoever finds the home taken: `gantry serve`. */
  readonly command: string;
  /** The built UI; null when it is not served. */
  readonly staticFolder: string | null;
  /** Where the app lies, for what was shipped with it. */
  readonly appFolder: string;
  /** Told of faults that nobody foresaw. */
  readonly onFault?: (error: unknown) => void;
}

export interface ServeOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly token: string;
}

export interface Engine {
  readonly backend: Backend;
  readonly router: EngineRouter;
  /** Begins to work on the queue, or on some of its jobs only. */
  start(scope?: { readonly onlyJobs: ReadonlySet<JobId> | null }): void;
  /** Opens the engine to browsers, scripts and other `gantry` commands. */
  serve(options: ServeOptions): Promise<RunningServer>;
  /** How many jobs run now. */
  runningCount(): number;
  /** Starts nothing more and resolves when all that runs has ended. */
  finish(): Promise<void>;
  /** Gives running work back to the queue, closes everything and lets the next engine have the home. */
  stop(): Promise<void>;
}

/** Two at least, since reading and writing files leaves gaps that a second encode fills; encoders share what cores there are. */
export function defaultCpuSlots(threads: number): number {
  return Math.min(8, Math.max(2, Math.ceil(threads / 4)));
}

/**
 * Puts the rooms together. One engine owns a home: when another process has it, `heldBy` says who.
 * @throws ProblemError `database-failed` when the home cannot be used.
 */
export async function createEngine(
  options: EngineOptions,
): Promise<Engine | { readonly heldBy: EngineInfo | null }> {
  const { home, env, version } = options;
  const onFault =
    options.onFault ?? ((error: unknown) => process.stderr.write(`${toProblem(error).detail}\n`));
  const taken = acquireEngineLock(home);
  if ('heldBy' in taken) return taken;
  const { lock } = taken;
  const self: EngineInfo = {
    pid: process.pid,
    startedAt: new Date().toISOString(),
    command: options.command,
    url: null,
    token: null,
    version,
  };
  try {
    lock.publish(self);
    const database = openDatabase(join(home, 'gantry.db'));
    const host = new LocalHost();
    const store = new QueueStore(database, () => new Date());
    const settingsStore = new SettingsStore(database);
    const presets = new PresetCatalog(new PresetStore(database));
    const logs = new JobLogs(join(home, 'logs', 'jobs'));
    const settings = () => settingsStore.get();
    const ffmpegConfig = () => {
      const { ffmpegPath, ffprobePath } = settings();
      return { ffmpegPath, ffprobePath, env, appFolder: options.appFolder };
    };
    const answers = new AnswerStore(database);
    const registry = new DeviceRegistry({
      host,
      discover: () => discoverBuilds(host, ffmpegConfig(), answers),
      cache: new ProbeStore(database),
      smiPath: env['GANTRY_NVIDIA_SMI'] ?? 'nvidia-smi',
    });
    const workFolder = join(home, 'work');
    await recoverLeases(host, store);
    // Statistics of encodes that were cut off; nothing runs yet.
    await host.files.remove(workFolder);

    const { cpuThreads } = await host.facts();
    const cpuSlots = () => settings().cpuSlots ?? defaultCpuSlots(cpuThreads);
    registry.setCpuSlots(cpuSlots());

    let firstLook: Promise<DeviceList> | null = null;
    const devices = async () => {
      firstLook ??= registry.refresh();
      await firstLook;
      return registry.list();
    };

    const eta = new QueueEta();
    const summary = (): QueueSummary => {
      const counts = store.counts();
      const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
      const running = store.jobs(store.leases().flatMap((l) => (l.kind === 'inspect' ? [] : [l.jobId])));
      const etaMs = store.isPaused
        ? null
        : eta.estimate({ waiting: counts.queued, running, slots: cpuSlots() });
      return { counts, total, isPaused: store.isPaused, etaMs };
    };
    const batcher = new EventBatcher({
      readJob: (id) => store.job(id),
      readSummary: summary,
      readDevices: () => registry.list(),
    });

    const context = {
      host,
      store,
      registry,
      logs,
      workFolder,
      settings,
      onProgress: (id: JobId, progress: Parameters<typeof batcher.progress>[1]) => {
        store.setProgress(id, progress);
        batcher.progress(id, progress);
      },
    };
    let dispatcher: Dispatcher | null = null;
    const unsubscribe = [
      store.onChange(({ changed, removed, summaryChanged }) => {
        if (changed.length > 0) batcher.jobsChanged(changed);
        if (removed.length > 0) batcher.removed(removed);
        if (summaryChanged) batcher.summaryChanged();
        dispatcher?.wake();
      }),
      registry.onChange(() => {
        batcher.devicesChanged();
        dispatcher?.wake();
      }),
    ];

    const backend = createBackend({
      host,
      home,
      version,
      store,
      presets,
      registry,
      logs,
      batcher,
      settings,
      updateSettings: (patch: SettingsPatch) => {
        const before = settings();
        const after = settingsStore.update(patch);
        registry.setCpuSlots(cpuSlots());
        if (before.ffmpegPath !== after.ffmpegPath || before.ffprobePath !== after.ffprobePath) {
          firstLook = registry.refresh();
        }
        dispatcher?.wake();
        return after;
      },
      summary,
      devices,
      refreshDevices: () => {
        answers.clear();
        return registry.refresh({ forgetProofs: true });
      },
      doctor: async () => {
        await devices();
        return doctorReport({
          registry,
          host,
          home,
          gantryVersion: version,
          nodeVersion: process.versions.node,
          ffmpegConfig: ffmpegConfig(),
        });
      },
      onFault,
      include: (jobIds) => dispatcher?.include(jobIds),
      follow: (leases) => dispatcher?.follow(leases),
      setQueuePaused: (isPaused, now) => dispatcher?.setQueuePaused(isPaused, now),
      ended: async (jobIds) => dispatcher?.ended(jobIds),
    });
    const router = createRouter(backend, { onError: onFault });
    const servers = new Set<RunningServer>();

    return {
      backend,
      router,
      start: (scope = { onlyJobs: null }) => {
        void devices().catch(onFault);
        dispatcher = new Dispatcher(context, {
          onlyJobs: scope.onlyJobs,
          onFinished: (durationMs) => eta.finished(durationMs),
          onFault,
        });
        dispatcher.start();
      },
      serve: async ({ host: address, port, token }) => {
        const server = await startServer({
          router,
          backend,
          host: address,
          port,
          token,
          allowedHosts: ownNames(address),
          staticFolder: options.staticFolder,
          version,
          onError: onFault,
        });
        servers.add(server);
        lock.publish({ ...self, url: server.url, token });
        return server;
      },
      runningCount: () => dispatcher?.runningCount ?? 0,
      finish: async () => dispatcher?.finish(),
      stop: async () => {
        await dispatcher?.stop();
        for (const off of unsubscribe) off();
        await Promise.all([...servers].map((server) => server.close()));
        await registry.dispose();
        await host.dispose();
        database.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
