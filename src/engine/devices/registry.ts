import type { DeviceList, FfmpegBuild, Telemetry } from '../../common/device.ts';
import { CPU_DEVICE_ID, type DeviceId, LOCAL_HOST_ID } from '../../common/ids.ts';
import type { Problem } from '../../common/problem.ts';
import type { Host } from '../hosts/host.ts';
import type { EncodeTarget } from '../media/encode-request.ts';
import { DeviceEntries } from './device-entries.ts';
import {
  cpuEntry,
  type DeviceEntry,
  type DeviceSessions,
  faultOf,
  isListedAsLost,
  toDevice,
} from './device-entry.ts';
import { DeviceReadings } from './device-readings.ts';
import { chooseTarget, type EncodeNeed } from './encode-target.ts';
import { gpuNoticeFor } from './gpu-notice.ts';
import { GpuRecovery } from './gpu-recovery.ts';
import { GpuSessions, type LearnedLimits } from './gpu-sessions.ts';
import { failingGpus, type KnownGpus, knownGpus } from './known-gpus.ts';
import { countedSessions, gpusAfter, isGoneForGood } from './listed-gpus.ts';
import { presentGpus } from './local-machine.ts';
import { type GpuListing, listGpus } from './nvidia-smi.ts';
import { OUTAGE_DELAYS, type OutageDelays } from './out-of-service.ts';
import type { ProbeCache } from './probe-cache.ts';
import { DeviceProver, PROBE_DELAYS, type ProbeDelays } from './prove-device.ts';
import { SESSION_DELAYS, type SessionDelays } from './session-limits.ts';

export interface DeviceRegistryDeps {
  readonly host: Host;
  /** Finds the ffmpeg builds, best first. */
  readonly discover: () => Promise<FfmpegBuild[]>;
  readonly cache: ProbeCache;
  /** `nvidia-smi`, or the path of another one. */
  readonly smiPath: string;
  /** Session limits met before; without it they are learned anew by each engine. */
  readonly sessionLimits?: LearnedLimits;
  /** GPUs seen before; without it a driver that does not work at the start is taken for no GPU. */
  readonly knownGpus?: KnownGpus;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly delays?: Partial<RegistryDelays>;
}

export type RegistryDelays = SessionDelays & OutageDelays & ProbeDelays;

/** New GPUs and drivers are looked at by themselves no more often than this. */
const LOOK_AGAIN_MS = 30_000;

/**
 * The devices of a host and what each has proven to be able to encode. It is there at once, with the CPU "being checked";
 * `refresh` finds GPUs and builds, takes what the cache knows, and tries the rest while listeners see each result come in.
 */
export class DeviceRegistry {
  readonly #deps: DeviceRegistryDeps;
  readonly #now: () => number;
  #builds: readonly FfmpegBuild[] = [];
  /** GPUs in PCI order, then the CPU. */
  readonly #entries = new DeviceEntries([cpuEntry('CPU')]);
  readonly #sessions: GpuSessions;
  readonly #prover: DeviceProver;
  readonly #recovery: GpuRecovery;
  #gpuNotice: Problem | null = null;
  #list: { readonly version: number; readonly list: DeviceList } | null = null;
  readonly #telemetryListeners = new Set<(id: DeviceId, telemetry: Telemetry) => void>();
  readonly #closing = new AbortController();
  #running: Promise<unknown> | null = null;
  #next: { promise: Promise<DeviceList>; forgetProofs: boolean } | null = null;
  #hasLooked = false;
  #cpuSlots: number | null = null;
  #cpuEncodes = 0;
  readonly #readings: DeviceReadings;
  #lookedAgainAtMs = Number.NEGATIVE_INFINITY;
  #relief: NodeJS.Timeout | null = null;

  constructor(deps: DeviceRegistryDeps) {
    this.#deps = deps;
    this.#now = deps.now ?? Date.now;
    const delays: RegistryDelays = { ...SESSION_DELAYS, ...OUTAGE_DELAYS, ...PROBE_DELAYS, ...deps.delays };
    const entries = this.#entries;
    this.#sessions = new GpuSessions({ store: deps.sessionLimits ?? null, now: this.#now, delays });
    this.#prover = new DeviceProver({
      host: deps.host,
      cache: deps.cache,
      entries,
      sessions: this.#sessions,
      builds: () => this.#builds,
      delays,
      signal: this.#closing.signal,
      onFailed: (id, problem) => this.#recovery.takeOut(id, problem),
    });
    this.#readings = new DeviceReadings({
      host: deps.host,
      smiPath: deps.smiPath,
      now: this.#now,
      signal: this.#closing.signal,
      hasGpus: () => entries.gpus().length > 0,
      onListing: (listing, at) => this.applyGpuListing(listing, at),
      onCpu: (telemetry) => this.applyCpuTelemetry(telemetry),
    });
    this.#recovery = new GpuRecovery({
      entries,
      now: this.#now,
      delays,
      test: (entry) => this.#prover.test(entry),
      relist: () => this.#readings.relist(),
      // Rejects only when closing.
      onBack: (id) => void this.#prover.prove(id).catch(() => {}),
    });
  }

  /** ffmpeg builds, best first, those that do not run last. Empty until the first refresh found them. */
  builds(): FfmpegBuild[] {
    return [...this.#builds];
  }

  list(): DeviceList {
    const { version } = this.#entries;
    if (this.#list?.version === version) return this.#list.list;
    const list: DeviceList = {
      devices: this.#entries
        .all()
        .map((entry) => toDevice(entry, this.#deps.host.id, this.#sessionsOn(entry))),
      gpuNotice: this.#gpuNotice,
      gpuSessions: this.#sessions.host(),
    };
    this.#list = { version, list };
    return list;
  }

  /** False until the first refresh is through, and while anything is being proven: until then a missing proof is no "no". */
  get isSettled(): boolean {
    return this.#hasLooked && this.#running === null && !this.#prover.isProving;
  }

  /**
   * Looks for builds and GPUs anew and tries every encoder that the cache knows nothing about; with `forgetProofs` every
   * encoder there is. Tests GPUs that are out of service. Calls that come while one runs share the one after it. Resolves
   * when all is proven.
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

  /**
   * Encoder and build with which the device does the preset, or why it cannot. Where it is only out of service, that is
   * the very problem that `outOfService` gives.
   */
  targetFor(deviceId: DeviceId, preset: EncodeNeed): { target: EncodeTarget; build: FfmpegBuild } | Problem {
    const entry = this.#entries.get(deviceId);
    if (entry) return chooseTarget(entry, preset, this.#builds);
    return {
      code: 'device-not-found',
      message: `There is no device ${deviceId} here.`,
      nextStep: 'List the devices to see which there are.',
    };
  }

  /**
   * Encodes that a device takes at once, and how many more of this engine's may start on it now: 0 or less when full.
   * @param suspended encodes of this engine on it that stand still. They leave their place to others; on a GPU the driver goes
   *   on counting their sessions.
   */
  room(deviceId: DeviceId, suspended = 0): { slots: number; free: number } {
    const entry = this.#entries.get(deviceId);
    if (entry === undefined) return { slots: 0, free: 0 };
    const { slots, free } = this.#sessionsOn(entry, suspended);
    return { slots, free };
  }

  /** Encodes that may start on all GPUs of the host together; 0 or less when none. Infinity where no limit is known. */
  gpuSessionRoom(): number {
    return this.#sessions.hostRoom();
  }

  /** Encodes at once on the CPU. */
  setCpuSlots(slots: number): void {
    if (this.#cpuSlots === slots) return;
    this.#cpuSlots = slots;
    this.#entries.changed();
  }

  /** Encodes that this engine runs on the device now. */
  setSessions(deviceId: DeviceId, used: number): void {
    if (deviceId === CPU_DEVICE_ID) {
      if (this.#cpuEncodes === used) return;
      this.#cpuEncodes = used;
    } else if (this.#sessions.setOwn(deviceId, used)) this.#tellOfRelief();
    else return;
    this.#entries.changed();
  }

  /**
   * Takes note that a GPU refused an encode (NVENC errors 10 and 21). To be told while `setSessions` still counts the
   * refused one.
   */
  sessionRefused(deviceId: DeviceId): void {
    this.#sessions.refused(deviceId);
    this.#tellOfRelief();
    this.#entries.changed();
  }

  /**
   * A real encode failed because of the GPU. The GPU is tested at once with a short encode; resolves to null when it works,
   * and to why it is out of service now when it does not.
   */
  reportFault(deviceId: DeviceId, problem: Problem): Promise<Problem | null> {
    return this.#recovery.reportFault(deviceId, problem);
  }

  /** Why nothing may be started on the device, whatever its encoders can do; null when it is in service. */
  outOfService(deviceId: DeviceId): Problem | null {
    return this.#entries.get(deviceId)?.outage?.problem ?? null;
  }

  /** Takes in what nvidia-smi said at a moment (ISO 8601). A GPU or driver that was not there before is looked at. */
  applyGpuListing(listing: GpuListing, at: string): void {
    const before = this.#entries.gpus();
    const after = gpusAfter(before, listing, at);
    for (const entry of after) this.#entries.update(entry.id, () => entry);
    this.#followListing(before, listing);
    for (const { id } of before) this.#tellTelemetry(id);
    const isNews = after.some(({ id, driverVersion }) => {
      const known = before.find((entry) => entry.id === id);
      return known === undefined ? !isWhole(listing, id) : known.driverVersion !== driverVersion;
    });
    if (isNews) this.#lookAgain();
  }

  /** Takes in a reading of the host's CPU, memory and disk. */
  applyCpuTelemetry(telemetry: Telemetry): void {
    this.#readings.cpuWasRead();
    this.#entries.update(CPU_DEVICE_ID, (entry) => ({ ...entry, telemetry }));
    this.#tellTelemetry(CPU_DEVICE_ID);
  }

  /** Reads load, memory and sessions, unless somebody handed in readings within the last half second. */
  readTelemetry(): Promise<void> {
    return this.#readings.read();
  }

  /** Calls back after every change but of telemetry alone. Returns how to stop it. */
  onChange(listener: () => void): () => void {
    return this.#entries.onChange(listener);
  }

  /** Calls back with each new reading of a device. Returns how to stop it. */
  onTelemetry(listener: (id: DeviceId, telemetry: Telemetry) => void): () => void {
    this.#telemetryListeners.add(listener);
    return () => this.#telemetryListeners.delete(listener);
  }

  /** Ends probes that run. */
  async dispose(): Promise<void> {
    this.#entries.dispose();
    this.#telemetryListeners.clear();
    this.#closing.abort();
    this.#recovery.dispose();
    if (this.#relief) clearTimeout(this.#relief);
    await this.#prover.dispose();
    await this.#running;
    await this.#readings.settled();
  }

  #start(forgetProofs: boolean): Promise<DeviceList> {
    const look = this.#look(forgetProofs)
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) throw error;
      })
      .finally(() => {
        this.#running = null;
        this.#hasLooked = true;
        this.#entries.changed();
      });
    this.#running = look.catch(() => {});
    return look.then(() => this.list());
  }

  async #look(forgetProofs: boolean): Promise<void> {
    const { host, discover, cache, smiPath } = this.#deps;
    if (forgetProofs) cache.clear();
    const looking = listGpus(host, smiPath, this.#closing.signal);
    // Rejects when closing; then there may be nobody left to hear it.
    looking.catch(() => {});
    const [builds, facts] = await Promise.all([discover(), host.facts()]);
    this.#closing.signal.throwIfAborted();
    this.#builds = builds;
    this.#replace(this.#entries.gpus(), facts.cpuName, forgetProofs);
    const prove = (id: DeviceId) => this.#prover.prove(id, { forgetProofs });
    // A driver that wakes its GPUs takes seconds, and one that hangs longer: the CPU need not wait for it.
    const cpu = prove(CPU_DEVICE_ID);
    cpu.catch(() => {});
    const listing = await looking;
    this.#closing.signal.throwIfAborted();
    const before = this.#hasLooked
      ? this.#entries.gpus()
      : [...this.#entries.gpus(), ...failingGpus(this.#deps.knownGpus?.load() ?? [], listing, this.#now())];
    const gpus = gpusAfter(before, listing, this.#isoNow()).filter((entry) => !isGoneForGood(entry, listing));
    if (listing.notice === null) this.#deps.knownGpus?.save(knownGpus(gpus, this.#now()));
    this.#gpuNotice = gpus.length === 0 ? listing.notice : null;
    this.#sessions.setGpus(gpus, host.id);
    this.#replace(gpus, facts.cpuName, forgetProofs);
    this.#followListing(before, listing);
    await Promise.all([
      cpu,
      this.#explainNotice(),
      ...gpus.map(async ({ id }) => {
        await this.#recovery.retryNow(id);
        await prove(id);
      }),
    ]);
  }

  #replace(gpus: readonly DeviceEntry[], cpuName: string, forgetProofs: boolean): void {
    const cpu = this.#entries.get(CPU_DEVICE_ID) ?? cpuEntry(cpuName);
    const entries = [...gpus, { ...cpu, name: cpuName }];
    this.#entries.replaceAll(entries.map((entry) => this.#prover.withKnownProofs(entry, forgetProofs)));
  }

  /** Counts sessions anew, takes GPUs out of service that were lost since, and tests those that are listed again. */
  #followListing(before: readonly DeviceEntry[], listing: GpuListing): void {
    this.#readings.gpusWereRead();
    for (const entry of this.#entries.gpus()) {
      const wasLost = before.some(({ id, ...rest }) => id === entry.id && isListedAsLost(rest));
      if (isListedAsLost(entry) && !wasLost && entry.listed) this.#recovery.takeOut(entry.id, entry.listed);
      // Rejects only when closing.
      if (wasLost && entry.listed === null) this.#recovery.retryNow(entry.id).catch(() => {});
    }
    if (this.#sessions.setCounted(countedSessions(this.#entries.gpus(), listing))) this.#entries.changed();
    this.#tellOfRelief();
  }

  /** At most now and then: whatever keeps looking new must not keep the machine busy. */
  #lookAgain(): void {
    if (!this.#hasLooked || this.#running !== null) return;
    if (this.#now() - this.#lookedAgainAtMs < LOOK_AGAIN_MS) return;
    this.#lookedAgainAtMs = this.#now();
    this.refresh().catch(() => {});
  }

  /** A limit that is tried higher again, or a rest that ends, is a change that nothing else tells of. */
  #tellOfRelief(): void {
    if (this.#relief) clearTimeout(this.#relief);
    this.#relief = null;
    const atMs = this.#sessions.nextReliefAtMs();
    if (atMs === null || this.#closing.signal.aborted) return;
    this.#relief = setTimeout(
      () => {
        this.#entries.changed();
        this.#tellOfRelief();
      },
      Math.max(1, atMs - this.#now()),
    );
    this.#relief.unref();
  }

  #sessionsOn(entry: DeviceEntry, suspended = 0): DeviceSessions {
    if (entry.kind === 'gpu') {
      const view = this.#sessions.view(entry.id, suspended);
      const isClosed = faultOf(entry) !== null || entry.isBeingTested;
      return isClosed ? { ...view, free: Math.min(0, view.free) } : view;
    }
    const slots = this.#cpuSlots ?? Number.MAX_SAFE_INTEGER;
    return {
      used: this.#cpuEncodes,
      others: 0,
      limit: this.#cpuSlots,
      slots,
      free: slots - this.#cpuEncodes + suspended,
    };
  }

  #tellTelemetry(id: DeviceId): void {
    const telemetry = this.#entries.get(id)?.telemetry;
    if (telemetry) for (const listener of this.#telemetryListeners) listener(id, telemetry);
  }

  async #explainNotice(): Promise<void> {
    const notice = this.#gpuNotice;
    if (notice === null || this.#deps.host.id !== LOCAL_HOST_ID) return;
    const present = await presentGpus().catch(() => []);
    if (this.#gpuNotice === notice) this.#gpuNotice = gpuNoticeFor(notice, present);
  }

  #isoNow(): string {
    return new Date(this.#now()).toISOString();
  }
}

/** Whether that is a GPU in MIG mode, of which only the slices can be used. */
function isWhole({ gpus }: GpuListing, id: DeviceId): boolean {
  return gpus.some((gpu) => gpu.kind === 'gpu' && gpu.isSliced && gpu.uuid === id);
}
