import { execFile, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  readyMadeMachine,
  setsFault,
  VIRTUAL_GPU_SOURCES,
  type VirtualGpu,
  type VirtualMachineDescription,
  type VirtualSystem,
  writeMachineFile,
} from './virtual-gpu-machine.ts';

export type {
  VirtualFault,
  VirtualGpu,
  VirtualMachineDescription,
  VirtualSystem,
} from './virtual-gpu-machine.ts';
export { readyMadeMachine, readyMadeMachines } from './virtual-gpu-machine.ts';

const run = promisify(execFile);

const NEEDED = [
  { file: '/usr/include/ffnvcodec/dynlink_loader.h', debianPackage: 'libffmpeg-nvenc-dev' },
  { file: '/usr/include/x264.h', debianPackage: 'libx264-dev' },
  { file: '/usr/include/x265.h', debianPackage: 'libx265-dev' },
];

let problem: string | null | undefined;

/** Why virtual GPUs cannot be built and used here, naming what is missing; null when they can. */
export function virtualGpuProblem(): string | null {
  problem ??= findProblem() ?? null;
  return problem;
}

function findProblem(): string | undefined {
  if (process.platform !== 'linux') return 'virtual GPUs are built on Linux only';
  for (const tool of ['gcc', 'make', 'nm']) {
    if (spawnSync(tool, ['--version'], { stdio: 'ignore' }).status !== 0) return `${tool} is not installed`;
  }
  const missing = NEEDED.find(({ file }) => !existsSync(file));
  if (missing) return `the Debian package ${missing.debianPackage} is not installed`;
  const header = readFileSync('/usr/include/ffnvcodec/nvEncodeAPI.h', 'latin1');
  const api = /NVENCAPI_MAJOR_VERSION (\d+)[\s\S]*?NVENCAPI_MINOR_VERSION (\d+)/
    .exec(header)
    ?.slice(1)
    .join('.');
  if (api !== '11.1')
    return `libffmpeg-nvenc-dev is of NVENC API ${api}, and the sources are written for 11.1`;
  const encoders = spawnSync('ffmpeg', ['-v', 'error', '-encoders'], { encoding: 'utf8' });
  if (!encoders.stdout?.includes('h264_nvenc')) return 'the ffmpeg on PATH has no h264_nvenc';
  return undefined;
}

function sourceHash(): string {
  const hash = createHash('sha256');
  const files = ['Makefile', 'check-symbols.sh'];
  for (const file of readdirSync(join(VIRTUAL_GPU_SOURCES, 'src')).sort()) files.push(join('src', file));
  for (const file of files) hash.update(file).update(readFileSync(join(VIRTUAL_GPU_SOURCES, file)));
  return hash.digest('hex').slice(0, 16);
}

let built: Promise<string> | undefined;

/**
 * Folder of the built libraries and programs. Built once per state of the sources, in the temporary folder; of several
 * processes that want it at once, one builds and the others wait.
 */
export function buildVirtualGpu(): Promise<string> {
  built ??= buildOnce();
  return built;
}

async function buildOnce(): Promise<string> {
  const folder = join(tmpdir(), `gantry-virtual-gpu-${process.getuid?.() ?? 0}-${sourceHash()}`);
  const lock = `${folder}.lock`;
  while (!existsSync(folder)) {
    try {
      mkdirSync(lock);
    } catch {
      await sleep(100);
      // A builder that was killed leaves its lock: a build takes seconds, not minutes.
      if (age(lock) > 180_000) rmSync(lock, { recursive: true, force: true });
      continue;
    }
    try {
      const inProgress = join(lock, 'build');
      await run('make', ['--silent', '-C', VIRTUAL_GPU_SOURCES, `OUT=${inProgress}`]);
      renameSync(inProgress, folder);
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return folder;
}

function age(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

export interface VirtualCounts {
  /** Sessions that encoders opened, and opens that were refused, for whatever reason. */
  readonly opened: number;
  readonly refused: number;
  /** Most sessions at once: all that count against the limits, and those of encoders alone. */
  readonly peakSessions: number;
  readonly peakEncoding: number;
  /** Live now: of encoders, and held by `holdSessions`. */
  readonly encoding: number;
  readonly holding: number;
}

export interface VirtualGpuState {
  readonly system: VirtualCounts;
  readonly gpus: readonly (VirtualCounts & {
    readonly uuid: string;
    readonly framesEncoded: number;
    readonly framesDecoded: number;
  })[];
  readonly sessions: readonly {
    readonly pid: number;
    readonly kind: 'encodes' | 'holds';
    readonly gpu: string;
    readonly slice: string;
    readonly program: string;
    readonly codec: string;
    readonly width: number;
    readonly height: number;
    readonly frames: number;
  }[];
}

export interface VirtualMachine {
  /** For the processes that shall live on this machine, beside what they inherit. */
  readonly env: Readonly<Record<string, string>>;
  readonly nvidiaSmi: string;
  /** The machine as it is described now. */
  readonly machine: VirtualMachineDescription;
  /** Changes the running machine: programs meet it at their next frame, open or tick. */
  configure(change: (machine: VirtualMachineDescription) => VirtualMachineDescription): void;
  setSystem(change: VirtualSystem): void;
  /** Changes one GPU, by its place in the description or its UUID. A fault set here for N sessions counts from now. */
  setGpu(which: number | string, change: Partial<VirtualGpu>): void;
  state(): Promise<VirtualGpuState>;
  /** Another program that keeps sessions open, as many as it gets, until it is released. */
  holdSessions(uuid: string, count: number): Promise<{ held: number; release(): Promise<void> }>;
  dispose(): Promise<void>;
}

/**
 * Starts a machine with virtual GPUs, which is no more than files and an environment.
 * @param machine name of a ready-made one, or a description
 * @param overrides changes every GPU and the system of it
 * @throws Error when it cannot be built: ask `virtualGpuProblem` first
 */
export async function startVirtualMachine(
  machine: string | VirtualMachineDescription,
  overrides: { readonly system?: VirtualSystem; readonly everyGpu?: Partial<VirtualGpu> } = {},
): Promise<VirtualMachine> {
  const programs = join(await buildVirtualGpu(), 'bin');
  const folder = mkdtempSync(join(tmpdir(), 'gantry-virtual-machine-'));
  const file = join(folder, 'machine.ini');
  const start = typeof machine === 'string' ? readyMadeMachine(machine) : machine;
  let current: VirtualMachineDescription = {
    system: { ...start.system, ...overrides.system },
    gpus: start.gpus.map((gpu) => ({ ...gpu, ...overrides.everyGpu })),
  };
  let versions = 0;
  const write = () => {
    versions += 1;
    writeFileSync(`${file}.new`, writeMachineFile(current));
    renameSync(`${file}.new`, file);
  };
  write();
  const nvidiaSmi = join(current.system.libraries === 'none' ? folder : programs, 'nvidia-smi');
  const env = {
    LD_LIBRARY_PATH: libraryPath(join(programs, '..'), folder, current.system.libraries ?? 'all'),
    VIRTUAL_GPU_CONFIG: file,
    GANTRY_NVIDIA_SMI: nvidiaSmi,
  };
  const holders = new Set<() => Promise<void>>();

  const configure: VirtualMachine['configure'] = (change) => {
    current = change(current);
    write();
  };
  return {
    env,
    nvidiaSmi,
    get machine() {
      return current;
    },
    configure,
    setSystem: (change) => configure((now) => ({ ...now, system: { ...now.system, ...change } })),
    setGpu: (which, change) =>
      configure((now) => ({
        ...now,
        gpus: now.gpus.map((gpu, at) =>
          which === at || which === gpu.uuid
            ? { ...gpu, ...(setsFault(change) ? { faultToken: `${versions}` } : {}), ...change }
            : gpu,
        ),
      })),
    async state() {
      const { stdout } = await run(join(programs, 'virtual-gpu-state'), [], {
        env: { ...process.env, ...env },
      });
      return JSON.parse(stdout) as VirtualGpuState;
    },
    async holdSessions(uuid, count) {
      const child = spawn(join(programs, 'virtual-gpu-hold'), [uuid, String(count)], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
      const line = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (data: Buffer) => resolve(data.toString()));
        child.once('close', () => reject(new Error(`virtual-gpu-hold ${uuid} ${count} ended`)));
        child.once('error', reject);
      });
      const release = async () => {
        holders.delete(release);
        child.kill('SIGKILL');
        await ended;
      };
      holders.add(release);
      return { held: Number(/holding (\d+)/.exec(line)?.[1]), release };
    },
    async dispose() {
      for (const release of holders) await release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function libraryPath(
  build: string,
  emptyFolder: string,
  libraries: NonNullable<VirtualSystem['libraries']>,
): string {
  const own =
    libraries === 'none'
      ? [emptyFolder]
      : libraries === 'no video'
        ? [join(build, 'lib')]
        : [join(build, 'lib'), join(build, 'lib-video')];
  return [...own, process.env['LD_LIBRARY_PATH'] ?? ''].filter((part) => part !== '').join(':');
}
