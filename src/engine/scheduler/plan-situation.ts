import type { Device } from '../../common/device.ts';
import type { DeviceId, JobId } from '../../common/ids.ts';
import type { Problem } from '../../common/problem.ts';
import type { RunnableTask } from '../queue/records.ts';
import { gpusThatFailed } from '../tasks/after-failure.ts';
import type { TaskContext } from '../tasks/task-context.ts';
import type { Ability, PlanDevice, PlanInput, PlanTask, PlanWork, WaitingGroup } from './plan-input.ts';
import type { RunningTask, RunningTasks } from './running-tasks.ts';
import type { SpeedBook } from './speeds.ts';
import { needOf, type WorkId, workOf } from './work.ts';

/** What the engine does and knows, for whoever decides what comes next or tells when it ends. */
export interface Situation {
  readonly context: Pick<TaskContext, 'store' | 'registry' | 'settings'>;
  readonly running: RunningTasks;
  readonly speeds: SpeedBook;
  /** Devices that are kept free for something else, with what for. */
  readonly reserved: ReadonlyMap<DeviceId, Problem>;
  /** Only these jobs are worked on; null for the whole queue. */
  readonly onlyJobs: ReadonlySet<JobId> | null;
}

/**
 * Everything that `plan()` decides from, read at one moment.
 * @param tasks the first that wait
 * @param behind what waits behind them
 */
export function planInput(
  situation: Situation,
  tasks: readonly RunnableTask[],
  behind: readonly WaitingGroup[],
): PlanInput {
  const { store, registry, settings } = situation.context;
  const { devices, gpuNotice } = registry.list();
  const gpus = devices.filter((device) => device.kind === 'gpu').map((device) => device.id);
  const planTasks = tasks.map((task): PlanTask => {
    const { id: work, amount } = workOfTask(situation, task);
    const failedOn = gpusThatFailed(store.failures(task.jobId), gpus);
    return { taskId: task.id, jobId: task.jobId, choice: task.device, work, amount, failedOn };
  });
  const works = new Set([...planTasks, ...behind].flatMap(({ work }) => work ?? []));
  const hosts = [...new Set(devices.map((device) => device.host))];
  return {
    tasks: planTasks,
    behind,
    works: new Map([...works].map((work) => [work, planWork(situation, devices, work)])),
    devices: devices.map((device) => planDevice(situation, device)),
    hosts: hosts.map((id) => ({ id, freeGpuSessions: registry.gpuSessionRoom() })),
    policy: settings(),
    devicesAreKnown: registry.isSettled,
    gpuNotice: gpus.length === 0 ? gpuNotice : null,
  };
}

/** The class and the amount of a task's work. A source that an older Gantry read is looked at again. */
export function workOfTask({ context }: Situation, task: RunnableTask) {
  if (task.work !== null) return { id: task.work as WorkId, amount: task.workAmount };
  return workOf(context.store.recipe(task.jobId).preset, context.store.sourceInfo(task.jobId));
}

function planWork({ context, speeds }: Situation, devices: readonly Device[], id: WorkId): PlanWork {
  const { registry } = context;
  const on = devices.map(({ id: deviceId }): [DeviceId, Ability] => {
    const answer = registry.targetFor(deviceId, needOf(id));
    // Being out of service takes nothing from what a device can do.
    if ('code' in answer && answer !== registry.outOfService(deviceId)) {
      return [deviceId, { kind: 'unable', reason: answer }];
    }
    const speed = speeds.megapixelsPerSecond(deviceId, id);
    const ability: Ability = {
      kind: 'able',
      megapixelsPerSecond: speed?.value ?? null,
      aloneMegapixelsPerSecond: speed?.alone ?? null,
    };
    return [deviceId, ability];
  });
  return { id, on: new Map(on) };
}

function planDevice({ context, running, reserved }: Situation, device: Device): PlanDevice {
  const { registry } = context;
  const moving = running.encodesOn(device.id, { countSuspended: false });
  const suspended = running.encodesOn(device.id).length - moving.length;
  const room = registry.room(device.id, suspended);
  const used = device.telemetry?.memoryUsedBytes ?? null;
  const total = device.telemetry?.memoryTotalBytes ?? null;
  return {
    id: device.id,
    kind: device.kind,
    name: device.name,
    host: device.host,
    outOfService: reserved.get(device.id) ?? registry.outOfService(device.id),
    slots: room.slots,
    freeSlots: room.free,
    encodes: device.sessions.used - suspended,
    busySeconds: busySeconds(running, moving),
    freeMemoryBytes: used === null || total === null ? null : total - used,
    utilizationPercent: device.telemetry?.utilizationPercent ?? null,
  };
}

function busySeconds(running: RunningTasks, encodes: readonly RunningTask[]): number | null {
  const nowMs = performance.now();
  let totalMs = 0;
  for (const encode of encodes) {
    const remainingMs = running.remainingMs(encode, nowMs);
    if (remainingMs === null) return null;
    totalMs += remainingMs;
  }
  // Each makes room for the others as it ends.
  return totalMs / Math.max(1, encodes.length) / 1000;
}
