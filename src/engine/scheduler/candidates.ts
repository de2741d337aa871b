import type { DeviceId } from '../../common/ids.ts';
import type { DeviceChoice } from '../../common/job.ts';
import type { Problem } from '../../common/problem.ts';
import { LEAST_GPU_MEMORY_BYTES } from '../tasks/after-failure.ts';
import type { PlanDevice, PlanInput, PlanTask, PlanWork } from './plan-input.ts';
import {
  CHECKING,
  CPU_NOT_HERE,
  CPU_SLOT,
  GPU_MEMORY_IS_FULL,
  GPU_SESSION,
  gpuThatCan,
  heldFor,
  NO_DEVICE_CAN,
  NO_GPU,
  notHere,
  outOfService,
  sessionOn,
} from './plan-text.ts';
import type { WorkId } from './work.ts';

/** Devices on which a task may start as soon as there is room: all in service, and able to do it. */
export type Candidates =
  | {
      readonly kind: 'gpus';
      /** GPUs on which it is tried only when no other is left. */
      readonly leaveOut: 'failed-or-full' | 'failed' | 'none';
      /** The CPU may take it as well, if it would have it done sooner. */
      readonly besideGpus: boolean;
    }
  | { readonly kind: 'cpus'; readonly fallback: Problem | null }
  | { readonly kind: 'named'; readonly device: PlanDevice };

export type Verdict =
  | { readonly kind: 'may-run'; readonly on: Candidates }
  | { readonly kind: 'wait'; readonly waitingFor: string }
  | { readonly kind: 'impossible'; readonly problem: Problem };

/** How the GPUs stand to a task: the first of each kind, in the order in which devices are listed. */
interface Standing {
  /** In service, not failed under this job, with memory left. */
  isAnyGood: boolean;
  /** In service, and not failed under this job. */
  isAnyUntried: boolean;
  inService: PlanDevice | null;
  outOfService: PlanDevice | null;
  unable: Problem | null;
  failure: Problem | null;
}

type Question = Pick<PlanTask, 'choice' | 'work' | 'failedOn'>;

const WAIT_FOR_CHECK: Verdict = { kind: 'wait', waitingFor: CHECKING };
const ON_ANY_GPU: Candidates = { kind: 'gpus', leaveOut: 'none', besideGpus: false };

/** Where tasks may run, by what was asked for and how the devices stand. Tells nothing about room: see `Room`. */
export class DeviceRules {
  readonly #input: PlanInput;
  readonly #verdicts = new Map<WorkId, Map<DeviceChoice, Verdict>>();
  #byId: Map<DeviceId, PlanDevice> | null = null;

  constructor(input: PlanInput) {
    this.#input = input;
  }

  verdict(task: Question): Verdict {
    if (task.failedOn.size > 0) return this.#judge(task);
    let known = this.#verdicts.get(task.work);
    if (known === undefined) {
      known = new Map();
      this.#verdicts.set(task.work, known);
    }
    let verdict = known.get(task.choice);
    if (verdict === undefined) {
      verdict = this.#judge(task);
      known.set(task.choice, verdict);
    }
    return verdict;
  }

  /** Whether a device is among the candidates. */
  isCandidate(on: Candidates, task: Question, device: PlanDevice): boolean {
    return this.isAllowed(on, task, device) && this.#work(task).on.get(device.id)?.kind === 'able';
  }

  /** The same but for what it is able to do. */
  isAllowed(on: Candidates, { failedOn }: Pick<Question, 'failedOn'>, device: PlanDevice): boolean {
    if (device.outOfService !== null) return false;
    switch (on.kind) {
      case 'named':
        return device === on.device;
      case 'cpus':
        return device.kind === 'cpu';
      case 'gpus':
        if (device.kind !== 'gpu' || on.leaveOut === 'none') return device.kind === 'gpu';
        return !failedOn.has(device.id) && (on.leaveOut === 'failed' || !isMemoryFull(device));
    }
  }

  #work(task: Question): PlanWork {
    const work = this.#input.works.get(task.work);
    if (work === undefined) throw new Error(`nothing is said about work of class ${task.work}`);
    return work;
  }

  #judge(task: Question): Verdict {
    switch (task.choice) {
      case 'auto':
        return this.#judgeAuto(task);
      case 'gpu':
        return this.#judgeGpuOnly(task);
      case 'cpu':
        return this.#judgeCpu(task, null);
      default:
        return this.#judgeNamed(task, task.choice);
    }
  }

  #judgeAuto(task: Question): Verdict {
    const { devicesAreKnown, policy, gpuNotice } = this.#input;
    const gpus = this.#standing(task);
    if (gpus.isAnyGood) {
      const besideGpus = policy.cpuBesideGpus && devicesAreKnown;
      return mayRun({ kind: 'gpus', leaveOut: 'failed-or-full', besideGpus });
    }
    const mayUseCpu = policy.onGpuFailure === 'use-cpu';
    if (gpus.inService !== null) {
      // A GPU that was not looked at yet may do what these cannot.
      if (mayUseCpu && !devicesAreKnown) return WAIT_FOR_CHECK;
      const fallback = gpus.failure ?? GPU_MEMORY_IS_FULL;
      const onCpu = mayUseCpu ? this.#judgeCpu(task, fallback) : null;
      return onCpu?.kind === 'may-run' ? onCpu : this.#onLeftGpus(gpus);
    }
    if (!devicesAreKnown) return WAIT_FOR_CHECK;
    if (gpus.outOfService !== null) {
      if (!mayUseCpu) return { kind: 'wait', waitingFor: heldFor(gpus.outOfService) };
      const onCpu = this.#judgeCpu(task, gpus.outOfService.outOfService);
      return onCpu.kind === 'may-run' ? onCpu : waitForService(gpus.outOfService);
    }
    const why = gpus.unable ?? gpuNotice ?? NO_GPU;
    const onCpu = this.#judgeCpu(task, why);
    // The reason that tells a person most: that of a GPU when there is one, since there the work was wanted.
    return onCpu.kind === 'impossible' && gpus.unable !== null
      ? { kind: 'impossible', problem: gpus.unable }
      : onCpu;
  }

  #judgeGpuOnly(task: Question): Verdict {
    const gpus = this.#standing(task);
    if (gpus.isAnyGood) return mayRun({ kind: 'gpus', leaveOut: 'failed-or-full', besideGpus: false });
    if (gpus.inService !== null) return this.#onLeftGpus(gpus);
    if (gpus.outOfService !== null) return waitForService(gpus.outOfService);
    return this.#input.devicesAreKnown
      ? { kind: 'wait', waitingFor: gpuThatCan(gpus.unable ?? this.#input.gpuNotice) }
      : WAIT_FOR_CHECK;
  }

  /** Every GPU in service has failed under this job or is out of memory: better try again than leave it idle. */
  #onLeftGpus(gpus: Standing): Verdict {
    return mayRun(gpus.isAnyUntried ? { kind: 'gpus', leaveOut: 'failed', besideGpus: false } : ON_ANY_GPU);
  }

  #judgeCpu(task: Question, fallback: Problem | null): Verdict {
    const { devicesAreKnown, devices } = this.#input;
    const { on } = this.#work(task);
    let away: PlanDevice | null = null;
    let unable: Problem | null = null;
    for (const device of devices) {
      if (device.kind !== 'cpu') continue;
      const ability = on.get(device.id);
      if (ability?.kind !== 'able') unable ??= ability?.reason ?? null;
      else if (device.outOfService === null) return mayRun({ kind: 'cpus', fallback });
      else away ??= device;
    }
    if (away !== null) return waitForService(away);
    if (!devicesAreKnown) return WAIT_FOR_CHECK;
    if (unable !== null) return { kind: 'impossible', problem: unable };
    // `auto` has no device at all then; `cpu` waits for one to be listed, as a named device does.
    return fallback === null
      ? { kind: 'wait', waitingFor: CPU_NOT_HERE }
      : { kind: 'impossible', problem: NO_DEVICE_CAN };
  }

  #judgeNamed(task: Question, id: DeviceId): Verdict {
    this.#byId ??= new Map(this.#input.devices.map((device) => [device.id, device]));
    const device = this.#byId.get(id);
    const { devicesAreKnown } = this.#input;
    if (device === undefined) {
      return devicesAreKnown ? { kind: 'wait', waitingFor: notHere(id) } : WAIT_FOR_CHECK;
    }
    // What is out of service may be able again when it comes back.
    if (device.outOfService !== null) return waitForService(device);
    const ability = this.#work(task).on.get(id);
    if (ability?.kind === 'able') return mayRun({ kind: 'named', device });
    return devicesAreKnown && ability !== undefined
      ? { kind: 'impossible', problem: ability.reason }
      : WAIT_FOR_CHECK;
  }

  /** Stops at the first GPU that is good, as there mostly is one. */
  #standing(task: Question): Standing {
    const { on } = this.#work(task);
    const standing: Standing = {
      isAnyGood: false,
      isAnyUntried: false,
      inService: null,
      outOfService: null,
      unable: null,
      failure: null,
    };
    for (const device of this.#input.devices) {
      if (device.kind !== 'gpu') continue;
      const ability = on.get(device.id);
      if (ability?.kind !== 'able') {
        standing.unable ??= ability?.reason ?? null;
      } else if (device.outOfService !== null) {
        standing.outOfService ??= device;
      } else {
        standing.inService ??= device;
        const failure = task.failedOn.get(device.id);
        if (failure !== undefined) {
          standing.failure ??= failure;
        } else if (isMemoryFull(device)) {
          standing.isAnyUntried = true;
        } else {
          standing.isAnyGood = true;
          return standing;
        }
      }
    }
    return standing;
  }
}

/**
 * What a task waits for while its candidates are full.
 * @param hasSlot whether a device has a free slot of its own
 */
export function freeSessionOn(on: Candidates, hasSlot: (device: PlanDevice) => boolean): string {
  switch (on.kind) {
    case 'gpus':
      return GPU_SESSION;
    case 'cpus':
      return CPU_SLOT;
    case 'named':
      if (on.device.kind === 'cpu') return CPU_SLOT;
      // Then it is the limit of its host, on all GPUs together, that is reached.
      return hasSlot(on.device) ? GPU_SESSION : sessionOn(on.device);
  }
}

function mayRun(on: Candidates): Verdict {
  return { kind: 'may-run', on };
}

function waitForService(device: PlanDevice): Verdict {
  return { kind: 'wait', waitingFor: outOfService(device) };
}

/** Memory that other programs hold. What encodes of ours hold comes back as they end, and is no reason to leave the GPU. */
function isMemoryFull({ freeMemoryBytes, busySeconds }: PlanDevice): boolean {
  return freeMemoryBytes !== null && freeMemoryBytes < LEAST_GPU_MEMORY_BYTES && busySeconds === 0;
}
