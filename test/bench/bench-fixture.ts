import type { BenchId, BenchResult, BenchRun } from '../../src/common/bench.ts';
import type { Device, EncoderProof, FfmpegBuild } from '../../src/common/device.ts';
import { CPU_DEVICE_ID, type DeviceId, LOCAL_HOST_ID } from '../../src/common/ids.ts';
import type { VideoCodec } from '../../src/common/preset.ts';
import type { BenchDevices } from '../../src/engine/bench/bench-plan.ts';
import type { BenchRuns } from '../../src/engine/bench/bench-runner.ts';
import { chooseBuild } from '../../src/engine/media/ffmpeg-builds.ts';

const AT = '2026-01-02T03:04:05.678Z';

export const GPU_ID = 'GPU-5b6a2c1e-0000-0000-0000-000000000000' as DeviceId;

export function aResult(fields: Partial<BenchResult> = {}): BenchResult {
  return {
    runId: '20260102-030405' as BenchId,
    at: AT,
    deviceId: CPU_DEVICE_ID,
    deviceName: 'A CPU',
    deviceKind: 'cpu',
    driverVersion: null,
    buildId: 'aaaa',
    ffmpegVersion: '7.0',
    codec: 'h264',
    encoder: 'libx264',
    encoderPreset: 'medium',
    rate: 'quality',
    source: { id: 'scenes-v1', width: 1920, height: 1080, frameCount: 300, durationMs: 10_000 },
    fps: 50,
    speedX: 1.667,
    sizeBytes: 5_000_000,
    bitRateBps: 4_000_000,
    vmaf: 90,
    vmafNote: null,
    powerWatts: null,
    error: null,
    ...fields,
  };
}

export function gpuResult(fields: Partial<BenchResult> = {}): BenchResult {
  return aResult({
    ...{ deviceId: GPU_ID, deviceName: 'A GPU', deviceKind: 'gpu', driverVersion: '550.54' },
    ...{ encoder: 'h264_nvenc', encoderPreset: 'p5', fps: 400, powerWatts: 120 },
    ...fields,
  });
}

export function aRun(fields: Partial<BenchRun> = {}): BenchRun {
  return {
    id: '20260102-030405' as BenchId,
    status: 'done',
    startedAt: AT,
    endedAt: AT,
    quick: false,
    done: fields.results?.length ?? 0,
    total: fields.results?.length ?? 0,
    current: null,
    results: [],
    skipped: [],
    error: null,
    ...fields,
  };
}

export function proof(codec: VideoCodec, encoder: string): EncoderProof {
  return {
    ...{ codec, encoder, ok: true, reason: null, tenBit: true, tenBitReason: null },
    ...{ bFrames: null, bFramesReason: null, buildId: 'aaaa', buildNote: null },
  };
}

export function aDevice(fields: Partial<Device> = {}): Device {
  return {
    ...{ id: CPU_DEVICE_ID, kind: 'cpu', name: 'A CPU', host: LOCAL_HOST_ID, uuid: null },
    ...{ status: 'ready', reason: null, retryAt: null },
    encoders: [proof('h264', 'libx264'), proof('hevc', 'libx265'), proof('av1', 'libsvtav1')],
    ...{ decoders: [], gpuPipeline: null, telemetry: null, driverVersion: null },
    sessions: { used: 0, others: 0, limit: null },
    ...fields,
  };
}

/** Devices as a registry would tell of them, of which only the CPU's encoders really work. */
export function devicesOf(builds: FfmpegBuild[], devices: () => Device[] = () => [aDevice()]): BenchDevices {
  return {
    builds: () => builds,
    list: () => ({ devices: devices(), gpuNotice: null, gpuSessions: { used: 0, limit: null } }),
    reportFault: async () => null,
    targetFor: (deviceId, { video: { codec } }) => {
      const device = devices().find(({ id }) => id === deviceId);
      if (device?.reason) return device.reason;
      const isGpu = device?.kind === 'gpu';
      const encoder = ({ h264: 'libx264', hevc: 'libx265', av1: 'libsvtav1' } as const)[codec];
      const build = isGpu ? builds[0] : chooseBuild(builds, { encoder });
      if (!build) throw new Error(`no build here has ${encoder}`);
      if (!isGpu) return { target: { kind: 'cpu', deviceId, encoder }, build };
      const target = { kind: 'nvenc', deviceId, gpuUuid: deviceId, tenBit: true, bFrames: true } as const;
      return { target: { ...target, encoder: `${codec}_nvenc` }, build };
    },
  };
}

export class RunsInMemory implements BenchRuns {
  readonly saved = new Map<BenchId, BenchRun>();

  constructor(runs: readonly BenchRun[] = []) {
    for (const run of runs) this.saved.set(run.id, run);
  }

  list(): BenchRun[] {
    return [...this.saved.values()];
  }

  save(run: BenchRun): void {
    this.saved.set(run.id, run);
  }

  remove(id: BenchId): boolean {
    return this.saved.delete(id);
  }
}
