import { join } from 'node:path';
import type { BenchId, BenchRequest, BenchRun } from '../../common/bench.ts';
import type { Device, Telemetry } from '../../common/device.ts';
import { CPU_DEVICE_ID, type DeviceId } from '../../common/ids.ts';
import { type Problem, type ProblemCode, problem, toProblem } from '../../common/problem.ts';
import type { SourceInfo } from '../../common/source.ts';
import type { Host } from '../hosts/host.ts';
import { isGpuFault } from '../media/classify-failure.ts';
import { CODEC_NAMES } from '../media/preset-conflict.ts';
import {
  type BenchDevices,
  type BenchPlan,
  type DevicePlan,
  type PlannedEncode,
  planBench,
} from './bench-plan.ts';
import { type BenchSourceSpec, ensureSource, FULL_SOURCE, ffprobe, QUICK_SOURCE } from './bench-source.ts';
import { measureCase } from './measure-case.ts';

/** Where runs are kept: `BenchStore`. */
export interface BenchRuns {
  list(): BenchRun[];
  save(run: BenchRun): void;
  remove(id: BenchId): boolean;
}

export interface BenchRunnerDeps {
  readonly host: Host;
  /** Gantry's home: sources lie in `bench`, what is not finished in `bench/work`. */
  readonly home: string;
  readonly registry: BenchDevices;
  readonly store: BenchRuns;
  /**
   * Resolves when nothing of the queue runs on the device and keeps it free until `release`. Rejects when the signal aborts.
   * The CPU is held as long as a run lasts, since it works for every GPU, decoding at least where the GPU does not; both are asked for at once.
   */
  readonly reserve: (deviceId: DeviceId, signal: AbortSignal) => Promise<{ release(): void }>;
  /** The device's newest reading; the registry's own when left out. */
  readonly telemetryOf?: (deviceId: DeviceId) => Telemetry | null;
  /** Told of every change, with the whole run. */
  readonly onChange: (run: BenchRun) => void;
  readonly now?: () => Date;
  /** What is encoded; smaller ones for tests. */
  readonly sources?: { readonly full: BenchSourceSpec; readonly quick: BenchSourceSpec };
}

interface ActiveRun {
  readonly id: BenchId;
  readonly abort: AbortController;
  readonly finished: Promise<void>;
}

/**
 * Measures devices, one run at a time. For `engine.ts`:
 *
 * ```ts
 * const bench = new BenchRunner({
 *   host, home, registry,
 *   store: new BenchStore(database),
 *   reserve: (deviceId, signal) => …, // the dispatcher's; at once where no dispatcher was started
 *   onChange: (run) => batcher.bench(run),
 * });
 * ```
 *
 * Made once the database is open: it closes runs that an earlier engine left open (`failed`, `interrupted`). `start` goes by
 * what the registry has proven, so the backend waits for the first look at the devices before it. `dispose` comes before the
 * dispatcher, the registry, the host and the database are closed. `list` gives the newest run first, as the contract says.
 */
export class BenchRunner {
  readonly #deps: BenchRunnerDeps;
  readonly #folder: string;
  readonly #workFolder: string;
  /** By id, in the order of time. */
  readonly #runs = new Map<BenchId, BenchRun>();
  #active: ActiveRun | null = null;
  /** The run before, until it has tidied up. */
  #ending: Promise<void> = Promise.resolve();
  #isDisposed = false;

  constructor(deps: BenchRunnerDeps) {
    this.#deps = deps;
    this.#folder = join(deps.home, 'bench');
    this.#workFolder = join(this.#folder, 'work');
    for (const run of deps.store.list()) this.#runs.set(run.id, run);
    for (const run of this.#runs.values()) if (isOpen(run)) this.#change(run.id, this.#interrupted());
    this.#ending = this.#tidyUp();
  }

  /** Newest first. */
  list(): BenchRun[] {
    return [...this.#runs.values()].toReversed();
  }

  /**
   * Begins to measure and returns at once.
   * @throws ProblemError device-not-found; device-unavailable when nothing of what is asked can be measured;
   *   invalid-transition while another run is under way
   */
  start(request: BenchRequest): BenchRun {
    if (this.#active !== null || this.#isDisposed) {
      throw problem(
        'invalid-transition',
        'Another benchmark is running.',
        'Wait until it has ended, or cancel it. Two at once would measure each other.',
      );
    }
    const spec = (this.#deps.sources ?? { full: FULL_SOURCE, quick: QUICK_SOURCE })[
      request.quick ? 'quick' : 'full'
    ];
    const plan = planBench(request, this.#deps.registry, spec);
    const startedAt = this.#now();
    const run: BenchRun = {
      id: this.#nextId(startedAt),
      status: 'running',
      startedAt,
      endedAt: null,
      quick: request.quick,
      done: 0,
      total: plan.devices.reduce((sum, device) => sum + device.encodes.length, 0),
      current: 'Preparing the source',
      results: [],
      skipped: [...plan.skipped],
      error: null,
    };
    this.#set(run);
    const abort = new AbortController();
    const before = this.#ending;
    const finished = before
      .then(() => this.#run(run.id, plan, spec, abort.signal))
      .catch((error: unknown) => this.#fail(run.id, error))
      .then(() => this.#tidyUp());
    this.#active = { id: run.id, abort, finished };
    this.#ending = finished;
    void finished.then(() => {
      if (this.#active?.id === run.id) this.#active = null;
    });
    return run;
  }

  /**
   * Ends a run; what it has measured stays.
   * @throws ProblemError bench-not-found; invalid-transition when it has ended
   */
  cancel(id: BenchId): BenchRun {
    const run = this.#runs.get(id);
    if (run === undefined) throw notFound(id);
    if (!isOpen(run)) {
      throw problem('invalid-transition', `The benchmark ${id} has ended.`, 'Nothing to cancel.');
    }
    this.#stop(id);
    return this.#change(id, { status: 'cancelled', endedAt: this.#now(), current: null });
  }

  /**
   * Forgets a run; false when there is none.
   * @throws ProblemError invalid-transition while it is under way
   */
  remove(id: BenchId): boolean {
    const run = this.#runs.get(id);
    if (run === undefined) return false;
    if (isOpen(run)) {
      throw problem('invalid-transition', `The benchmark ${id} is running.`, 'Cancel it first.');
    }
    this.#runs.delete(id);
    return this.#deps.store.remove(id);
  }

  /** Ends what runs, keeps what it measured, and resolves when nothing of it is left. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const active = this.#active;
    if (active !== null) {
      this.#stop(active.id);
      if (isOpen(this.#get(active.id))) this.#change(active.id, this.#interrupted());
    }
    await this.#ending;
  }

  #stop(id: BenchId): void {
    if (this.#active?.id !== id) return;
    this.#active.abort.abort();
    this.#active = null;
  }

  async #run(id: BenchId, plan: BenchPlan, spec: BenchSourceSpec, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { host, registry } = this.#deps;
    const tools = { host, builds: registry.builds(), folder: this.#folder, workFolder: this.#workFolder };
    const source = await ensureSource(tools, spec, signal);
    const held = new Map<DeviceId, { release(): void }>();
    try {
      for (const device of plan.devices) {
        await this.#reserve(id, device, held, signal);
        await this.#measureDevice(id, device, { source, spec }, signal);
        if (device.device.id === CPU_DEVICE_ID) continue;
        held.get(device.device.id)?.release();
        held.delete(device.device.id);
      }
    } finally {
      for (const reservation of held.values()) reservation.release();
    }
    signal.throwIfAborted();
    this.#change(id, { status: 'done', endedAt: this.#now(), current: null });
  }

  /** Waits for the device and, with the first one, for the CPU, which decodes whatever device encodes. */
  async #reserve(
    id: BenchId,
    { device }: DevicePlan,
    held: Map<DeviceId, { release(): void }>,
    signal: AbortSignal,
  ): Promise<void> {
    const missing = [...new Set([device.id, CPU_DEVICE_ID])].filter((deviceId) => !held.has(deviceId));
    if (missing.length === 0) return;
    const names = missing.map((deviceId) => this.#device(deviceId)?.name ?? deviceId);
    this.#change(id, { status: 'waiting', current: `${names.join(' and ')} to be free` });
    const all = await Promise.allSettled(
      missing.map(async (deviceId) => {
        held.set(deviceId, await this.#deps.reserve(deviceId, signal));
      }),
    );
    signal.throwIfAborted();
    const failed = all.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    this.#change(id, { status: 'running', current: device.name });
  }

  async #measureDevice(
    id: BenchId,
    plan: DevicePlan,
    what: { source: SourceInfo; spec: BenchSourceSpec },
    signal: AbortSignal,
  ): Promise<void> {
    const { host, registry, now = () => new Date() } = this.#deps;
    const { cpuThreads } = await host.facts();
    let reason: Problem | null = null;
    for (const encode of plan.encodes) {
      reason ??= this.#whyUnavailable(plan.device.id);
      if (reason !== null) break;
      this.#change(id, { current: describe(plan.device, encode) });
      const result = await measureCase(
        {
          host,
          builds: registry.builds(),
          ffprobePath: ffprobe(registry.builds()),
          folder: this.#workFolder,
          threads: cpuThreads,
          now,
          readTelemetry: () => this.#telemetryOf(plan.device.id),
          targetFor: (preset) => registry.targetFor(plan.device.id, preset),
        },
        { runId: id, device: plan.device, encode, ...what },
        signal,
      );
      signal.throwIfAborted();
      const run = this.#get(id);
      this.#change(id, { results: [...run.results, result], done: run.done + 1 });
      if (result.error !== null) reason = await this.#whyStop(plan.device, result.error);
      signal.throwIfAborted();
    }
    if (reason === null) return;
    const run = this.#get(id);
    const skipped = { deviceId: plan.device.id, deviceName: plan.device.name, reason };
    const isLeftOut =
      run.results.filter((result) => result.deviceId === plan.device.id).length < plan.encodes.length;
    if (isLeftOut) this.#change(id, { skipped: [...run.skipped, skipped] });
  }

  /** Why nothing more is measured on a device on which an encode failed; null when the rest may well succeed. */
  async #whyStop(device: Device, error: Problem): Promise<Problem | null> {
    const isUnable = error.code === 'capability-missing';
    const mayBeTheGpu = !isUnable && (isGpuFault(error) || MAY_BE_THE_GPU.has(error.code));
    const fault =
      device.kind === 'gpu' && mayBeTheGpu ? await this.#deps.registry.reportFault(device.id, error) : null;
    // What hangs once hangs again, for a minute each time.
    return fault ?? (error.code === 'encode-stalled' ? error : null);
  }

  #whyUnavailable(deviceId: DeviceId): Problem | null {
    const device = this.#device(deviceId);
    if (device === null) {
      return {
        code: 'device-not-found',
        message: `The device ${deviceId} is no longer there.`,
        nextStep: 'List the devices to see which there are.',
      };
    }
    return device.status === 'unavailable' ? device.reason : null;
  }

  #device(deviceId: DeviceId): Device | null {
    return this.#deps.registry.list().devices.find((device) => device.id === deviceId) ?? null;
  }

  #telemetryOf(deviceId: DeviceId): Telemetry | null {
    const { telemetryOf } = this.#deps;
    return telemetryOf ? telemetryOf(deviceId) : (this.#device(deviceId)?.telemetry ?? null);
  }

  #fail(id: BenchId, error: unknown): void {
    // Cancelled and closed runs have said so already.
    if (!isOpen(this.#get(id))) return;
    try {
      this.#change(id, { status: 'failed', endedAt: this.#now(), current: null, error: toProblem(error) });
    } catch {
      // The database that could not keep it is most likely why it failed. Whoever watches was told.
    }
  }

  #interrupted(): Partial<BenchRun> {
    return {
      status: 'failed',
      endedAt: this.#now(),
      current: null,
      error: {
        code: 'interrupted',
        message: 'Gantry was stopped while the benchmark ran. What it had measured is kept.',
        nextStep: 'Start another one.',
      },
    };
  }

  #change(id: BenchId, fields: Partial<BenchRun>): BenchRun {
    const changed = { ...this.#get(id), ...fields };
    this.#set(changed);
    return changed;
  }

  #set(run: BenchRun): void {
    this.#runs.set(run.id, run);
    this.#deps.onChange(run);
    this.#deps.store.save(run);
  }

  #get(id: BenchId): BenchRun {
    const run = this.#runs.get(id);
    if (run === undefined) throw notFound(id);
    return run;
  }

  /** The second in which it started, readable and in the order of time: `20261121-084312`. */
  #nextId(startedAt: string): BenchId {
    const stem = startedAt.slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
    for (let n = 1; ; n++) {
      const id = (n === 1 ? stem : `${stem}-${n}`) as BenchId;
      if (!this.#runs.has(id)) return id;
    }
  }

  #now(): string {
    return (this.#deps.now?.() ?? new Date()).toISOString();
  }

  /** Whatever was being written when a run ended, or an engine died. */
  async #tidyUp(): Promise<void> {
    await this.#deps.host.files.remove(this.#workFolder).catch(() => {});
  }
}

/** Failures that name no GPU and may be its all the same. What a GPU cannot do says nothing about its health. */
const MAY_BE_THE_GPU: ReadonlySet<ProblemCode> = new Set([
  'encode-stalled',
  'encode-failed',
  'output-incomplete',
]);

function isOpen(run: BenchRun): boolean {
  return run.status === 'waiting' || run.status === 'running';
}

function notFound(id: BenchId) {
  return problem(
    'bench-not-found',
    `There is no benchmark ${id}.`,
    'List the benchmarks to see which there are.',
  );
}

function describe(device: Device, { codec, encoder, encoderPreset, rate }: PlannedEncode): string {
  const how = { quality: 'constant quality', 'bit-rate': 'bit rate', 'two-pass': 'bit rate in two passes' }[
    rate
  ];
  return `${CODEC_NAMES[codec]} on ${device.name}: ${encoder} ${encoderPreset}, ${how}`;
}
