import type { DeviceId, JobId, TaskId } from '../../common/ids.ts';
import type { DeviceChoice } from '../../common/job.ts';
import type { Problem } from '../../common/problem.ts';

/** A task that may start, with what each device says about it. */
export interface PlanTask {
  readonly taskId: TaskId;
  readonly jobId: JobId;
  readonly choice: DeviceChoice;
  /** Why a device cannot do it; a device without an entry can. */
  readonly whyNot: ReadonlyMap<DeviceId, Problem>;
  /** Devices on which an earlier attempt met a fault of the device itself. */
  readonly failedOn: readonly DeviceId[];
}

export interface PlanDevice {
  readonly id: DeviceId;
  readonly kind: 'gpu' | 'cpu';
  readonly name: string;
  /** Encodes that may start on it now; 0 or less when it is full. */
  readonly freeSlots: number;
}

export interface PlanInput {
  /** In the order in which they should run. */
  readonly tasks: readonly PlanTask[];
  readonly devices: readonly PlanDevice[];
  /** False while devices are still being looked for and proven: nothing is impossible yet. */
  readonly devicesAreKnown: boolean;
}

export interface Plan {
  readonly assignments: readonly { readonly taskId: TaskId; readonly deviceId: DeviceId }[];
  /** Why a task that could not start now waits, as a plain sentence part: "a free CPU slot". */
  readonly waiting: readonly { readonly jobId: JobId; readonly waitingFor: string }[];
  /** Tasks that no device here can ever do. */
  readonly impossible: readonly { readonly taskId: TaskId; readonly problem: Problem }[];
}

type Outcome =
  | { readonly kind: 'assign'; readonly device: PlanDevice }
  | { readonly kind: 'wait'; readonly waitingFor: string }
  | { readonly kind: 'impossible'; readonly problem: Problem };

const CHECKING: Outcome = { kind: 'wait', waitingFor: 'the devices to be checked' };

function emptiest(devices: readonly PlanDevice[], free: ReadonlyMap<DeviceId, number>): PlanDevice | null {
  let best: PlanDevice | null = null;
  let bestFree = 0;
  for (const device of devices) {
    const slots = free.get(device.id) ?? 0;
    if (slots > bestFree) {
      best = device;
      bestFree = slots;
    }
  }
  return best;
}

function assignOrWait(
  candidates: readonly PlanDevice[],
  free: ReadonlyMap<DeviceId, number>,
  waitingFor: string,
): Outcome {
  const device = emptiest(candidates, free);
  return device === null ? { kind: 'wait', waitingFor } : { kind: 'assign', device };
}

/** The reason that tells a person most: that of a GPU when there is one, since that is where the work was wanted. */
function reasonOf(task: PlanTask, devices: readonly PlanDevice[]): Problem | null {
  const byKind = [...devices].sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'gpu' ? -1 : 1));
  for (const device of byKind) {
    const reason = task.whyNot.get(device.id);
    if (reason !== undefined) return reason;
  }
  return null;
}

function placeTask(task: PlanTask, input: PlanInput, free: ReadonlyMap<DeviceId, number>): Outcome {
  const able = input.devices.filter((d) => !task.whyNot.has(d.id) && !task.failedOn.includes(d.id));
  const { choice } = task;
  if (choice === 'auto') {
    const gpus = able.filter((d) => d.kind === 'gpu');
    // A GPU that is merely full is waited for: taking the CPU instead would be the slow encode nobody asked for.
    if (gpus.length > 0) return assignOrWait(gpus, free, 'a free GPU session');
    if (!input.devicesAreKnown) return CHECKING;
    if (able.length > 0) return assignOrWait(able, free, 'a free CPU slot');
    return {
      kind: 'impossible',
      problem: reasonOf(task, input.devices) ?? {
        code: 'encoder-missing',
        message: 'No device here can encode this.',
        nextStep: 'Run "gantry doctor" to see what each device can do.',
      },
    };
  }
  if (choice === 'gpu') {
    const gpus = able.filter((d) => d.kind === 'gpu');
    if (gpus.length > 0) return assignOrWait(gpus, free, 'a free GPU session');
    return input.devicesAreKnown ? { kind: 'wait', waitingFor: 'a GPU that can encode this' } : CHECKING;
  }
  const named = input.devices.find((d) => d.id === choice);
  if (named === undefined) {
    return input.devicesAreKnown
      ? { kind: 'wait', waitingFor: `device ${choice}, which is not here` }
      : CHECKING;
  }
  const reason = task.whyNot.get(named.id);
  if (reason !== undefined) return input.devicesAreKnown ? { kind: 'impossible', problem: reason } : CHECKING;
  return assignOrWait(
    [named],
    free,
    named.kind === 'cpu' ? 'a free CPU slot' : `a free session on ${named.name}`,
  );
}

/**
 * Which task starts on which device now. Pure: the same input gives the same plan. No device gets more than its free
 * slots, a named device is never replaced by another, and tasks are placed in the order in which they come.
 */
export function plan(input: PlanInput): Plan {
  const free = new Map(input.devices.map((d) => [d.id, d.freeSlots]));
  const assignments: { taskId: TaskId; deviceId: DeviceId }[] = [];
  const waiting: { jobId: JobId; waitingFor: string }[] = [];
  const impossible: { taskId: TaskId; problem: Problem }[] = [];
  for (const task of input.tasks) {
    const outcome = placeTask(task, input, free);
    if (outcome.kind === 'assign') {
      assignments.push({ taskId: task.taskId, deviceId: outcome.device.id });
      free.set(outcome.device.id, (free.get(outcome.device.id) ?? 0) - 1);
    } else if (outcome.kind === 'wait') {
      waiting.push({ jobId: task.jobId, waitingFor: outcome.waitingFor });
    } else {
      impossible.push({ taskId: task.taskId, problem: outcome.problem });
    }
  }
  return { assignments, waiting, impossible };
}
