import { join } from 'node:path';
import type { DeviceList } from '../common/device.ts';
import type { JobId } from '../common/ids.ts';
import type { Progress, QueueSummary } from '../common/job.ts';
import { type Problem, toProblem } from '../common/problem.ts';
import type { SettingsPatch } from '../common/settings.ts';
import type { Backend } from './api/backend.ts';
import { createBackend } from './api/engine-backend.ts';
import { EventBatcher } from './api/event-batches.ts';
import { type RunningServer, startServer } from './api/http-server.ts';
import { ownNames } from './api/own-names.ts';
import { createRouter, type EngineRouter } from './api/router.ts';
import { BenchRunner } from './bench/bench-runner.ts';
import { doctorReport } from './devices/doctor.ts';
import { DeviceRegistry } from './devices/registry.ts';
import { TelemetryHistory } from './devices/telemetry-history.ts';
import { TelemetrySampler } from './devices/telemetry-sampler.ts';
import { LocalHost } from './hosts/local-host.ts';
import { discoverBuilds } from './media/ffmpeg-builds.ts';
import { openStores } from './open-stores.ts';
import { acquireEngineLock, type EngineInfo, type EngineLock } from './queue/engine-lock.ts';
import { Dispatcher } from './scheduler/dispatcher.ts';
import { QueueForecast } from './scheduler/queue-forecast.ts';
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
  const taken = acquireEngineLock(options.home);
  if ('heldBy' in taken) return taken;
  try {
    return await compose(options, taken.lock);
  } catch (error) {
    taken.lock.release();
    throw error;
  }
}

async function compose(options: EngineOptions, lock: EngineLock): Promise<Engine> {
  const { home, env, version } = options;
  const onFault =
    options.onFault ?? ((error: unknown) => process.stderr.write(`${toProblem(error).detail}\n`));
  const self: EngineInfo = {
    pid: process.pid,
    startedAt: new Date().toISOString(),
    command: options.command,
    url: null,
    token: null,
    version,
  };
  lock.publish(self);
  const stores = openStores(home);
  const store = stores.queue;
  const host = new LocalHost();
  const logs = new JobLogs(join(home, 'logs', 'jobs'));
  const settings = () => stores.settings.get();
  const ffmpegConfig = () => {
    const { ffmpegPath, ffprobePath } = settings();
    return { ffmpegPath, ffprobePath, env, appFolder: options.appFolder };
  };
  const registry = new DeviceRegistry({
    host,
    discover: () => discoverBuilds(host, ffmpegConfig(), stores.answers),
    cache: stores.proofs,
    smiPath: smiPath(env),
    sessionLimits: stores.sessionLimits,
    knownGpus: stores.knownGpus,
  });
  const workFolder = join(home, 'work');
  await recoverLeases(host, store);
  // Statistics of encodes that were cut off; nothing runs yet.
  await host.files.remove(workFolder);

  const { cpuThreads } = await host.facts();
  const setCpuSlots = () => registry.setCpuSlots(settings().cpuSlots ?? defaultCpuSlots(cpuThreads));
  setCpuSlots();

  let firstLook: Promise<DeviceList> | null = null;
  const devices = async () => {
    firstLook ??= registry.refresh();
    await firstLook;
    return registry.list();
  };

  let dispatcher: Dispatcher | null = null;
  const toldOfProgress = (id: JobId, progress: Progress) => {
    store.setProgress(id, progress);
    batcher.progress(id, progress);
  };
  const forecast = new QueueForecast(() => dispatcher?.situation ?? null, toldOfProgress);
  const summary = (): QueueSummary => {
    const counts = store.counts();
    const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
    return {
      counts,
      total,
      isPaused: store.isPaused,
      etaMs: counts.queued + counts.running === 0 ? null : forecast.queueMs(),
    };
  };
  const batcher = new EventBatcher({
    readJob: (id) => store.job(id),
    readSummary: summary,
    readDevices: () => registry.list(),
  });
  const speeds = stores.speeds.load();
  const context = {
    host,
    store,
    registry,
    logs,
    workFolder,
    settings,
    onProgress: (id: JobId, progress: Progress) => {
      toldOfProgress(id, progress);
      if (forecast.refresh()) batcher.summaryChanged();
    },
  };
  const bench = new BenchRunner({
    host,
    home,
    registry,
    store: stores.bench,
    reserve: async (deviceId, signal) =>
      dispatcher?.reserve(deviceId, BEING_MEASURED, signal) ?? { release: () => {} },
    onChange: (run) => batcher.bench(run),
  });
  const history = new TelemetryHistory({ store: stores.telemetry, onFault });
  const sampler = new TelemetrySampler({
    host,
    smiPath: smiPath(env),
    home,
    onGpus: (listing, at) => registry.applyGpuListing(listing, at),
    onCpu: (telemetry) => registry.applyCpuTelemetry(telemetry),
    onFault,
  });
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
    registry.onTelemetry((id, telemetry) => {
      history.add(id, telemetry);
      batcher.telemetry(id, telemetry);
    }),
  ];

  const backend = createBackend({
    host,
    home,
    version,
    store,
    presets: stores.presets,
    registry,
    bench,
    history,
    logs,
    batcher,
    settings,
    updateSettings: (patch: SettingsPatch) => {
      const before = settings();
      const after = stores.settings.update(patch);
      setCpuSlots();
      if (before.ffmpegPath !== after.ffmpegPath || before.ffprobePath !== after.ffprobePath) {
        firstLook = registry.refresh();
      }
      dispatcher?.wake();
      return after;
    },
    summary,
    devices,
    readTelemetry: async () => {
      // Once the engine works, readings come in by themselves, and nobody waits for an nvidia-smi that hangs.
      if (dispatcher === null) await registry.readTelemetry();
    },
    refreshDevices: () => {
      stores.answers.clear();
      sampler.refresh();
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
      sampler.start();
      dispatcher = new Dispatcher(context, {
        onlyJobs: scope.onlyJobs,
        speeds,
        onLearned: (deviceId, work) => {
          const entry = speeds.entry(deviceId, work);
          if (entry !== null) stores.speeds.save(entry);
        },
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
      await bench.dispose();
      await dispatcher?.stop();
      for (const off of unsubscribe) off();
      await Promise.all([...servers].map((server) => server.close()));
      await sampler.dispose();
      await registry.dispose();
      history.dispose();
      await host.dispose();
      stores.database.close();
      lock.release();
    },
  };
}

const BEING_MEASURED: Problem = {
  code: 'device-unavailable',
  message: 'A benchmark measures this device.',
  nextStep: 'Wait until it has ended, or cancel it.',
};

function smiPath(env: NodeJS.ProcessEnv): string {
  return env['GANTRY_NVIDIA_SMI'] ?? 'nvidia-smi';
}
