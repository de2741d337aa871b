import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { describe } from 'vitest';
import { testFfprobe } from '../support/clips.ts';
import { type VirtualMachine, virtualGpuProblem } from '../support/virtual-gpu.ts';

/** A group of tests that need virtual GPUs. Where they cannot be built it is skipped, and its title says why. */
export function describeOnVirtualGpu(title: string, tests: () => void): void {
  const problem = virtualGpuProblem();
  if (problem === null) describe(title, tests);
  else describe.skip(`${title}: skipped, ${problem}`, tests);
}

export interface Ended {
  /** Exit code; null after a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What ffmpeg printed, without the addresses of its parts. */
  readonly lines: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

export function start(machine: VirtualMachine, file: string, args: readonly string[], env: Environment = {}) {
  return spawn(file, args, {
    env: { ...process.env, ...machine.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const lines = stderr
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.replace(/ @ 0x[0-9a-f]+\]/, ']'));
      resolve({ code, signal, stdout, stderr, lines });
    });
  });
}

/** A generated picture that moves, as input arguments. */
export function testPicture(seconds = 1, size = '256x256'): string[] {
  return ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${seconds}`];
}

/** Runs the system's unmodified ffmpeg on the machine. Messages are those of `-v error` unless `-v` is among the arguments. */
export function ffmpegOn(machine: VirtualMachine, args: readonly string[], env: Environment = {}) {
  return start(machine, 'ffmpeg', ['-hide_banner', '-nostdin', '-y', '-v', 'error', ...args], env);
}

/** Encodes the generated picture and throws the result away. */
export function encodeOn(
  machine: VirtualMachine,
  options: {
    codec?: string;
    args?: readonly string[];
    seconds?: number;
    size?: string;
    env?: Environment;
  } = {},
): Promise<Ended> {
  const { codec = 'h264_nvenc', args = [], seconds = 1, size, env } = options;
  const format = args.includes('-pix_fmt') ? [] : ['-pix_fmt', 'yuv420p'];
  const all = [...testPicture(seconds, size), ...format, '-c:v', codec, ...args, '-f', 'null', '-'];
  return ended(ffmpegOn(machine, all, env));
}

export interface ProbedVideo {
  readonly stream: Readonly<Record<string, string | number>>;
  readonly packets: readonly { pts: number; dts: number; key: boolean }[];
  /** In the order of presentation: one letter each. */
  readonly types: string;
  readonly keyFrames: number;
}

/** Reads a result frame by frame: what does not decode is missing here. */
export async function probe(file: string): Promise<ProbedVideo> {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_streams', '-show_packets', '-show_frames'];
  const text = await new Promise<string>((resolve, reject) => {
    execFile(testFfprobe, [...args, '-of', 'json', file], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      error || stderr !== '' ? reject(error ?? new Error(stderr)) : resolve(stdout),
    );
  });
  const { streams, packets_and_frames: entries } = JSON.parse(text) as {
    streams: Record<string, string | number>[];
    packets_and_frames: {
      type: string;
      pts: number;
      dts: number;
      flags?: string;
      pict_type?: string;
      key_frame?: number;
    }[];
  };
  const frames = entries.filter((entry) => entry.type === 'frame');
  return {
    stream: streams[0] ?? {},
    packets: entries
      .filter((entry) => entry.type === 'packet')
      .map(({ pts, dts, flags }) => ({ pts, dts, key: flags?.startsWith('K') ?? false })),
    types: frames.map((frame) => frame.pict_type ?? '?').join(''),
    keyFrames: frames.filter((frame) => frame.key_frame === 1).length,
  };
}
