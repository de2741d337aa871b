import { cause, type Explanation, explanation, type FailureRule, hint } from './failure-rule.ts';
import { MISSING_CAPABILITIES } from './nvenc-capabilities.ts';

/**
 * What ffmpeg prints when NVENC, NVDEC or CUDA say no. Texts from ffmpeg's nvenc.c (4.4 to 7.x) and the NVENC and CUDA
 * headers' status names. `No capable devices found` and "maybe incorrect parameters" end nearly every list of lines and
 * are never the cause, so no rule names them.
 */

/** First driver branch with each NVENC API version, for when ffmpeg prints "(unknown)". Source: NVIDIA's SDK release notes. */
const DRIVER_FOR_API: ReadonlyMap<string, string> = new Map([
  ['9.0', '418'],
  ['9.1', '435'],
  ['11.0', '455'],
  ['11.1', '470'],
  ['12.0', '520'],
  ['12.1', '530'],
  ['12.2', '550'],
  ['13.0', '570'],
  ['13.1', '610'],
]);

const NO_DRIVER = explanation(
  'no-nvidia-driver',
  'No NVIDIA driver was found: its CUDA library could not be loaded.',
  'Install the NVIDIA driver, or encode on the CPU.',
);

const NO_ENCODE_LIBRARY = explanation(
  'encode-library-missing',
  'The NVIDIA driver is installed without its video encoding part.',
  'Install the full driver package. In a container, add "video" to NVIDIA_DRIVER_CAPABILITIES.',
);

const NO_NVENC = explanation(
  'no-nvenc',
  'This GPU has no video encoder (NVENC).',
  'Encode on the CPU or on another GPU. In a container, make sure NVIDIA_DRIVER_CAPABILITIES includes "video", then refresh the devices.',
);

const SESSION_LIMIT = explanation(
  'session-limit',
  'All encoding sessions of the GPU are in use.',
  'Wait for an encode to end, or close other programs that record or encode on this GPU.',
);

const GPU_MEMORY_FULL = explanation(
  'gpu-out-of-memory',
  "The GPU's memory is full.",
  'Close programs that use the GPU, or encode on the CPU.',
);

const GPU_LOST = explanation(
  'gpu-lost',
  'The GPU stopped responding in the middle of its work.',
  'Restart the computer. If it happens again, check the power supply, the temperature and the driver.',
);

const GPU_FAILED = explanation(
  'gpu-failed',
  'The GPU reported an internal error.',
  'Retry. If it happens again, update the NVIDIA driver or encode on the CPU.',
);

const GPU_DECODE_FAILED = explanation(
  'gpu-decode-failed',
  'The GPU could not decode this source.',
  'Decode on the CPU; the GPU can still encode.',
);

const NO_DECODE_LIBRARY = explanation(
  'gpu-decode-failed',
  'The NVIDIA driver is installed without its video decoding part.',
  'Decode on the CPU, or install the full driver package. In a container, add "video" to NVIDIA_DRIVER_CAPABILITIES.',
);

const GPU_SCALER_FAILED = explanation(
  'filter-graph-failed',
  "The NVIDIA driver cannot run this ffmpeg's programs for scaling on the GPU.",
  'Scale on the CPU; the GPU can still encode. An update of the NVIDIA driver may help.',
);

const NO_CUDA_DEVICE = explanation(
  'no-cuda-device',
  'The NVIDIA driver runs, but it offers no GPU to this program.',
  'Check that the GPU is visible (nvidia-smi), that CUDA_VISIBLE_DEVICES does not hide it, and that the container may use it.',
);

const DRIVER_MISMATCH = explanation(
  'gpu-failed',
  'The NVIDIA driver was updated, and its old kernel module is still loaded.',
  'Restart the computer.',
);

function driverTooOld(required: string | null, found: string | null, log: readonly string[]): Explanation {
  const named = log
    .map((line) => /minimum required Nvidia driver for nvenc is ([\d.]+)/.exec(line)?.[1])
    .find((version) => version !== undefined);
  const minimum = named ?? (required === null ? undefined : DRIVER_FOR_API.get(required));
  return {
    code: 'driver-too-old',
    message:
      required !== null && found !== null
        ? `The NVIDIA driver is too old for this ffmpeg: it offers NVENC API ${found}, and ${required} is required.`
        : 'The NVIDIA driver is too old for this ffmpeg.',
    nextStep: `Update the NVIDIA driver${minimum === undefined ? '' : ` to ${minimum} or newer`}, or use an older ffmpeg build.`,
  };
}

/** Which of the two is the older one, the driver does not say. */
const OTHER_NVENC_VERSION = explanation(
  'driver-too-old',
  'The NVIDIA driver does not take the version of NVENC that this ffmpeg was built for.',
  'Update the NVIDIA driver, or use another ffmpeg build.',
);

/** A call and the status that it returned, by the names that ffmpeg has for `NVENCSTATUS`. */
const NVENC_STATUS = new RegExp(
  `(?:(\\w+) failed!?|Failed [\\w ]+): (?:${[
    'no encode device|unsupported device|invalid encoder device|invalid device|device does not exist|invalid ptr',
    'invalid event|invalid param|invalid call|out of memory|encoder not initialized|unsupported param|lock busy',
    'not enough buffer|invalid version|map failed|need more input|encoder busy|event not registered|generic error',
    'incompatible client key|unimplemented|resource register failed|resource not registered|resource not mapped',
  ].join('|')}) \\((\\d+)\\)(.*)`,
);

/** The status that NVENC returned, as `name (number)`. Numbers are `NVENCSTATUS` of nvEncodeAPI.h. */
function nvencStatus(call: string, status: number, rest: string): Explanation | null {
  const opening = call.startsWith('OpenEncodeSession');
  switch (status) {
    case 1: // no encode device
    case 2: // unsupported device
      return NO_NVENC;
    case 5: // device does not exist
      return GPU_LOST;
    case 8: // invalid param
      return /less than the minimum/i.test(rest)
        ? capability('The picture is smaller than the GPU can encode.', 'Encode this file on the CPU.')
        : capability('The GPU refused these encoder settings.', 'Encode this file on the CPU.');
    case 10: // out of memory: opening a session, that is how older drivers report their session limit
      return opening ? SESSION_LIMIT : GPU_MEMORY_FULL;
    case 12: // unsupported param
    case 22: // unimplemented
      return capability(
        'The GPU does not support one of the encoder settings.',
        'Encode this file on the CPU.',
      );
    case 15: // invalid version
      return OTHER_NVENC_VERSION;
    case 21: // incompatible client key: how newer drivers report their session limit
      return opening ? SESSION_LIMIT : GPU_FAILED;
    default:
      return GPU_FAILED;
  }
}

function capability(message: string, nextStep: string): Explanation {
  return explanation('capability-missing', message, nextStep);
}

function cudaError(name: string): Explanation | null {
  switch (name) {
    case 'CUDA_ERROR_NO_DEVICE':
    case 'CUDA_ERROR_INVALID_DEVICE':
      return NO_CUDA_DEVICE;
    case 'CUDA_ERROR_OUT_OF_MEMORY':
      return GPU_MEMORY_FULL;
    case 'CUDA_ERROR_LAUNCH_FAILED':
    case 'CUDA_ERROR_LAUNCH_TIMEOUT':
    case 'CUDA_ERROR_ILLEGAL_ADDRESS':
    case 'CUDA_ERROR_HARDWARE_STACK_ERROR':
    case 'CUDA_ERROR_ECC_UNCORRECTABLE':
      return GPU_LOST;
    case 'CUDA_ERROR_SYSTEM_DRIVER_MISMATCH':
      return DRIVER_MISMATCH;
    case 'CUDA_ERROR_STUB_LIBRARY':
      return NO_DRIVER;
    case 'CUDA_ERROR_INVALID_PTX':
    case 'CUDA_ERROR_INVALID_IMAGE':
    case 'CUDA_ERROR_NO_BINARY_FOR_GPU':
    case 'CUDA_ERROR_UNSUPPORTED_PTX_VERSION':
    case 'CUDA_ERROR_JIT_COMPILER_NOT_FOUND':
      return GPU_SCALER_FAILED;
    default:
      return {
        code: 'gpu-failed',
        message: 'The NVIDIA driver could not start working with the GPU.',
        nextStep: 'Restart the computer. If it happens again, reinstall the NVIDIA driver.',
      };
  }
}

export const NVENC_RULES: readonly FailureRule[] = [
  cause(/Cannot load (?:libcuda\.so|nvcuda\.dll)/, NO_DRIVER),
  cause(/Cannot load (?:libnvidia-encode\.so|nvEncodeAPI(?:64)?\.dll)/, NO_ENCODE_LIBRARY),
  cause(/Cannot load (?:libnvcuvid\.so|nvcuvid\.dll)/, NO_DECODE_LIBRARY),
  cause(/Cannot load (?:cu[A-Z]\w+|NvEnc\w+)/, (_, log) => driverTooOld(null, null, log)),
  cause(
    /Driver does not support the required nvenc API version\. Required: ([\d.]+) Found: ([\d.]+)/,
    (match, log) => driverTooOld(match[1] ?? null, match[2] ?? null, log),
  ),
  hint(/The minimum required Nvidia driver for nvenc is/, (_, log) => driverTooOld(null, null, log)),
  // Decoding first: its lines may name a CUDA error as well, but encoding can go on without it.
  cause(
    /cuvid\w* ?(?:\(.*\))? failed|Failed setup for format cuda|Hardware is lacking required capabilities/,
    GPU_DECODE_FAILED,
  ),
  cause(/No decoder surfaces left/, GPU_DECODE_FAILED),
  cause(
    /No device available for decoder|[Dd]evice setup failed for decoder|Device creation failed/,
    GPU_DECODE_FAILED,
  ),
  cause(/\bno encode device\b/, NO_NVENC),
  cause(NVENC_STATUS, (match) => nvencStatus(match[1] ?? '', Number(match[2]), match[3] ?? '')),
  cause(/failed -> (CUDA_ERROR_\w+)/, (match) => cudaError(match[1] ?? '')),
  cause(/No CUDA capable devices found/, NO_CUDA_DEVICE),
  cause(/\b(CUDA_ERROR_\w+)/, (match) => cudaError(match[1] ?? '')),
  cause(/Requested GPU (\d+), but only (\d+) GPUs are available/, (match) => ({
    code: 'gpu-index-invalid',
    message: `GPU ${match[1]} was asked for, and only ${match[2]} can be seen.`,
    nextStep: 'Refresh the devices and choose one that is listed.',
  })),
  ...MISSING_CAPABILITIES.map(({ pattern, message }) =>
    cause(pattern, () =>
      capability(message, 'Change the preset, or encode this file on the CPU or a newer GPU.'),
    ),
  ),
  hint(
    /Provided device doesn't support required NVENC features/,
    explanation(
      'capability-missing',
      'This GPU lacks a feature that the encode asked for.',
      'Change the preset, or encode this file on the CPU or a newer GPU.',
    ),
  ),
  hint(/Could not dynamically load CUDA/, NO_DRIVER),
];
