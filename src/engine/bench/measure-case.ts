import type { BenchId, BenchResult } from '../../common/bench.ts';
import type { Device, FfmpegBuild } from '../../common/device.ts';
import type { Preset } from '../../common/preset.ts';
import { type Problem, toProblem } from '../../common/problem.ts';
import type { SourceInfo } from '../../common/source.ts';
import type { EncodeTarget } from '../media/encode-request.ts';
import { benchPreset } from './bench-cases.ts';
import type { PlannedEncode } from './bench-plan.ts';
import { type BenchSourceSpec, sourceDurationMs } from './bench-source.ts';
import { type MeasureTools, measureEncode } from './measure-encode.ts';
import { measureVmaf } from './measure-vmaf.ts';

export interface CaseTools extends MeasureTools {
  readonly builds: readonly FfmpegBuild[];
  readonly threads: number;
  readonly targetFor: (preset: Preset) => { target: EncodeTarget; build: FfmpegBuild } | Problem;
}

export interface CaseToMeasure {
  readonly runId: BenchId;
  readonly device: Device;
  readonly encode: PlannedEncode;
  readonly source: SourceInfo;
  readonly spec: BenchSourceSpec;
}

/**
 * One encode and what came of it. A failure is a result too, with its reason; only being called off throws. The folder is
 * empty again afterwards.
 */
export async function measureCase(
  tools: CaseTools,
  what: CaseToMeasure,
  signal: AbortSignal,
): Promise<BenchResult> {
  const { host, folder } = tools;
  const { device, encode, source, spec } = what;
  const preset = benchPreset(encode.codec, encode.rate, spec);
  const answer = tools.targetFor(preset);
  const durationMs = sourceDurationMs(spec);
  const result: BenchResult = {
    runId: what.runId,
    at: tools.now().toISOString(),
    ...{ deviceId: device.id, deviceName: device.name, deviceKind: device.kind },
    driverVersion: device.driverVersion,
    buildId: 'code' in answer ? '' : answer.build.id,
    ffmpegVersion: 'code' in answer ? '' : answer.build.version,
    ...encode,
    source: {
      ...{ id: spec.id, width: spec.width, height: spec.height, frameCount: spec.frameCount },
      durationMs,
    },
    ...{ fps: null, speedX: null, sizeBytes: null, bitRateBps: null, vmaf: null, vmafNote: null },
    ...{ powerWatts: null, error: null },
  };
  if ('code' in answer) return { ...result, error: answer };
  try {
    await host.files.makeFolder(folder);
    const toMeasure = { preset, encoderPreset: encode.encoderPreset, source, ...answer };
    const made = await measureEncode(tools, toMeasure, signal);
    const files = { encoded: made.outputPath, source: source.path, frameCount: spec.frameCount };
    return {
      ...result,
      fps: made.frames / made.seconds,
      speedX: durationMs / 1000 / made.seconds,
      sizeBytes: made.sizeBytes,
      bitRateBps: (made.sizeBytes * 8000) / durationMs,
      powerWatts: made.powerWatts,
      ...(await measureVmaf(tools, files, signal)),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { ...result, error: toProblem(error) };
  } finally {
    await host.files.remove(folder).catch(() => {});
  }
}
