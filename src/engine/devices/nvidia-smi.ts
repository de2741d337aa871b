import { type Problem, ProblemError } from '../../common/problem.ts';
import type { Host } from '../hosts/host.ts';
import { type CommandResult, runCommand } from '../hosts/run-command.ts';
import {
  GPU_FIELDS,
  type GpuReading,
  type ListedGpu,
  parseGpuList,
  parseGpuQuery,
  type UnusableGpu,
  unknownField,
} from './smi-output.ts';

export type { GpuReading, UnusableGpu } from './smi-output.ts';

/** NVIDIA GPUs of a host. `notice` says why there is none; it is null when one is listed, usable or not. */
export interface GpuListing {
  readonly gpus: readonly (GpuReading | UnusableGpu)[];
  readonly notice: Problem | null;
}

/** A driver that wakes sleeping GPUs one after the other takes seconds; one that hangs takes forever. */
const ANSWER_TIMEOUT_MS = 20_000;

/**
 * Asks nvidia-smi for the host's GPUs, in PCI bus order. Never throws because of a missing or broken driver: a machine
 * without one is an ordinary machine.
 * @param smiPath program to run, `nvidia-smi` to find it on `PATH`
 */
export async function listGpus(host: Host, smiPath: string, signal?: AbortSignal): Promise<GpuListing> {
  let fields: readonly string[] = GPU_FIELDS;
  for (;;) {
    const args = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits'];
    const result = await run(host, smiPath, args, signal);
    if ('code' in result) return { gpus: [], notice: result };
    // Older versions lack some fields and refuse the whole query for one of them.
    const unknown = unknownField(result.stdout + result.stderr);
    if (unknown !== null && fields.includes(unknown)) {
      fields = fields.filter((field) => field !== unknown);
      continue;
    }
    const gpus = parseGpuQuery(fields, `${result.stdout}\n${result.stderr}`);
    if (gpus.length === 0) return { gpus, notice: explainNoGpu(result) };
    return { gpus: await withSlices(host, smiPath, gpus, signal), notice: null };
  }
}

async function withSlices(
  host: Host,
  smiPath: string,
  gpus: readonly (GpuReading | UnusableGpu)[],
  signal: AbortSignal | undefined,
): Promise<readonly (GpuReading | UnusableGpu)[]> {
  if (!gpus.some((gpu) => gpu.kind === 'gpu' && gpu.isSliced)) return gpus;
  return putSlices(gpus, (await listSlices(host, smiPath, signal)) ?? []);
}

/** Asks nvidia-smi for the GPUs with their MIG slices. Null when it lists none. */
export async function listSlices(
  host: Host,
  smiPath: string,
  signal?: AbortSignal,
): Promise<ListedGpu[] | null> {
  const result = await run(host, smiPath, ['-L'], signal);
  const listed = 'code' in result ? [] : parseGpuList(result.stdout);
  return listed.length === 0 ? null : listed;
}

/** Puts the slices of GPUs in MIG mode in the place of these: CUDA sees nothing else of them. */
export function putSlices(
  gpus: readonly (GpuReading | UnusableGpu)[],
  listed: readonly ListedGpu[],
): readonly (GpuReading | UnusableGpu)[] {
  return gpus.flatMap((gpu): (GpuReading | UnusableGpu)[] => {
    if (gpu.kind !== 'gpu' || !gpu.isSliced) return [gpu];
    const slices = listed.find((entry) => entry.uuid === gpu.uuid)?.slices ?? [];
    if (slices.length === 0) return [unusableWithoutSlices(gpu)];
    return slices.map((slice) => ({
      ...gpu,
      uuid: slice.uuid,
      name: `${gpu.name} ${slice.name}`,
      isSliced: false,
      // These are measured for the whole GPU, and say nothing about a slice.
      memoryTotalBytes: null,
      memoryUsedBytes: null,
      utilizationPercent: null,
      encoderPercent: null,
      decoderPercent: null,
      sessions: null,
    }));
  });
}

function unusableWithoutSlices(gpu: GpuReading): UnusableGpu {
  return {
    kind: 'unusable',
    index: gpu.index,
    uuid: gpu.uuid,
    name: gpu.name,
    pciBusId: gpu.pciBusId,
    problem: {
      code: 'no-cuda-device',
      message: 'The GPU is in MIG mode and has no instance to run on.',
      nextStep: 'Create a MIG instance, or turn MIG mode off.',
    },
  };
}

/** Why nvidia-smi listed nothing. Exit codes are those of its manual. */
export function explainNoGpu(
  result: Pick<CommandResult, 'exitCode' | 'stdout' | 'stderr' | 'timedOut'>,
): Problem {
  const output = `${result.stdout}\n${result.stderr}`;
  const firstLine = output.split(/\r?\n/).find((line) => line.trim() !== '');
  const detail = firstLine?.trim() ?? `nvidia-smi: exit code ${result.exitCode}`;
  if (result.timedOut) {
    return {
      code: 'gpu-failed',
      message: `The NVIDIA driver did not answer within ${ANSWER_TIMEOUT_MS / 1000} seconds, so encoding runs on the CPU.`,
      nextStep: 'Restart the computer, then refresh the devices.',
      detail,
    };
  }
  if (/Driver\/library version mismatch/.test(output)) {
    return {
      code: 'no-nvidia-driver',
      message: 'The NVIDIA driver was updated and its old part is still loaded, so encoding runs on the CPU.',
      nextStep: 'Restart the computer.',
      detail,
    };
  }
  if (result.exitCode === 9 || /couldn't communicate with the NVIDIA driver/.test(output)) {
    return {
      code: 'no-nvidia-driver',
      message: 'The NVIDIA driver is not running, so encoding runs on the CPU.',
      nextStep: 'Install or reinstall the NVIDIA driver and restart the computer, then refresh the devices.',
      detail,
    };
  }
  if (result.exitCode === 12 || /couldn't find libnvidia-ml/.test(output)) {
    return {
      code: 'no-nvidia-driver',
      message: "The NVIDIA driver's library is missing, so encoding runs on the CPU.",
      nextStep:
        'Reinstall the NVIDIA driver. In a container, add "utility" and "video" to NVIDIA_DRIVER_CAPABILITIES.',
      detail,
    };
  }
  if (result.exitCode === 0 || result.exitCode === 6 || /No devices were found/.test(output)) {
    return {
      code: 'no-cuda-device',
      message: 'The NVIDIA driver runs and sees no GPU, so encoding runs on the CPU.',
      nextStep:
        'Check that the GPU is connected and not handed to a virtual machine, then refresh the devices.',
      detail,
    };
  }
  if (result.exitCode === 15) {
    return {
      code: 'gpu-lost',
      message: 'The GPU stopped answering its driver, so encoding runs on the CPU.',
      nextStep: 'Restart the computer. If it happens again, check the power supply and the temperature.',
      detail,
    };
  }
  return {
    code: 'gpu-failed',
    message: 'The NVIDIA driver could not list its GPUs, so encoding runs on the CPU.',
    nextStep: 'Run nvidia-smi to see its message, repair the driver, then refresh the devices.',
    detail,
  };
}

export const NOT_INSTALLED: Problem = {
  code: 'no-nvidia-driver',
  message: 'No NVIDIA driver is installed, so encoding runs on the CPU.',
  nextStep: 'With an NVIDIA GPU in this machine, install its driver and refresh the devices.',
};

async function run(
  host: Host,
  smiPath: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<CommandResult | Problem> {
  try {
    return await runCommand(
      host,
      { file: smiPath, args },
      { timeoutMs: ANSWER_TIMEOUT_MS, maxOutputChars: 1024 * 1024, ...(signal ? { signal } : {}) },
    );
  } catch (error) {
    if (error instanceof ProblemError) return NOT_INSTALLED;
    throw error;
  }
}
