import type { DeviceId } from '../../common/ids.ts';
import type { Problem } from '../../common/problem.ts';
import type { PlanDevice } from './plan-input.ts';

// Sentence parts that follow "waiting for".

export const CHECKING = 'the devices to be checked';
export const CPU_NOT_HERE = 'the CPU, which is not listed here';

export const GPU_SESSION = 'a free GPU session';
export const CPU_SLOT = 'a free CPU slot';

/** @param why no GPU can now, where that is known */
export function gpuThatCan(why: Problem | null): string {
  return `a GPU that can encode this${why === null ? '' : ` (${asPart(why)})`}`;
}

export function sessionOn({ name }: PlanDevice): string {
  return `a free session on ${name}`;
}

export function notHere(id: DeviceId): string {
  return `device ${id}, which is not here`;
}

export function outOfService({ name, outOfService }: PlanDevice): string {
  return `${name}, which is out of service${outOfService === null ? '' : ` (${asPart(outOfService)})`}`;
}

export function heldFor({ name }: PlanDevice): string {
  return `a GPU: ${name} failed, and GPU jobs are held`;
}

export function keptFor({ name }: PlanDevice): string {
  return `a free session on ${name}, which will have it done sooner than a device that is free now`;
}

/** A problem's sentence inside another one. */
function asPart({ message }: Problem): string {
  // What becomes of other jobs is nothing to one that is for GPUs only.
  const bare = message.replace(/(?:, so encoding runs on the CPU)?\.$/, '');
  return /^[A-Z][a-z']*\s/.test(bare) ? bare.charAt(0).toLowerCase() + bare.slice(1) : bare;
}

// Why the CPU does what a GPU was wanted for, where no GPU itself has said it.

export const NO_GPU: Problem = {
  code: 'no-cuda-device',
  message: 'There is no GPU here.',
  nextStep: 'Nothing needs to be done. For a faster encode add an NVIDIA GPU.',
};

export const GPU_MEMORY_IS_FULL: Problem = {
  code: 'gpu-out-of-memory',
  message: 'Other programs hold nearly all memory of the GPU, so an encode has no room there.',
  nextStep: 'Close other programs that use the GPU, or choose "GPU only" to wait for it.',
};

export const CPU_IS_SOONER: Problem = {
  code: 'session-limit',
  message: 'The GPUs have so much to do that all is done sooner with the CPU beside them.',
  nextStep:
    'Nothing needs to be done. The setting "cpuBesideGpus" keeps such jobs for the GPUs when it is off.',
};

export const NO_DEVICE_CAN: Problem = {
  code: 'encoder-missing',
  message: 'No device here can encode this.',
  nextStep: 'Run "gantry doctor" to see what each device can do.',
};
