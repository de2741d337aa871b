import type { DeviceId } from '../../src/common/ids.ts';
import type { Ability, PlanDevice, PlanInput, PlanTask } from '../../src/engine/scheduler/plan-input.ts';

/** The rules once more, as plainly as they can be written, to hold the plan against. */

export const LITTLE_MEMORY = 400 * 1024 * 1024;

export function abilityOf(input: PlanInput, task: PlanTask, device: PlanDevice): Ability | undefined {
  return input.works.get(task.work)?.on.get(device.id);
}

/** Devices on which the task may start once they have room; none when it has to wait for something else, or is impossible. */
export function mayRunOn(input: PlanInput, task: PlanTask): readonly PlanDevice[] {
  const { devicesAreKnown, policy } = input;
  const able = input.devices.filter((device) => abilityOf(input, task, device)?.kind === 'able');
  const working = able.filter((device) => device.outOfService === null);
  const cpus = working.filter((device) => device.kind === 'cpu');
  const gpus = working.filter((device) => device.kind === 'gpu');
  const hasFailed = (device: PlanDevice) => task.failedOn.has(device.id);
  const hasMemory = ({ freeMemoryBytes, busySeconds }: PlanDevice) =>
    freeMemoryBytes === null || freeMemoryBytes > LITTLE_MEMORY || busySeconds !== 0;
  const good = gpus.filter((device) => !hasFailed(device) && hasMemory(device));
  const untried = gpus.filter((device) => !hasFailed(device));
  const lastResort = untried.length > 0 ? untried : gpus;
  if (task.choice === 'cpu') return cpus;
  if (task.choice === 'gpu') return good.length > 0 ? good : lastResort;
  if (task.choice !== 'auto') return working.filter((device) => device.id === task.choice);
  if (good.length > 0) return good;
  const wasEverAble = able.some((device) => device.kind === 'gpu');
  if (wasEverAble && policy.onGpuFailure === 'hold') return lastResort;
  if (!devicesAreKnown) return [];
  return cpus.length > 0 ? cpus : lastResort;
}

/** What is free once a plan was carried out. */
export function roomAfter(input: PlanInput, assigned: readonly DeviceId[]): (device: PlanDevice) => boolean {
  const used = (device: PlanDevice) => assigned.filter((id) => id === device.id).length;
  const sessions = new Map(
    input.hosts.map(({ id, freeGpuSessions }) => {
      const gpus = input.devices.filter((device) => device.kind === 'gpu' && device.host === id);
      return [id, freeGpuSessions - gpus.reduce((sum, device) => sum + used(device), 0)];
    }),
  );
  return (device) =>
    device.outOfService === null &&
    device.freeSlots - used(device) >= 1 &&
    (device.kind === 'cpu' || (sessions.get(device.host) ?? 0) >= 1);
}

/** Seconds that a device would need for a task if it started beside so many others; null where that was not measured. */
export function secondsBeside(
  input: PlanInput,
  task: PlanTask,
  device: PlanDevice,
  others: number,
): number | null {
  const ability = abilityOf(input, task, device);
  if (ability?.kind !== 'able' || ability.megapixelsPerSecond === null || task.amount === null) return null;
  const whole = ability.megapixelsPerSecond;
  const alone = Math.min(whole, ability.aloneMegapixelsPerSecond ?? whole);
  return Math.max(task.amount / alone, (task.amount / whole) * (others + 1));
}

/** Seconds until a full device would have done a task after what it runs and was given before; null where that is not known. */
export function secondsAfter(
  input: PlanInput,
  task: PlanTask,
  device: PlanDevice,
  given: readonly PlanTask[],
): number | null {
  const alone = secondsBeside(input, task, device, 0);
  if (alone === null || device.busySeconds === null) return null;
  let busy = device.busySeconds;
  for (const one of given) {
    const ability = abilityOf(input, one, device);
    if (one.amount === null || ability?.kind !== 'able' || ability.megapixelsPerSecond === null) return null;
    busy += one.amount / ability.megapixelsPerSecond;
  }
  return busy === 0 ? null : busy + alone;
}
