import type { DeviceList, EncoderProof, FfmpegBuild, Telemetry } from '../../common/device.ts';
import { CPU_DEVICE_ID, type DeviceId, LOCAL_HOST_ID } from '../../common/ids.ts';
import type { Preset, VideoCodec } from '../../common/preset.ts';
import type { Problem } from '../../common/problem.ts';
import type { Host } from '../hosts/host.ts';
import type { EncodeTarget } from '../media/encode-request.ts';
import {
  cpuEntry,
  type DeviceEntry,
  gpuEntry,
  missingGpu,
  roomOn,
  sessionsOn,
  toDevice,
} from './device-entry.ts';
import { chooseTarget } from './encode-target.ts';
import { gpuNoticeFor } from './gpu-notice.ts';
import { CpuSampler, presentGpus } from './local-machine.ts';
import { type GpuListing, listGpus } from './nvidia-smi.ts';
import type { ProbeCache } from './probe-cache.ts';
import { CPU_ENCODERS, type ProbeTarget } from './probe-encoder.ts';
import { knownProof, proveEncoder } from './prove-encoders.ts';

export interface DeviceRegistryDeps {
  readonly host: Host;
  /** Finds the ffmpeg builds, best first. */
  readonly discover: () => Promise<FfmpegBuild[]>;
  readonly cache: ProbeCache;
  /** `nvidia-smi`, or the path of another one. */
  readonly smiPath: string;
}

const CODECS = Object.keys(CPU_ENCODERS) as VideoCodec[];

/** How soon a GPU whose sessions were all taken is tried again. */
const RETRY_BUSY_MS = 15_000;

/** Readings younger than this are not read again. */
const TELEMETRY_AGE_MS = 500;

/**
 * The devices of a host and what each has proven to be able to encode. It is there at once, with the CPU "being checked";
 * `refresh` finds GPUs and builds, takes what the cache knows, and tries the rest while listeners see each result come in.
 */
export class DeviceRegistry {
  readonly #deps: DeviceRegistryDeps;
  #builds: readonly FfmpegBuild[] = [];
  /** GPUs in PCI order, then the CPU. */
  #entries = new Map<DeviceId, DeviceEntry>([[CPU_DEVICE_ID, cpuEntry('CPU', null)]]);
  #gpuNotice: Problem | null = null;
  #list: DeviceList | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #telemetryListeners = new Set<(id: DeviceId, telemetry: Telemetry) => void>();
  readonly #closing = new AbortController();
  #running: Promise<unknown> | null = null;
  #next: { promise: Promise<DeviceList>; forgetProofs: boolean } | null = null;
  #hasLooked = false;
  #retry: NodeJS.Timeout | null = null;
  #cpu: CpuSampler | null = null;
  #reading: Promise<void> | null = null;
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: DeviceRegistryDeps) {
    this.#deps = deps;
  }

  /** ffmpeg builds, best first, those that do not run last. Empty until the first refresh found them. */
  builds(): FfmpegBuild[] {
    return [...this.#builds];
  }

  list(): DeviceList {
    this.#list ??= {
      devices: [...this.#entries.values()].map((entry) => toDevice(entry, this.#deps.host.id)),
      gpuNotice: this.#gpuNotice,
      gpuSessions: { used: 0, limit: null },
    };
    return this.#list;
  }

  /** False until the first refresh is through, and while a later one runs: until then a missing proof is no "no". */
  get isSettled(): boolean {
    return this.#hasLooked && this.#running === null;
  }

  /**
   * Looks for builds and GPUs anew and tries every encoder that the cache knows nothing about; with `forgetProofs` every
   * encoder there is. Calls that come while one runs share the one after it. Resolves when all is proven.
   */
  refresh(options: { forgetProofs?: boolean } = {}): Promise<DeviceList> {
    const forgetProofs = options.forgetProofs ?? false;
    if (this.#next) {
      this.#next.forgetProofs ||= forgetProofs;
      return this.#next.promise;
    }
    if (this.#running === null) return this.#start(forgetProofs);
    const promise = this.#running.then(() => {
      const next = this.#next;
      this.#next = null;
      return this.#start(next?.forgetProofs ?? false);
    });
    this.#next = { promise, forgetProofs };
    return promise;
  }

  /** Encoder and build with which the device does the preset, or why it cannot. */
  targetFor(deviceId: DeviceId, preset: Preset): { target: EncodeTarget; build: FfmpegBuild } | Problem {
    const entry = this.#entries.get(deviceId);
    if (entry) return chooseTarget(entry, preset, this.#builds);
    return {
      code: 'device-not-found',
      message: `There is no device ${deviceId} here.`,
      nextStep: 'List the devices to see which there are.',
    };
  }

  /** Reads load, memory and sessions. Cheap to call often: readings half a second old are good enough. */
  readTelemetry(): Promise<void> {
    if (performance.now() - this.#readAtMs < TELEMETRY_AGE_MS) return Promise.resolve();
    this.#reading ??= this.#readTelemetry().finally(() => {
      this.#reading = null;
      this.#readAtMs = performance.now();
    });
    return this.#reading;
  }

  /** Encodes at once on the CPU. */
  setCpuSlots(slots: number): void {
    this.#update(CPU_DEVICE_ID, (entry) => ({ ...entry, sessionLimit: slots }));
  }

  /** Encodes that this engine runs on the device now. */
  setSessions(deviceId: DeviceId, used: number): void {
    this.#update(deviceId, (entry) => ({ ...entry, ownSessions: used }));
  }

  /** Encodes that a device takes at once, and how many more of this engine's may start on it now. */
  room(deviceId: DeviceId): { slots: number; free: number } {
    const entry = this.#entries.get(deviceId);
    return entry === undefined ? { slots: 0, free: 0 } : roomOn(entry);
  }

  /** Encodes that may start on all GPUs of the host together. Infinity where no limit is known. */
  gpuSessionRoom(): number {
    return Number.POSITIVE_INFINITY;
  }

  /**
   * Takes note that a GPU refused an encode (NVENC errors 10 and 21). To be told while `setSessions` still counts the
   * refused one.
   */
  sessionRefused(deviceId: DeviceId): void {
    this.#update(deviceId, (entry) => ({ ...entry, sessionLimit: Math.max(1, sessionsOn(entry).used - 1) }));
  }

  /**
   * A real encode failed because of the GPU. Tries the GPU at once; resolves to null when it works, and to why it is out
   * of service now when it does not.
   */
  async reportFault(deviceId: DeviceId, problem: Problem): Promise<Problem | null> {
    this.#update(deviceId, (entry) => (entry.kind === 'gpu' ? { ...entry, fault: problem } : entry));
    return this.outOfService(deviceId);
  }

  /** Why nothing may be started on the device, whatever its encoders can do; null when it is in service. */
  outOfService(deviceId: DeviceId): Problem | null {
    return this.#entries.get(deviceId)?.fault ?? null;
  }

  /** Takes in what nvidia-smi said at a moment (ISO 8601). */
  applyGpuListing(listing: GpuListing, at: string): void {
    const read = new Map(this.#gpuEntries(listing, at).map((entry) => [entry.id, entry]));
    for (const [id, entry] of this.#entries) {
      if (entry.kind !== 'gpu') continue;
      this.#update(id, (now) => read.get(id) ?? missingGpu(now));
      this.#tellTelemetry(id);
    }
  }

  /** Takes in a reading of the host's CPU, memory and disk. */
  applyCpuTelemetry(telemetry: Telemetry): void {
    this.#update(CPU_DEVICE_ID, (entry) => ({ ...entry, telemetry }));
    this.#tellTelemetry(CPU_DEVICE_ID);
  }

  /** Calls back with each new reading of a device. Returns how to stop it. */
  onTelemetry(listener: (id: DeviceId, telemetry: Telemetry) => void): () => void {
    this.#telemetryListeners.add(listener);
    return () => this.#telemetryListeners.delete(listener);
  }

  #tellTelemetry(id: DeviceId): void {
    const telemetry = this.#entries.get(id)?.telemetry;
    if (telemetry) for (const listener of this.#telemetryListeners) listener(id, telemetry);
  }

  /** Calls back after every change but of telemetry alone. Returns how to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends probes that run. */
  async dispose(): Promise<void> {
    this.#listeners.clear();
    this.#closing.abort();
    if (this.#retry) clearTimeout(this.#retry);
    await this.#running;
    await this.#reading?.catch(() => {});
  }

  #start(forgetProofs: boolean): Promise<DeviceList> {
    const look = this.#look(forgetProofs)
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) throw error;
      })
      .finally(() => {
        this.#running = null;
        this.#hasLooked = true;
        this.#changed();
      });
    this.#running = look.catch(() => {});
    return look.then(() => this.list());
  }

  async #look(forgetProofs: boolean): Promise<void> {
    const { host, discover, cache, smiPath } = this.#deps;
    const { signal } = this.#closing;
    if (forgetProofs) cache.clear();
    const [builds, listing, facts] = await Promise.all([
      discover(),
      listGpus(host, smiPath, signal),
      host.facts(),
    ]);
    signal.throwIfAborted();
    this.#builds = builds;
    this.#gpuNotice = listing.notice;
    const cpu = this.#entries.get(CPU_DEVICE_ID) ?? cpuEntry(facts.cpuName, null);
    const entries = [...this.#gpuEntries(listing, new Date().toISOString()), { ...cpu, name: facts.cpuName }];
    this.#entries = new Map(entries.map((entry) => [entry.id, this.#withKnownProofs(entry, forgetProofs)]));
    this.#changed();
    await Promise.all([
      this.#explainNotice(),
      ...entries.map((entry) => this.#proveDevice(entry.id, forgetProofs)),
    ]);
    this.#retryBusyLater();
  }

  #gpuEntries(listing: GpuListing, at: string): DeviceEntry[] {
    return listing.gpus.map((gpu) => gpuEntry(gpu, this.#entryOf(gpu), at));
  }

  /** The entry of a listed GPU. One that lost its UUID with its last breath is known by its place on the bus. */
  #entryOf(gpu: GpuListing['gpus'][number]): DeviceEntry | undefined {
    return [...this.#entries.values()].find((entry) =>
      gpu.uuid !== null ? entry.uuid === gpu.uuid : gpu.pciBusId !== null && entry.pciBusId === gpu.pciBusId,
    );
  }

  /** Proofs that still hold: from the cache, and of those held already the ones whose build is still there. */
  #withKnownProofs(entry: DeviceEntry, forgetProofs: boolean): DeviceEntry {
    const proofs = new Map<VideoCodec, EncoderProof>();
    for (const codec of CODECS) {
      const known = forgetProofs ? null : knownProof(this.#target(entry, codec), this.#proveOptions(entry));
      const held = entry.proofs.get(codec);
      const holds = held && this.#builds.some((build) => build.id === held.buildId);
      if (known) proofs.set(codec, known);
      else if (held && holds) proofs.set(codec, held);
    }
    return { ...entry, proofs };
  }

  async #proveDevice(id: DeviceId, forgetProofs: boolean): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry || entry.fault) return;
    const prove = async (codec: VideoCodec): Promise<void> => {
      // What was held over from before is tried again; what the cache gave is as good as tried.
      const known = forgetProofs ? null : knownProof(this.#target(entry, codec), this.#proveOptions(entry));
      if (known) return;
      await this.#prove(entry, codec);
    };
    // A CPU takes several at once; on a GPU each would take one of few sessions.
    if (entry.kind === 'cpu') await Promise.all(CODECS.map(prove));
    else for (const codec of CODECS) await prove(codec);
  }

  async #prove(entry: DeviceEntry, codec: VideoCodec): Promise<void> {
    const proof = await proveEncoder(
      this.#target(entry, codec),
      this.#proveOptions(entry),
      this.#closing.signal,
    );
    this.#update(entry.id, (now) => ({ ...now, proofs: new Map(now.proofs).set(codec, proof) }));
  }

  #target(entry: DeviceEntry, codec: VideoCodec): ProbeTarget {
    return entry.kind === 'cpu'
      ? { kind: 'cpu', codec }
      : { kind: 'gpu', codec, gpuUuid: entry.uuid ?? entry.id };
  }

  #proveOptions(entry: DeviceEntry) {
    const { host, cache } = this.#deps;
    return { host, cache, builds: this.#builds, driverVersion: entry.driverVersion };
  }

  async #explainNotice(): Promise<void> {
    const notice = this.#gpuNotice;
    if (notice === null || this.#deps.host.id !== LOCAL_HOST_ID) return;
    const present = await presentGpus().catch(() => []);
    if (this.#gpuNotice === notice) this.#gpuNotice = gpuNoticeFor(notice, present);
  }

  #retryBusyLater(): void {
    const busy = [...this.#entries.values()].flatMap((entry) =>
      [...entry.proofs.values()]
        .filter((proof) => proof.reason?.code === 'session-limit')
        .map((proof) => ({ entry, codec: proof.codec })),
    );
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    if (busy.length === 0 || this.#closing.signal.aborted) return;
    this.#retry = setTimeout(async () => {
      try {
        for (const { entry, codec } of busy) await this.#prove(entry, codec);
      } catch {
        // Aborted: nothing to retry for.
      }
      this.#retryBusyLater();
    }, RETRY_BUSY_MS);
    this.#retry.unref();
  }

  async #readTelemetry(): Promise<void> {
    const { host, smiPath } = this.#deps;
    const hasGpu = [...this.#entries.values()].some((entry) => entry.kind === 'gpu');
    const [listing] = await Promise.all([
      hasGpu ? listGpus(host, smiPath, this.#closing.signal) : null,
      host.id === LOCAL_HOST_ID ? this.#readCpu() : null,
    ]);
    if (listing === null || this.#closing.signal.aborted) return;
    this.applyGpuListing(listing, new Date().toISOString());
  }

  async #readCpu(): Promise<void> {
    this.#cpu ??= new CpuSampler();
    const reading = await this.#cpu.read();
    this.#update(CPU_DEVICE_ID, (entry) => ({
      ...entry,
      telemetry: {
        at: new Date().toISOString(),
        utilizationPercent: reading.utilizationPercent ?? entry.telemetry?.utilizationPercent ?? null,
        encoderPercent: null,
        decoderPercent: null,
        memoryUsedBytes: reading.memoryUsedBytes,
        memoryTotalBytes: reading.memoryTotalBytes,
        temperatureCelsius: null,
        powerWatts: null,
        encoderSessions: null,
        diskUsedBytes: null,
        diskTotalBytes: null,
      },
    }));
  }

  #update(id: DeviceId, change: (entry: DeviceEntry) => DeviceEntry): void {
    const before = this.#entries.get(id);
    if (!before) return;
    const after = change(before);
    this.#entries.set(id, after);
    this.#list = null;
    if (!isSameButForTelemetry(before, after)) this.#changed();
  }

  #changed(): void {
    this.#list = null;
    for (const listener of this.#listeners) listener();
  }
}

function isSameButForTelemetry(a: DeviceEntry, b: DeviceEntry): boolean {
  if (a.fault?.code !== b.fault?.code) return false;
  const keys = (Object.keys(a) as (keyof DeviceEntry)[]).filter(
    (key) => key !== 'telemetry' && key !== 'fault',
  );
  return keys.every((key) => a[key] === b[key]);
}
