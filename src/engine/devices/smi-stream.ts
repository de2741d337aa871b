import { type Problem, ProblemError } from '../../common/problem.ts';
import type { Exit, Host, HostProcess } from '../hosts/host.ts';
import { explainNoGpu, type GpuListing, listSlices, NOT_INSTALLED, putSlices } from './nvidia-smi.ts';
import { GPU_FIELDS, type ListedGpu, unknownField } from './smi-output.ts';
import { SmiTicks } from './smi-ticks.ts';

export interface SmiDelays {
  /** After its death nvidia-smi is started again; each time later, up to the longest. */
  readonly firstRestartMs: number;
  readonly longestRestartMs: number;
  /** One that ran for so long has earned a quick restart again. */
  readonly steadyMs: number;
  /** Without a line for so long it hangs. The first may take three times as long: GPUs may have to wake. */
  readonly silenceMs: number;
  /** How often to see whether nvidia-smi was installed meanwhile. */
  readonly absentMs: number;
  /** How often the slices of GPUs in MIG mode are looked at. */
  readonly slicesMs: number;
}

export const SMI_DELAYS: SmiDelays = {
  firstRestartMs: 1_000,
  longestRestartMs: 60_000,
  steadyMs: 30_000,
  silenceMs: 10_000,
  absentMs: 60_000,
  slicesMs: 60_000,
};

export interface SmiStreamDeps {
  readonly host: Host;
  /** `nvidia-smi`, or the path of another one. */
  readonly smiPath: string;
  /** Called about once a second, and with a notice when there is nothing to be read. Must not throw. */
  readonly onListing: (listing: GpuListing) => void;
  readonly onFault: (error: unknown) => void;
  readonly delays: SmiDelays;
}

/** Seconds between two ticks. */
const TICK_SECONDS = 1;
/** Lines kept of what nvidia-smi says beside rows. */
const MESSAGE_LINES = 20;
/** A process that cannot be killed, because it is stuck in the driver, must not hold up the end. */
const DISPOSE_MS = 2_000;

const SILENT: Problem = {
  code: 'gpu-failed',
  message: 'nvidia-smi has stopped answering.',
  nextStep: 'If GPU encodes fail as well, restart the computer.',
};

/** How one run of nvidia-smi ended. */
type Ending =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown-field'; readonly field: string }
  | { readonly kind: 'silent' }
  | {
      readonly kind: 'ended';
      readonly exit: Exit;
      readonly said: string;
      /** Of a tick that it began. */
      readonly gpus: GpuListing['gpus'];
    };

/** One run of nvidia-smi, from its start to its end. */
interface Life {
  readonly fields: readonly string[];
  readonly controller: AbortController;
  hasTold: boolean;
  firstTickAtMs: number | null;
}

/** One long-lived nvidia-smi that reports all GPUs once a second; started again whenever it ends. */
export class SmiStream {
  readonly #deps: SmiStreamDeps;
  #life: Life | null = null;
  #wake: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #isClosed = false;
  #isRefreshed = false;
  #slices: { readonly listed: readonly ListedGpu[] | null; readonly askedAtMs: number } | null = null;
  #latest: GpuListing['gpus'] | null = null;

  constructor(deps: SmiStreamDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#running ??= this.#run().catch(this.#deps.onFault);
  }

  /** Starts nvidia-smi anew at once: a running one does not see GPUs that are added. */
  refresh(): void {
    this.#isRefreshed = true;
    this.#slices = null;
    this.#life?.controller.abort();
    this.#wake?.();
  }

  /** Kills nvidia-smi. */
  async dispose(): Promise<void> {
    this.#isClosed = true;
    this.#life?.controller.abort();
    this.#wake?.();
    await Promise.race([this.#running, new Promise((resolve) => setTimeout(resolve, DISPOSE_MS).unref())]);
  }

  async #run(): Promise<void> {
    const { delays, onListing } = this.#deps;
    let fields: readonly string[] = GPU_FIELDS;
    let restartMs = delays.firstRestartMs;
    while (!this.#isClosed) {
      this.#isRefreshed = false;
      const life: Life = {
        fields,
        controller: new AbortController(),
        hasTold: false,
        firstTickAtMs: null,
      };
      this.#life = life;
      const ending = await this.#live(life);
      this.#life = null;
      if (this.#isClosed) return;
      if (ending.kind === 'unknown-field') {
        fields = fields.filter((field) => field !== ending.field);
        continue;
      }
      const listing = listingAfter(ending, life);
      if (listing !== null) onListing(listing);
      // The next one may be newer and know all fields.
      fields = GPU_FIELDS;
      const isSteady =
        life.firstTickAtMs !== null && performance.now() - life.firstTickAtMs >= delays.steadyMs;
      if (isSteady || this.#isRefreshed) restartMs = delays.firstRestartMs;
      if (this.#isRefreshed) continue;
      await this.#pause(ending.kind === 'absent' ? delays.absentMs : restartMs);
      restartMs = this.#isRefreshed
        ? delays.firstRestartMs
        : Math.min(delays.longestRestartMs, restartMs * 2);
    }
  }

  async #live(life: Life): Promise<Ending> {
    const { host, smiPath } = this.#deps;
    const { signal } = life.controller;
    const ticks = new SmiTicks(life.fields);
    const watch = new SilenceWatch(this.#deps.delays.silenceMs, () => life.controller.abort());
    const said: string[] = [];
    const onLine = (line: string) => {
      watch.heard();
      const { isRow, gpus } = ticks.push(line);
      if (gpus !== null) this.#tick(life, gpus);
      if (!isRow && line.trim() !== '' && said.length < MESSAGE_LINES) said.push(line);
    };
    let child: HostProcess;
    try {
      const format = ['--format=csv,noheader,nounits', '-l', String(TICK_SECONDS)];
      const args = [`--query-gpu=${life.fields.join(',')}`, ...format];
      const options = { signal, onStdoutLine: onLine, onStderrLine: onLine };
      child = await host.exec({ file: smiPath, args }, options);
    } catch (error) {
      watch.stop();
      if (signal.aborted) return { kind: 'stopped' };
      return endingOfStart(error);
    }
    const exit = await child.done;
    watch.stop();
    if (watch.isSilent) return { kind: 'silent' };
    if (signal.aborted) return { kind: 'stopped' };
    const field = unknownField(said.join('\n'));
    if (field !== null && life.fields.includes(field)) return { kind: 'unknown-field', field };
    return { kind: 'ended', exit, said: said.join('\n'), gpus: ticks.rest() };
  }

  /** Of ticks that were read in one go, after this process was held up, only the last is news. */
  #tick(life: Life, gpus: GpuListing['gpus']): void {
    life.hasTold = true;
    life.firstTickAtMs ??= performance.now();
    const isWaiting = this.#latest !== null;
    this.#latest = gpus;
    if (isWaiting) return;
    queueMicrotask(() => {
      const latest = this.#latest ?? [];
      this.#latest = null;
      if (this.#life === life && !life.controller.signal.aborted) this.#tell(latest);
    });
  }

  #tell(gpus: GpuListing['gpus']): void {
    const { onListing } = this.#deps;
    if (!gpus.some((gpu) => gpu.kind === 'gpu' && gpu.isSliced)) {
      onListing({ gpus, notice: null });
      return;
    }
    this.#lookAtSlices();
    // Until they are known, nothing true can be said of a GPU of which only slices can be used.
    const listed = this.#slices?.listed ?? null;
    if (listed !== null) onListing({ gpus: putSlices(gpus, listed), notice: null });
  }

  #lookAtSlices(): void {
    const { host, smiPath, delays, onFault } = this.#deps;
    const before = this.#slices;
    const nowMs = performance.now();
    if (before !== null && nowMs - before.askedAtMs < delays.slicesMs) return;
    const asked = { listed: before?.listed ?? null, askedAtMs: nowMs };
    this.#slices = asked;
    listSlices(host, smiPath, this.#life?.controller.signal).then((listed) => {
      if (this.#slices !== asked) return;
      // No answer: what was known stays, and the next tick asks anew where nothing was.
      this.#slices = listed === null && asked.listed === null ? null : { ...asked, listed };
    }, onFault);
  }

  /** Ends early when woken. Keeps no process alive. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      timer.unref();
      this.#wake = done;
    });
  }
}

/** What is to be told after the end; null when the restart will show. */
function listingAfter(ending: Exclude<Ending, { kind: 'unknown-field' }>, life: Life): GpuListing | null {
  switch (ending.kind) {
    case 'stopped':
      return null;
    case 'absent':
      return { gpus: [], notice: NOT_INSTALLED };
    case 'silent':
      return { gpus: [], notice: SILENT };
    case 'ended': {
      // One that told of GPUs and then died says nothing against these: the next one will know.
      if (life.hasTold) return null;
      const { exit, said, gpus } = ending;
      // It may list what it can and give up at a GPU that is lost.
      if (exit.exitCode !== null && gpus.length > 0) return { gpus, notice: null };
      return { gpus: [], notice: explainNoGpu({ ...exit, stdout: said, stderr: '', timedOut: false }) };
    }
  }
}

/** A host that is out of processes or memory has an nvidia-smi none the less. */
function endingOfStart(error: unknown): Ending {
  const isAbsent =
    error instanceof ProblemError &&
    (error.problem.code === 'ffmpeg-missing' || error.problem.code === 'ffmpeg-broken');
  if (isAbsent) return { kind: 'absent' };
  return { kind: 'ended', exit: { exitCode: null, signal: null }, said: String(error), gpus: [] };
}

/**
 * Notices that nothing was heard for a while. It counts its own looks and not the time, so that a computer that slept does
 * not look like a driver that hangs.
 */
class SilenceWatch {
  readonly #timer: NodeJS.Timeout;
  #looks = 0;
  #allowed = 3 * LOOKS;
  isSilent = false;

  constructor(silenceMs: number, onSilent: () => void) {
    this.#timer = setInterval(() => {
      this.#looks += 1;
      if (this.#looks <= this.#allowed) return;
      this.isSilent = true;
      this.stop();
      onSilent();
    }, silenceMs / LOOKS);
    this.#timer.unref();
  }

  heard(): void {
    this.#looks = 0;
    this.#allowed = LOOKS;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const LOOKS = 5;
