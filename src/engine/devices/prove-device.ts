import type { EncoderProof, FfmpegBuild } from '../../common/device.ts';
import type { DeviceId } from '../../common/ids.ts';
import type { VideoCodec } from '../../common/preset.ts';
import type { Problem, ProblemCode } from '../../common/problem.ts';
import type { Host } from '../hosts/host.ts';
import type { DeviceEntries } from './device-entries.ts';
import { CODECS, type DeviceEntry, faultOf } from './device-entry.ts';
import type { GpuSessions } from './gpu-sessions.ts';
import { mayPass } from './out-of-service.ts';
import type { DecodingProof, ProbeCache } from './probe-cache.ts';
import {
  encoderOf,
  isLasting,
  openQuestions,
  type ProbeTarget,
  testEncode,
  unproven,
} from './probe-encoder.ts';
import { knownDecoding, proveDecoders } from './prove-decoders.ts';
import { knownProof, type ProveOptions, proveEncoder } from './prove-encoders.ts';

export interface ProbeDelays {
  /** How soon a question is asked again that a full GPU left open. */
  readonly busyMs: number;
  /** The same for failures that may pass, one after the other. */
  readonly failedMs: readonly number[];
}

export const PROBE_DELAYS: ProbeDelays = {
  busyMs: 15_000,
  failedMs: [60_000, 5 * 60_000, 15 * 60_000],
};

export interface DeviceProverDeps {
  readonly host: Host;
  readonly cache: ProbeCache;
  readonly entries: DeviceEntries;
  readonly sessions: GpuSessions;
  readonly builds: () => readonly FfmpegBuild[];
  readonly delays: ProbeDelays;
  readonly signal: AbortSignal;
  /** No encoder of the GPU works, for a reason that may pass. */
  readonly onFailed: (id: DeviceId, problem: Problem) => void;
}

/** GPUs that are probed at once. Each probe loads a driver and an ffmpeg, which costs the CPU more than the GPU. */
const GPUS_AT_ONCE = 4;

/** The test of a GPU that a real encode failed on: long enough for a driver that wakes it, too short for one that hangs. */
const TEST_TIMEOUT_MS = 10_000;

const ALL_TAKEN: Problem = {
  code: 'session-limit',
  message: 'All encoding sessions of the GPU are in use, so its encoders could not be tried yet.',
  nextStep: 'Nothing needs to be done: they are tried when a session is free.',
};

/**
 * Finds out what devices can encode, one probe at a time on each GPU, and on one GPU at a time where the host's sessions are
 * counted. What could not be answered is asked again later.
 */
export class DeviceProver {
  readonly #deps: DeviceProverDeps;
  readonly #running = new Map<DeviceId, Promise<void>>();
  readonly #later = new Map<DeviceId, { timer: NodeJS.Timeout; failures: number }>();
  readonly #waiting: (() => void)[] = [];
  #probing = 0;

  constructor(deps: DeviceProverDeps) {
    this.#deps = deps;
  }

  /** Whether some device is being proven, or waits for its turn. */
  get isProving(): boolean {
    return this.#running.size > 0;
  }

  /** The entry with every proof that still holds: from the cache, and of those held those whose build is still there. */
  withKnownProofs(entry: DeviceEntry, forgetProofs: boolean): DeviceEntry {
    const proofs = new Map<VideoCodec, EncoderProof>();
    for (const codec of CODECS) {
      const known = forgetProofs ? null : this.#known(entry, codec);
      const held = entry.proofs.get(codec);
      const holds = held && this.#deps.builds().some((build) => build.id === held.buildId);
      if (known) proofs.set(codec, known);
      else if (held && holds) proofs.set(codec, held);
    }
    const ofAll = reasonOfAll(proofs);
    if (ofAll) for (const codec of CODECS) proofs.set(codec, unproven(this.#target(entry, codec), ...ofAll));
    return { ...entry, proofs, decoding: this.#heldDecoding(entry, forgetProofs) };
  }

  #heldDecoding(entry: DeviceEntry, forgetProofs: boolean): DecodingProof | null {
    if (entry.kind === 'cpu') return null;
    const known = forgetProofs ? null : knownDecoding(gpuOf(entry), this.#options(entry));
    const { decoding } = entry;
    const holds = this.#deps.builds().some((build) => build.id === decoding?.pipeline.buildId);
    return known ?? (holds ? decoding : null);
  }

  /**
   * Tries what is not known about the device, or with `forgetProofs` everything. Resolves when that is done, or put off
   * because the device is out of service or full. Rejects only when closing.
   */
  prove(id: DeviceId, { forgetProofs = false } = {}): Promise<void> {
    const before = this.#running.get(id) ?? Promise.resolve();
    const run = before.then(() => this.#prove(id, forgetProofs));
    const settled = run.catch(() => {});
    this.#running.set(id, settled);
    void settled.then(() => {
      if (this.#running.get(id) !== settled) return;
      this.#running.delete(id);
      if (this.#running.size === 0) this.#deps.entries.changed();
    });
    return run;
  }

  /** One short encode with an encoder that worked before, or the first that there is. Null when the GPU is fine, or only full. */
  async test(entry: DeviceEntry): Promise<Problem | null> {
    const { host, sessions, signal } = this.#deps;
    const worked = CODECS.map((codec) => entry.proofs.get(codec)).find((proof) => proof?.ok);
    const codec = worked?.codec ?? 'h264';
    const target = this.#target(entry, codec);
    const builds = this.#deps
      .builds()
      .filter((build) => build.problem === null && build.encoders.includes(encoderOf(target)))
      .filter((build) => !worked || build.id === worked.buildId);
    let failure: Problem | null = null;
    sessions.addProbes(entry.id, 1);
    try {
      for (const build of builds) {
        failure = await testEncode(host, build, target, signal, { timeoutMs: TEST_TIMEOUT_MS });
        if (failure === null || mayPass(failure)) break;
      }
    } finally {
      sessions.addProbes(entry.id, -1);
    }
    if (failure === null || failure.code === 'session-limit') return null;
    // A GPU on which nothing was proven is as well as ever when it says what it cannot do.
    const isAnswer = !worked && !mayPass(failure) && failure.code !== 'no-nvidia-driver';
    return isAnswer ? null : failure;
  }

  dispose(): Promise<unknown> {
    for (const { timer } of this.#later.values()) clearTimeout(timer);
    this.#later.clear();
    for (const resume of this.#waiting.splice(0)) resume();
    return Promise.all(this.#running.values());
  }

  async #prove(id: DeviceId, forgetProofs: boolean): Promise<void> {
    const entry = this.#deps.entries.get(id);
    if (entry === undefined || faultOf(entry) !== null) return;
    const ofAll = forgetProofs ? null : reasonOfAll(entry.proofs);
    const isAnswered = ofAll !== null && isLasting(ofAll[0]);
    const open = CODECS.filter((codec) => forgetProofs || (!isAnswered && this.#isOpen(entry, codec)));
    // A CPU takes several at once; on a GPU each would take one of few sessions.
    if (entry.kind === 'cpu') await Promise.all(open.map((codec) => this.#proveCodec(entry, codec)));
    else await this.#proveGpu(entry, open);
    this.#lookAt(id);
  }

  async #proveGpu(entry: DeviceEntry, open: readonly VideoCodec[]): Promise<void> {
    for (const codec of open) {
      await this.#onGpu(entry.id, () => this.#proveCodec(entry, codec));
      if (this.#tellOfAll(entry, codec)) break;
      // A GPU that hangs would do so with every codec.
      if (this.#failsAsAWhole(entry.id) !== null) return;
    }
    if (knownDecoding(gpuOf(entry), this.#options(entry)) === null) {
      await this.#onGpu(entry.id, () => this.#proveDecoding(entry));
    }
  }

  /** One encoder may speak for all of them: then the others are not tried. Returns whether this one did. */
  #tellOfAll(entry: DeviceEntry, codec: VideoCodec): boolean {
    const { entries } = this.#deps;
    const proofs = entries.get(entry.id)?.proofs ?? new Map<VideoCodec, EncoderProof>();
    const ofAll = reasonOfAll(proofs, proofs.get(codec));
    if (ofAll === null) return false;
    const told = CODECS.map((each) => [each, unproven(this.#target(entry, each), ...ofAll)] as const);
    entries.update(entry.id, (now) => ({ ...now, proofs: new Map(told) }));
    return true;
  }

  #isOpen(entry: DeviceEntry, codec: VideoCodec): boolean {
    // What was held over from before is tried again; what the cache gave is as good as tried.
    const known = this.#known(entry, codec);
    return known === null || openQuestions(known, entry.kind).length > 0;
  }

  #known(entry: DeviceEntry, codec: VideoCodec): EncoderProof | null {
    return knownProof(this.#target(entry, codec), this.#options(entry));
  }

  async #proveCodec(entry: DeviceEntry, codec: VideoCodec): Promise<void> {
    const { entries, sessions, signal } = this.#deps;
    const keep = (proof: EncoderProof) =>
      entries.update(entry.id, (now) =>
        now.driverVersion === entry.driverVersion
          ? { ...now, proofs: new Map(now.proofs).set(codec, proof) }
          : now,
      );
    const target = this.#target(entry, codec);
    if (entry.kind === 'gpu' && sessions.sessionRoom(entry.id) <= 0) {
      if (!entries.get(entry.id)?.proofs.has(codec)) keep(unproven(target, ALL_TAKEN, null));
      return;
    }
    sessions.addProbes(entry.id, 1);
    try {
      const proof = await proveEncoder(target, this.#options(entry), signal);
      if (reasonsIn(proof).some(isBusy)) sessions.refused(entry.id);
      keep(proof);
    } finally {
      sessions.addProbes(entry.id, -1);
    }
  }

  async #proveDecoding(entry: DeviceEntry): Promise<void> {
    const { entries, sessions, signal } = this.#deps;
    if (sessions.sessionRoom(entry.id) <= 0) return;
    sessions.addProbes(entry.id, 1);
    try {
      const decoding = await proveDecoders(gpuOf(entry), this.#options(entry), signal);
      entries.update(entry.id, (now) =>
        now.driverVersion === entry.driverVersion ? { ...now, decoding } : now,
      );
    } finally {
      sessions.addProbes(entry.id, -1);
    }
  }

  /** Waits for its turn: one GPU at a time where the driver counts sessions, since each probe takes one. */
  async #onGpu(id: DeviceId, work: () => Promise<void>): Promise<void> {
    const { sessions, signal } = this.#deps;
    const most = () => (sessions.host().limit === null ? GPUS_AT_ONCE : 1);
    while (this.#probing >= most() && !signal.aborted) {
      await new Promise<void>((resume) => this.#waiting.push(resume));
    }
    signal.throwIfAborted();
    const entry = this.#deps.entries.get(id);
    if (entry === undefined || faultOf(entry) !== null) return;
    this.#probing += 1;
    try {
      await work();
    } finally {
      this.#probing -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** After a round: takes a GPU out of service that does nothing at all, and comes back to open questions. */
  #lookAt(id: DeviceId): void {
    const { delays, entries, onFailed, signal } = this.#deps;
    const entry = entries.get(id);
    const before = this.#later.get(id);
    clearTimeout(before?.timer);
    this.#later.delete(id);
    if (signal.aborted || entry === undefined || entry.kind === 'cpu') return;
    const failure = this.#failsAsAWhole(id);
    if (failure !== null) {
      onFailed(id, failure);
      return;
    }
    const decoding = entry.decoding?.pipeline.reason ?? null;
    const reasons = [...[...entry.proofs.values()].flatMap(reasonsIn), ...(decoding ? [decoding] : [])];
    const passing = reasons.find(mayPass);
    const failures = passing ? (before?.failures ?? 0) + 1 : 0;
    const delayMs =
      reasons.some(isBusy) || entry.decoding === null
        ? delays.busyMs
        : passing && delays.failedMs[Math.min(failures, delays.failedMs.length) - 1];
    if (delayMs === undefined) return;
    const timer = setTimeout(() => {
      // Rejects only when closing.
      this.prove(id).catch(() => {});
    }, delayMs);
    timer.unref();
    this.#later.set(id, { timer, failures });
  }

  /** Why no encoder of the GPU works, where that may pass; null where one does, or the GPU is only full. */
  #failsAsAWhole(id: DeviceId): Problem | null {
    const proofs = [...(this.#deps.entries.get(id)?.proofs.values() ?? [])];
    const reasons = proofs.flatMap(reasonsIn);
    if (proofs.some((proof) => proof.ok) || reasons.some(isBusy)) return null;
    return reasons.find(mayPass) ?? null;
  }

  #target(entry: DeviceEntry, codec: VideoCodec): ProbeTarget {
    return entry.kind === 'cpu' ? { kind: 'cpu', codec } : { kind: 'gpu', codec, ...gpuOf(entry) };
  }

  #options(entry: DeviceEntry): ProveOptions {
    const { host, cache, builds } = this.#deps;
    return { host, cache, builds: builds(), driverVersion: entry.driverVersion };
  }
}

/** Reasons that lie with GPU and driver, whatever the codec. */
const OF_ALL_CODECS: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'no-nvenc',
  'encode-library-missing',
  'no-nvidia-driver',
]);

/** Why no codec can work where one failed so, and the build that said it; null where it is a matter of each codec. */
function reasonOfAll(
  proofs: ReadonlyMap<VideoCodec, EncoderProof>,
  latest?: EncoderProof,
): [reason: Problem, buildId: string | null] | null {
  const all = [...proofs.values()];
  if (all.some((proof) => proof.ok)) return null;
  const telling = (latest ? [latest] : all).find(({ reason }) => reason && OF_ALL_CODECS.has(reason.code));
  return telling?.reason ? [telling.reason, telling.buildId] : null;
}

function gpuOf(entry: DeviceEntry): { readonly gpuUuid: string } {
  return { gpuUuid: entry.uuid ?? entry.id };
}

function isBusy(reason: Problem): boolean {
  return reason.code === 'session-limit';
}

/** Why the encoder, or a part of what it may do, does not work. */
function reasonsIn(proof: EncoderProof): Problem[] {
  return [proof.reason, proof.tenBitReason, proof.bFramesReason].filter((reason) => reason !== null);
}
