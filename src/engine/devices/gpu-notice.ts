import type { Problem } from '../../common/problem.ts';
import type { PresentGpu } from './local-machine.ts';

/**
 * The calm sentence about GPUs with what is known of the machine: an NVIDIA GPU without a driver is worth a driver, and a
 * GPU of another make should not leave its owner wondering.
 */
export function gpuNoticeFor(notice: Problem, present: readonly PresentGpu[]): Problem {
  if (notice.code !== 'no-nvidia-driver') return notice;
  const nvidia = present.find((gpu) => gpu.isNvidia);
  if (nvidia) {
    return {
      ...notice,
      message: `${nvidia.name} is in this machine without a working NVIDIA driver, so encoding runs on the CPU.`,
      nextStep: 'Install the NVIDIA driver, restart the computer and refresh the devices.',
    };
  }
  const other = present[0];
  if (other) {
    return {
      ...notice,
      message: `There is no NVIDIA GPU here (${other.name} is not used), so encoding runs on the CPU.`,
      nextStep: 'Nothing needs to be done.',
    };
  }
  return notice;
}
