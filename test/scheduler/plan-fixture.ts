import type { DeviceId, JobId, TaskId } from '../../src/common/ids.ts';
import { LOCAL_HOST_ID } from '../../src/common/ids.ts';
import type { DeviceChoice } from '../../src/common/job.ts';
import type { Problem } from '../../src/common/problem.ts';
import { plan } from '../../src/engine/scheduler/plan.ts';
import type {
  Ability,
  PlanDevice,
  PlanInput,
  PlanTask,
  PlanWork,
} from '../../src/engine/scheduler/plan-input.ts';
import type { WorkId } from '../../src/engine/scheduler/work.ts';

export const CPU = 'cpu' as DeviceId;
export const A = 'GPU-a' as DeviceId;
export const B = 'GPU-b' as DeviceId;
export const C = 'GPU-c' as DeviceId;
export const HEVC = 'hevc/medium/8/quality/1080p' as WorkId;
export const AV1 = 'av1/medium/8/quality/1080p' as WorkId;

export const CANNOT: Problem = {
  code: 'no-nvenc',
  message: 'This GPU has no encoder.',
  nextStep: 'Use another.',
};
export const LOST: Problem = { code: 'gpu-lost', message: 'The GPU is lost.', nextStep: 'Wait.' };
export const FAILED: Problem = { code: 'gpu-failed', message: 'The GPU failed.', nextStep: 'Wait.' };
export const NO_DRIVER: Problem = {
  code: 'no-nvidia-driver',
  message: 'No driver.',
  nextStep: 'Install it.',
};

export function gpu(id: DeviceId, over: Partial<PlanDevice> = {}): PlanDevice {
  const slots = over.slots ?? 2;
  const freeSlots = over.freeSlots ?? slots;
  const encodes = over.encodes ?? Math.max(0, slots - freeSlots);
  return {
    id,
    kind: 'gpu',
    name: `Card ${id.slice(-1).toUpperCase()}`,
    host: LOCAL_HOST_ID,
    outOfService: null,
    slots,
    freeSlots,
    encodes,
    busySeconds: encodes === 0 ? 0 : null,
    freeMemoryBytes: null,
    utilizationPercent: null,
    ...over,
  };
}

export function cpu(over: Partial<PlanDevice> = {}): PlanDevice {
  return gpu(CPU, { kind: 'cpu', name: 'CPU', ...over });
}

/** Able, at so many megapixels per second. */
export function speed(megapixelsPerSecond: number | null, alone: number | null = null): Ability {
  return { kind: 'able', megapixelsPerSecond, aloneMegapixelsPerSecond: alone };
}

export const unable: Ability = { kind: 'unable', reason: CANNOT };

let count = 0;
export function task(choice: string = 'auto', over: Partial<PlanTask> = {}): PlanTask {
  count += 1;
  const id = String(count);
  return {
    taskId: id as TaskId,
    jobId: id as JobId,
    choice: choice as DeviceChoice,
    work: HEVC,
    amount: 1000,
    failedOn: new Map(),
    ...over,
  };
}

export function failedOn(...ids: DeviceId[]): Pick<PlanTask, 'failedOn'> {
  return { failedOn: new Map(ids.map((id) => [id, FAILED])) };
}

/** Devices not named are able and not measured. */
export function works(
  devices: readonly PlanDevice[],
  abilities: Readonly<Record<string, Ability>> = {},
  id = HEVC,
): ReadonlyMap<WorkId, PlanWork> {
  const on = new Map(devices.map((device) => [device.id, abilities[device.id] ?? speed(null)]));
  return new Map([[id, { id, on }]]);
}

export interface Case {
  readonly devices: readonly PlanDevice[];
  readonly tasks: readonly PlanTask[];
  readonly abilities?: Readonly<Record<string, Ability>>;
}

export function inputOf({ devices, tasks, abilities }: Case, over: Partial<PlanInput> = {}): PlanInput {
  return {
    tasks,
    devices,
    works: works(devices, abilities),
    hosts: [{ id: LOCAL_HOST_ID, freeGpuSessions: Number.POSITIVE_INFINITY }],
    policy: { onGpuFailure: 'use-cpu', cpuBesideGpus: false },
    devicesAreKnown: true,
    gpuNotice: null,
    ...over,
  };
}

/** Where each task went, in the order of the tasks: a device's id, what it waits for, or the code of why it never can. */
export function lots(theCase: Case, over: Partial<PlanInput> = {}): string[] {
  const { assignments, waiting, impossible } = plan(inputOf(theCase, over));
  return theCase.tasks.map(({ taskId, jobId }) => {
    const assigned = assignments.find((one) => one.taskId === taskId);
    const waits = waiting.find((one) => one.jobId === jobId);
    const never = impossible.find((one) => one.taskId === taskId);
    return assigned?.deviceId ?? (waits && `waits for ${waits.waitingFor}`) ?? never?.problem.code ?? 'lost';
  });
}

/** The fallback of the only assignment; undefined when there is not exactly one. */
export function fallbackOf(theCase: Case, over: Partial<PlanInput> = {}): Problem | null | undefined {
  const { assignments } = plan(inputOf(theCase, over));
  return assignments.length === 1 ? assignments[0]?.fallback : undefined;
}
