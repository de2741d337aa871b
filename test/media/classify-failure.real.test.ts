import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FfmpegBuild } from '../../src/common/device.ts';
import type { Problem } from '../../src/common/problem.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { classifyFailure } from '../../src/engine/media/classify-failure.ts';
import { chooseBuild, discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';

/** Real failures of every real build here: Debian's and the ones of npm. */

const host = new LocalHost();
let folder: string;
let source: string;
let builds: FfmpegBuild[];
const mounts: string[] = [];

async function failing(
  build: FfmpegBuild,
  args: {
    input?: string;
    output?: string;
    encode: readonly string[];
    before?: readonly string[];
    env?: Record<string, string>;
  },
): Promise<Problem> {
  const input = args.input ?? source;
  const output = args.output ?? join(folder, 'out.mp4');
  const stderr: string[] = [];
  const child = await host.exec(
    {
      file: build.ffmpegPath,
      env: args.env ?? {},
      args: [
        ...['-hide_banner', '-nostdin', '-y', '-v', 'warning', ...(args.before ?? [])],
        ...['-i', `file:${input}`, ...args.encode, `file:${output}`],
      ],
    },
    { onStderrLine: (line) => stderr.push(line) },
  );
  const exit = await child.done;
  expect(exit, stderr.join('\n')).not.toEqual({ exitCode: 0, signal: null });
  return classifyFailure({ exit, stderr, sourcePath: input, outputPath: output });
}

/** Null where this process may not mount; a test that needs it then says that it proved nothing. */
function mountSmallDisk(name: string, options: string): string | null {
  const path = join(folder, name);
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return null;
  }
  mounts.push(path);
  return path;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-failures-'));
  source = join(folder, 'a source.mkv');
  const all = await discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env });
  builds = all.filter((build) => build.problem === null);
  const build = chooseBuild(builds, { encoder: 'libx264' });
  if (!build) throw new Error('These tests need one working ffmpeg with libx264; npm ci installs one.');
  execFileSync(build.ffmpegPath, [
    ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:duration=2'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', source],
  ]);
});

afterAll(async () => {
  for (const path of mounts) execFileSync('umount', [path]);
  rmSync(folder, { recursive: true, force: true });
  await host.dispose();
});

/** Hides the GPUs of a machine that has some. */
const NO_GPU = { CUDA_VISIBLE_DEVICES: '' };
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast'];

async function everyBuildSays(run: (build: FfmpegBuild) => Promise<Problem>): Promise<Set<string>> {
  const codes = new Set<string>();
  for (const build of builds) codes.add((await run(build)).code);
  return codes;
}

describe('what real builds say', () => {
  it('an NVENC encode without a driver, or without a GPU where there is a driver', async () => {
    const capable = builds.filter((build) => build.encoders.includes('h264_nvenc'));
    if (capable.length === 0) return console.warn('Not proven: no build here has NVENC.');
    for (const build of capable) {
      const found = await failing(build, { encode: ['-c:v', 'h264_nvenc', '-gpu', '0'], env: NO_GPU });
      expect(found.code).toMatch(/^(no-nvidia-driver|no-cuda-device|encode-library-missing|driver-too-old)$/);
    }
  });

  it('an encoder that is not there', async () => {
    const codes = await everyBuildSays((build) => failing(build, { encode: ['-c:v', 'no_such_encoder'] }));
    expect(codes).toEqual(new Set(['encoder-missing']));
  });

  it('an option that is not there, a bad value, a bad preset', async () => {
    for (const encode of [
      [...X264, '-nosuchoption', '1'],
      [...X264, '-crf', 'abc'],
      ['-c:v', 'libx264', '-preset', 'hasty'],
      [...X264, '-pix_fmt', 'nosuchformat'],
    ]) {
      const codes = await everyBuildSays((build) => failing(build, { encode }));
      expect(codes).toEqual(new Set(['invalid-argument']));
    }
  });

  it('a filter that is not there', async () => {
    const codes = await everyBuildSays((build) =>
      failing(build, { encode: [...X264, '-vf', 'nosuchfilter'] }),
    );
    expect(codes).toEqual(new Set(['filter-graph-failed']));
  });

  it('a source that is missing, a folder, garbage, or cut off before its index', async () => {
    const garbage = join(folder, 'garbage.mp4');
    writeFileSync(garbage, Buffer.alloc(20_000, 'nothing of a film '));
    const whole = join(folder, 'whole.mp4');
    const maker = chooseBuild(builds, { encoder: 'libx264' });
    execFileSync(maker?.ffmpegPath ?? '', ['-v', 'error', '-y', '-i', source, '-c', 'copy', whole]);
    const cut = join(folder, 'cut.mp4');
    writeFileSync(cut, readFileSync(whole).subarray(0, statSync(whole).size / 2));
    for (const [input, code] of [
      [join(folder, 'missing.mkv'), 'source-not-found'],
      [folder, 'source-is-a-folder'],
      [garbage, 'source-corrupt'],
      [cut, 'source-corrupt'],
    ] as const) {
      const codes = await everyBuildSays((build) => failing(build, { input, encode: X264 }));
      expect([input, codes]).toEqual([input, new Set([code])]);
    }
  });

  it('a source of a format that is not allowed', async () => {
    const codes = await everyBuildSays((build) =>
      failing(build, { before: ['-format_whitelist', 'mov'], encode: X264 }),
    );
    expect(codes).toEqual(new Set(['source-unsupported']));
  });

  it('a source without the stream that was asked for', async () => {
    const codes = await everyBuildSays((build) => failing(build, { encode: ['-map', '0:v:7', ...X264] }));
    expect(codes).toEqual(new Set(['source-changed']));
  });

  it('an output folder that is not there', async () => {
    const output = join(folder, 'no-folder', 'out.mp4');
    const codes = await everyBuildSays((build) => failing(build, { output, encode: X264 }));
    expect(codes).toEqual(new Set(['output-folder-missing']));
  });

  it('an output folder that is read-only', async () => {
    const readOnly = mountSmallDisk('read-only', 'ro');
    if (readOnly === null) return console.warn('Not proven: no permission to mount a read-only disk.');
    const output = join(readOnly, 'out.mp4');
    const codes = await everyBuildSays((build) => failing(build, { output, encode: X264 }));
    expect(codes).toEqual(new Set(['output-not-writable']));
  });

  it('a full disk', async () => {
    const small = mountSmallDisk('small', 'size=64k');
    if (small === null) return console.warn('Not proven: no permission to mount a small disk.');
    const output = join(small, 'out.mp4');
    const codes = await everyBuildSays((build) => failing(build, { output, encode: [...X264, '-crf', '1'] }));
    expect(codes).toEqual(new Set(['no-space']));
  });

  it('a kill', async () => {
    const [build] = builds;
    const child = await host.exec({
      file: build?.ffmpegPath ?? '',
      args: [
        '-nostdin',
        '-v',
        'error',
        '-re',
        '-f',
        'lavfi',
        '-i',
        'testsrc2=duration=60',
        '-f',
        'null',
        '-',
      ],
    });
    child.kill('force');
    const found = classifyFailure({ exit: await child.done, stderr: [], sourcePath: '', outputPath: '' });
    expect(found.code).toBe('out-of-memory');
  });
});
