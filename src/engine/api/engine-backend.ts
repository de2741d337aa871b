import { join } from 'node:path';
import type { AddResult, ManyResult } from '../../common/contract/jobs.ts';
import type { Inspection } from '../../common/contract/sources.ts';
import type { DeviceList, DoctorReport } from '../../common/device.ts';
import type { JobId } from '../../common/ids.ts';
import type { QueueSummary } from '../../common/job.ts';
import { problem, toProblem } from '../../common/problem.ts';
import type { Settings, SettingsPatch } from '../../common/settings.ts';
import type { BenchRunner } from '../bench/bench-runner.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import type { TelemetryHistory } from '../devices/telemetry-history.ts';
import type { Host } from '../hosts/host.ts';
import { planEncode } from '../media/encode-plan.ts';
import { inspectSource } from '../media/inspect-source.ts';
import type { PresetCatalog } from '../media/preset-catalog.ts';
import { whyNotEncodable } from '../media/source-summary.ts';
import type { QueueStore } from '../queue/queue-store.ts';
import type { Lease } from '../queue/records.ts';
import { ffprobeOf } from '../tasks/inspect-task.ts';
import type { JobLogs } from '../tasks/job-log.ts';
import { draftJobs } from './add-jobs.ts';
import type { Backend } from './backend.ts';
import { browseFolder } from './browse-folder.ts';
import { checkSettings } from './check-settings.ts';
import type { EventBatcher } from './event-batches.ts';

/** Sources read at once for one call. */
const INSPECT_AT_ONCE = 3;

/** What the backend needs of the engine around it. */
export interface EngineParts {
  readonly host: Host;
  readonly home: string;
  readonly version: string;
  readonly store: QueueStore;
  readonly presets: PresetCatalog;
  readonly registry: DeviceRegistry;
  readonly bench: Pick<BenchRunner, 'start' | 'list' | 'cancel' | 'remove'>;
  readonly history: Pick<TelemetryHistory, 'read'>;
  readonly logs: JobLogs;
  readonly batcher: EventBatcher;
  readonly settings: () => Settings;
  readonly updateSettings: (patch: SettingsPatch) => Settings;
  readonly summary: () => QueueSummary;
  /** Devices, waiting for the first look at them when that is still under way. */
  readonly devices: () => Promise<DeviceList>;
  /** Sees to it that the devices' readings are young. */
  readonly readTelemetry: () => Promise<void>;
  /** Looks for devices and builds again and proves all anew. */
  readonly refreshDevices: () => Promise<DeviceList>;
  readonly doctor: () => Promise<DoctorReport>;
  /** Jobs that somebody wants done now, also where the engine was started for other jobs only. */
  readonly include: (jobIds: readonly JobId[]) => void;
  /** Makes running tasks follow what the queue says of them now. */
  readonly follow: (leases: readonly Lease[]) => void;
  readonly onFault: (error: unknown) => void;
  readonly setQueuePaused: (isPaused: boolean, now: boolean) => void;
  /** Resolves when nothing of these jobs runs any more. */
  readonly ended: (jobIds: ReadonlySet<JobId>) => Promise<void>;
}

async function inspectOne(
  parts: EngineParts,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Inspection> {
  try {
    const info = await inspectSource(parts.host, ffprobeOf(parts), path, signal);
    return { path, info, error: whyNotEncodable(info) };
  } catch (error) {
    const found = toProblem(error);
    if (found.code !== 'internal') return { path, info: null, error: found };
    // Where in the program it happened is for the log, not for the caller.
    parts.onFault(error);
    return {
      path,
      info: null,
      error: { code: found.code, message: found.message, nextStep: found.nextStep },
    };
  }
}

async function inspectAll(parts: EngineParts, paths: readonly string[], signal: AbortSignal | undefined) {
  const sources: Inspection[] = new Array(paths.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < paths.length; index = next++) {
      const path = paths[index];
      if (path === undefined || signal?.aborted) return;
      sources[index] = await inspectOne(parts, path, signal);
    }
  };
  await Promise.all(Array.from({ length: INSPECT_AT_ONCE }, worker));
  return sources;
}

/** The contract, implemented on the engine's parts. */
export function createBackend(parts: EngineParts): Backend {
  const { host, store, presets, registry, logs, batcher } = parts;
  const startedAtMs = performance.now();

  const applied = (change: { result: ManyResult; affected: readonly Lease[] }): ManyResult => {
    parts.follow(change.affected);
    return change.result;
  };
  const wanted = (result: ManyResult): ManyResult => {
    parts.include(result.jobs.map((job) => job.id));
    return result;
  };
  const jobOrThrow = (id: JobId) => {
    const job = store.job(id);
    if (job !== null) return job;
    throw problem('job-not-found', `There is no job ${id}.`, 'List the jobs to see which there are.');
  };

  return {
    jobs: {
      add: async ({ jobs }): Promise<AddResult> => {
        const { drafts, rejected } = await draftJobs({ host, presets, settings: parts.settings() }, jobs);
        const added = drafts.length === 0 ? [] : store.addJobs(drafts);
        parts.include(added.map((job) => job.id));
        return { jobs: added, rejected };
      },
      list: (query) => ({ ...store.list(query), summary: parts.summary() }),
      show: ({ id }) => jobOrThrow(id),
      log: async ({ id }) => ({ text: await logs.read(jobOrThrow(id).id) }),
      pause: ({ ids }) => applied(store.pause(ids)),
      resume: ({ ids }) => wanted(applied(store.resume(ids))),
      cancel: ({ ids }) => applied(store.cancel(ids)),
      retry: ({ ids }) => wanted(applied(store.retry(ids))),
      remove: async ({ ids }) => {
        const change = store.remove(ids);
        parts.follow(change.affected);
        await parts.ended(new Set(change.affected.map((lease) => lease.jobId)));
        await logs.remove(change.result.jobs.map((job) => job.id));
        return change.result;
      },
      reorder: ({ ids, before }) => applied(store.reorder(ids, before)),
      setPriority: ({ ids, priority }) => applied(store.setPriority(ids, priority)),
      clear: ({ status }) => ({ removed: store.clear(status) }),
    },
    queue: {
      summary: () => parts.summary(),
      pause: ({ now }) => {
        store.setPaused(true);
        parts.setQueuePaused(true, now);
        return parts.summary();
      },
      resume: () => {
        store.setPaused(false);
        parts.setQueuePaused(false, false);
        return parts.summary();
      },
    },
    sources: {
      inspect: async ({ paths }, { signal }) => {
        await parts.devices();
        return { sources: await inspectAll(parts, paths, signal) };
      },
      browse: ({ path }) => browseFolder(host, path),
      commandPreview: async ({ path, preset: presetId }, { signal }) => {
        const { builtIn: _, ...preset } = presets.get(presetId);
        const { devices } = await parts.devices();
        const source = await inspectSource(host, ffprobeOf(parts), path, signal);
        const why = whyNotEncodable(source);
        if (why !== null) throw problem(why.code, why.message, why.nextStep, why.detail);
        const byPreference = [...devices].sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'gpu' ? -1 : 1));
        for (const device of byPreference) {
          const answer = registry.targetFor(device.id, preset);
          if ('code' in answer) continue;
          const outputPath = join(parts.home, `output.${preset.container}`);
          const plan = planEncode({
            preset,
            source,
            ...answer,
            outputPath,
            statsPath: join(parts.home, 'pass'),
          });
          const commands = plan.prepare === null ? [plan.encode] : [plan.prepare, plan.encode];
          return { commands: commands.map((command) => [command.file, ...command.args]) };
        }
        throw problem(
          'encoder-missing',
          'No device here can encode this preset.',
          'Run "gantry doctor" to see why.',
        );
      },
    },
    devices: {
      list: async () => {
        await parts.devices();
        await parts.readTelemetry();
        return registry.list();
      },
      refresh: () => parts.refreshDevices(),
      history: ({ id, seconds }) => {
        if (registry.list().devices.every((device) => device.id !== id)) {
          throw problem(
            'device-not-found',
            `There is no device ${id} here.`,
            'List the devices to see which there are.',
          );
        }
        return parts.history.read(id, seconds);
      },
    },
    bench: {
      start: async (request) => {
        await parts.devices();
        return parts.bench.start(request);
      },
      list: () => ({ runs: parts.bench.list() }),
      cancel: ({ id }) => parts.bench.cancel(id),
      remove: ({ id }) => ({ removed: parts.bench.remove(id) }),
    },
    presets: {
      list: () => ({ presets: presets.list() }),
      show: ({ id }) => presets.get(id),
      save: (preset) => presets.save(preset),
      remove: ({ id }) => {
        presets.remove(id);
        return { removed: true };
      },
    },
    settings: {
      get: () => parts.settings(),
      update: async (patch) => {
        await checkSettings(patch, { host, presets });
        return parts.updateSettings(patch);
      },
    },
    system: {
      health: () => ({
        status: 'ok' as const,
        version: parts.version,
        uptimeMs: Math.round(performance.now() - startedAtMs),
      }),
      doctor: () => parts.doctor(),
    },
    events: {
      subscribe: (_input, { signal }) => batcher.subscribe(signal),
    },
    outputFile: async (jobId) => {
      const job = jobOrThrow(jobId);
      if (job.output === null) {
        throw problem('invalid-transition', `Job ${jobId} has no output yet.`, 'Wait until it is done.');
      }
      const stat = await host.files.stat(job.output.path);
      if (stat === null) {
        throw problem(
          'output-not-found',
          `The output ${job.output.path} was moved or deleted.`,
          'Retry the job to make it again.',
        );
      }
      return { path: job.output.path, sizeBytes: stat.sizeBytes };
    },
    uploadFolder: () => join(parts.home, 'uploads'),
  };
}
