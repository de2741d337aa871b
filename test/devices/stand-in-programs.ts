import type { EncoderProof, FfmpegBuild } from '../../src/common/device.ts';
import type { DecodingProof, ProbeCache } from '../../src/engine/devices/probe-cache.ts';
import { GPU_FIELDS } from '../../src/engine/devices/smi-output.ts';
import type { Command } from '../../src/engine/hosts/host.ts';
import type { Printed } from './stand-in-host.ts';

/** A probe that went well: ffmpeg's last progress block. */
export const ENCODED: Printed = { stdout: 'frame=8\nout_time_us=266666\nprogress=end\n' };

/** What ffmpeg 5.1 printed where NVENC said no: the line, and the two that always follow. */
export function refused(line: string): Printed {
  return {
    exitCode: 1,
    stderr: [
      `[h264_nvenc @ 0x55d7b9dcabc0] ${line}`,
      '[h264_nvenc @ 0x55d7b9dcabc0] No capable devices found',
      'Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0 - maybe incorrect parameters such as bit_rate, rate, width or height',
    ].join('\n'),
  };
}

/** nvidia-smi's answer for the given GPUs; values not given are those of a quiet L40S. */
export function smiAnswers(...gpus: Partial<Record<(typeof GPU_FIELDS)[number], string>>[]): Printed {
  const quiet: Record<string, string> = {
    index: '0',
    uuid: 'GPU-a',
    'pci.bus_id': '00000000:01:00.0',
    driver_version: '595.80',
    'mig.mode.current': '[N/A]',
    'memory.total': '46068',
    'memory.used': '0',
    'utilization.gpu': '0',
    'utilization.encoder': '0',
    'utilization.decoder': '0',
    'temperature.gpu': '40',
    'power.draw': '35.10',
    'encoder.stats.sessionCount': '0',
    name: 'NVIDIA L40S',
  };
  return {
    stdout: gpus.map((gpu) => GPU_FIELDS.map((field) => ({ ...quiet, ...gpu })[field]).join(', ')).join('\n'),
  };
}

export function buildOf(id: string, changes: Partial<FfmpegBuild> = {}): FfmpegBuild {
  return {
    id,
    ffmpegPath: `/${id}/ffmpeg`,
    ffprobePath: `/${id}/ffprobe`,
    version: '7.1',
    majorVersion: 7,
    origin: 'path',
    encoders: ['libx264', 'libx265', 'libsvtav1', 'h264_nvenc', 'hevc_nvenc', 'av1_nvenc'],
    filters: ['scale'],
    problem: null,
    ...changes,
  };
}

/** Which encoder a probe asked for. */
export function encoderIn(command: Command): string {
  return command.args[command.args.indexOf('-c:v') + 1] ?? '';
}

export function memoryCache(): ProbeCache & { readonly kept: Map<string, EncoderProof> } {
  const kept = new Map<string, EncoderProof>();
  const decoding = new Map<string, DecodingProof>();
  return {
    kept,
    get: (key) => kept.get(key) ?? null,
    set: (key, proof) => void kept.set(key, proof),
    getDecoding: (key) => decoding.get(key) ?? null,
    setDecoding: (key, proof) => void decoding.set(key, proof),
    clear: () => {
      kept.clear();
      decoding.clear();
    },
  };
}
