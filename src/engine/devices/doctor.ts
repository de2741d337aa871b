import { posix, win32 } from 'node:path';
import type { Device, DoctorReport, FfmpegBuild } from '../../common/device.ts';
import { type Problem, type ProblemCode, toProblem } from '../../common/problem.ts';
import type { Host, HostFacts } from '../hosts/host.ts';
import {
  chooseBuild,
  chooseFfprobe,
  configuredFfprobeProblem,
  type FfmpegConfig,
} from '../media/ffmpeg-builds.ts';
import type { DeviceRegistry } from './registry.ts';

export interface DoctorDeps {
  readonly registry: Pick<DeviceRegistry, 'builds' | 'list'>;
  readonly host: Host;
  readonly home: string;
  readonly gantryVersion: string;
  readonly nodeVersion: string;
  /** Where ffprobe was looked for; without it a broken choice of ffprobe is not reported. */
  readonly ffmpegConfig?: FfmpegConfig;
}

/** What a GPU simply is or does right now. Nothing is wrong with it. */
const NOT_WRONG: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'capability-missing',
  'no-nvenc',
  'session-limit',
]);

/**
 * What works here, what does not, and what to do. Looks at what the registry knows, so refresh it first. `ok` means that
 * encoding works on at least one device.
 */
export async function doctorReport(deps: DoctorDeps): Promise<DoctorReport> {
  const { registry, host, home } = deps;
  const [facts, homeProblem, ffprobeProblem] = await Promise.all([
    host.facts(),
    whyNotWritable(host, home),
    deps.ffmpegConfig ? configuredFfprobeProblem(host, deps.ffmpegConfig) : null,
  ]);
  const builds = registry.builds();
  const { devices, gpuNotice, gpuSessions } = registry.list();
  const blocking = [...missingPrograms(builds), ...present(homeProblem), ...nothingEncodes(devices)];
  const rest = [
    ...builds.filter((build) => build.origin === 'configured').flatMap((build) => present(build.problem)),
    ...present(ffprobeProblem),
    ...ofDevices(devices, deviceFaults),
    ...ofDevices(devices, missedChances),
    ...builds.filter((build) => build.origin !== 'configured').flatMap((build) => present(build.problem)),
  ];
  return {
    ok: blocking.length === 0,
    gantryVersion: deps.gantryVersion,
    nodeVersion: deps.nodeVersion,
    platform: `${facts.platform}-${facts.arch}`,
    home,
    builds,
    devices,
    gpuNotice,
    gpuSessions,
    problems: distinct([...blocking, ...rest]),
  };
}

function missingPrograms(builds: readonly FfmpegBuild[]): Problem[] {
  const problems: Problem[] = [];
  if (chooseBuild(builds, {}) === null) {
    problems.push({
      code: 'ffmpeg-missing',
      message: 'No working ffmpeg was found.',
      nextStep: 'Install ffmpeg (5 or newer), or choose one in the settings.',
    });
  }
  if (chooseFfprobe(builds) === null) {
    problems.push({
      code: 'ffmpeg-missing',
      message: 'No working ffprobe was found, so no source can be inspected.',
      nextStep: 'Install ffmpeg with ffprobe, or choose an ffprobe in the settings.',
    });
  }
  return problems;
}

function nothingEncodes(devices: readonly Device[]): Problem[] {
  if (devices.some((device) => device.status !== 'unavailable')) return [];
  const reason = devices.find((device) => device.kind === 'cpu')?.reason;
  return reason ? [{ ...reason, message: `Nothing can encode here. ${reason.message}` }] : [];
}

/** What keeps a device from encoding, or encoders that should work and do not. */
function deviceFaults(device: Device): Problem[] {
  const reasons =
    device.status === 'unavailable'
      ? [device.reason]
      : device.encoders.map((proof) => (proof.ok ? null : proof.reason));
  return reasons.flatMap(present);
}

/** What works, and could work better. */
function missedChances({ status, encoders, decoders, gpuPipeline }: Device): Problem[] {
  if (status === 'unavailable') return [];
  const notes = encoders.flatMap((proof) => present(proof.buildNote));
  const why = decoders.some(({ ok }) => ok) ? gpuPipeline?.reason : decoders[0]?.reason;
  if (!why || gpuPipeline?.ok) return notes;
  return [...notes, { ...why, message: `Sources are decoded on the CPU. ${why.message}` }];
}

/** The problems of all devices, each named by its devices: what is wrong with eight alike is told once. */
function ofDevices(devices: readonly Device[], find: (device: Device) => Problem[]): Problem[] {
  const found = new Map<string, { problem: Problem; names: string[] }>();
  for (const device of devices) {
    for (const problem of distinct(find(device))) {
      if (NOT_WRONG.has(problem.code)) continue;
      const key = `${problem.code} ${problem.message}`;
      const known = found.get(key) ?? { problem, names: [] };
      found.set(key, { ...known, names: [...known.names, device.name] });
    }
  }
  return [...found.values()].map(({ problem, names }) => ({
    ...problem,
    message: `${counted(names)}: ${problem.message}`,
  }));
}

/** `2 × NVIDIA L4, NVIDIA T4` */
function counted(names: readonly string[]): string {
  return [...new Set(names)]
    .map((name) => {
      const count = names.filter((each) => each === name).length;
      return count === 1 ? name : `${count} × ${name}`;
    })
    .join(', ');
}

async function whyNotWritable(host: Host, home: string): Promise<Problem | null> {
  const facts: HostFacts = await host.facts();
  const path = (facts.platform === 'win32' ? win32 : posix).join(home, '.write-test');
  try {
    await host.files.writeText(path, 'written by "gantry doctor"\n');
    await host.files.remove(path);
    return null;
  } catch (error) {
    return toProblem(error);
  }
}

function present<T>(value: T | null): T[] {
  return value === null ? [] : [value];
}

function distinct(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ code, message }) => {
    const key = `${code} ${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
