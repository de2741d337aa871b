import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FfmpegBuild } from '../../src/common/device.ts';
import { CPU_DEVICE_ID } from '../../src/common/ids.ts';
import type { PresetOverrides } from '../../src/common/job.ts';
import { ProblemError, problem } from '../../src/common/problem.ts';
import { type SourceInfo, streamsOf } from '../../src/common/source.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { runCommand } from '../../src/engine/hosts/run-command.ts';
import { planEncode } from '../../src/engine/media/encode-plan.ts';
import type { CpuEncoder, EncodePlan } from '../../src/engine/media/encode-request.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { inspectSource } from '../../src/engine/media/inspect-source.ts';
import { applyOverrides, BUILT_IN_PRESETS } from '../../src/engine/media/presets.ts';
import { verifyOutput } from '../../src/engine/media/verify-output.ts';
import { makeClip, measure, testFfmpeg, testFfprobe } from '../support/clips.ts';
import { AWKWARD_NAMES } from './hard-sources/awkward-names.ts';
import type { HardSource, Outcome } from './hard-sources/hard-source.ts';
import { HARD_SOURCES } from './hard-sources/table.ts';

const ENCODERS: Record<string, CpuEncoder> = { h264: 'libx264', hevc: 'libx265', av1: 'libsvtav1' };

const host = new LocalHost();
const root = mkdtempSync(join(tmpdir(), 'gantry-hard-'));
/** Builds that have every encoder that the table asks for; the first runs the whole table. */
const builds = (await discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env })).filter(
  (build) => build.problem === null && Object.values(ENCODERS).every((name) => build.encoders.includes(name)),
);

beforeAll(() => {
  if (builds.length === 0) throw new Error('These tests need an ffmpeg with libx264, libx265 and libsvtav1.');
});

afterAll(async () => {
  rmSync(root, { recursive: true, force: true });
  await host.dispose();
});

interface Made {
  readonly plan: EncodePlan;
  readonly path: string;
  readonly output: SourceInfo;
}

/** Inspects, plans, encodes and verifies, as a job does. */
async function encode(
  build: FfmpegBuild,
  source: string,
  presetId: string,
  overrides: PresetOverrides,
): Promise<Made> {
  const preset = BUILT_IN_PRESETS.find((entry) => entry.id === presetId);
  if (!preset) throw new Error(`no preset ${presetId}`);
  const recipe = applyOverrides(preset, overrides);
  const encoder = ENCODERS[recipe.video.codec] ?? 'libx264';
  // As awkward as the source's own folder: a path that ffmpeg might read as something else.
  const folder = mkdtempSync(join(root, "out it's [0:v], 100%-"));
  const path = join(folder, `result.${recipe.container}.partial`);
  const plan = planEncode({
    preset: recipe,
    source: await inspectSource(host, testFfprobe, source),
    target: { kind: 'cpu', deviceId: CPU_DEVICE_ID, encoder },
    build,
    outputPath: path,
    statsPath: join(folder, 'pass'),
  });
  for (const command of [plan.prepare, plan.encode]) {
    if (command === null) continue;
    const run = await runCommand(host, command, { timeoutMs: 60_000 });
    if (run.exitCode !== 0) {
      throw problem('encode-failed', `ffmpeg exited with ${run.exitCode}: ${run.stderr}`, '');
    }
  }
  await verifyOutput(host, testFfprobe, path, plan.expected);
  return { plan, path, output: await inspectSource(host, testFfprobe, path) };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemError)) throw error ?? new Error('it was encoded');
  expect(error.problem.nextStep).not.toBe('');
  return error.problem.code;
}

function makeSource(hard: HardSource): string {
  const folder = mkdtempSync(join(root, 'source-'));
  const path = join(folder, hard.file);
  hard.make(path, folder);
  return path;
}

/** Start of the first packet of a stream, in milliseconds. */
function startMs(path: string, specifier: string): number {
  const args = [
    '-v',
    'error',
    '-select_streams',
    specifier,
    '-show_entries',
    'stream=start_time',
    '-of',
    'csv=p=0',
  ];
  const { stdout } = spawnSync(testFfprobe, [...args, `file:${path}`], { encoding: 'utf8' });
  return Number.parseFloat(stdout) * 1000;
}

/** The colour in a corner of the first frame. */
function cornerColor(path: string, corner: 'top-left' | 'bottom-left'): string {
  const crop = `crop=8:8:0:${corner === 'top-left' ? '0' : 'ih-8'},scale=1:1,format=rgb24`;
  const { stdout } = spawnSync(
    testFfmpeg,
    ['-v', 'error', '-i', `file:${path}`, '-frames:v', '1', '-vf', crop, '-f', 'rawvideo', '-'],
    { encoding: 'buffer' },
  );
  const [red = 0, , blue = 0] = stdout;
  if (red > 200 && blue < 60) return 'red';
  return blue > 200 && red < 60 ? 'blue' : `rgb(${[...stdout].join()})`;
}

function expectOutcome({ plan, path, output }: Made, outcome: Outcome): void {
  const whole = measure(path);
  const video = streamsOf(output, 'video');
  const film = video[0];
  if (!film) throw new Error('no video');
  const words = (...parts: (string | number | null)[]) => parts.map((part) => part ?? '-').join(' ');
  expect(video).toHaveLength(1);
  expect(whole.frames).toBe(outcome.frames);
  expect(Math.abs((output.durationMs ?? 0) - outcome.durationMs), `${output.durationMs} ms`).toBeLessThan(60);
  expect(`${film.width}x${film.height}`).toBe(outcome.size);
  expect(`${film.sampleAspectRatio.num}:${film.sampleAspectRatio.den}`).toBe(outcome.pixelAspect ?? '1:1');
  expect(film.rotationDegrees).toBe(0);
  expect(film.pixelFormat).toBe(outcome.pixelFormat ?? (film.bitDepth === 10 ? 'yuv420p10le' : 'yuv420p'));
  expect(streamsOf(output, 'audio').map((a) => words(a.codec, a.channels, a.language, a.title))).toEqual(
    outcome.audio ?? [],
  );
  expect(streamsOf(output, 'subtitle').map((s) => words(s.codec, s.language))).toEqual(
    outcome.subtitles ?? [],
  );
  expect(streamsOf(output, 'cover-art').map((c) => c.codec)).toEqual(outcome.cover ? [outcome.cover] : []);
  expect(output.chapters.map((chapter) => chapter.title)).toEqual(outcome.chapters ?? []);
  const notes = plan.notes.map((note) => `${note.kind} ${note.action} ${note.reason}`);
  expect(notes).toHaveLength(outcome.notes?.length ?? 0);
  for (const [index, pattern] of (outcome.notes ?? []).entries()) expect(notes[index]).toMatch(pattern);

  if (outcome.forcedSubtitles !== undefined) {
    expect(streamsOf(output, 'subtitle').filter((s) => s.isForced)).toHaveLength(outcome.forcedSubtitles);
  }
  if (outcome.attachments) {
    const attached = output.streams.flatMap((s) => (s.kind === 'attachment' ? [s.fileName] : []));
    expect(attached).toEqual(outcome.attachments);
  }
  if (outcome.dataStreams) {
    const data = output.streams.flatMap((s) => (s.kind === 'data' ? [s.codec] : []));
    expect(data).toEqual(outcome.dataStreams);
  }
  if (outcome.isVariableFrameRate !== undefined) {
    expect(film.isVariableFrameRate).toBe(outcome.isVariableFrameRate);
  }
  if (outcome.frameRate) expect(`${film.frameRate?.num}/${film.frameRate?.den}`).toBe(outcome.frameRate);
  if (outcome.fieldOrder) expect(film.fieldOrder).toBe(outcome.fieldOrder);
  if (outcome.colors) {
    expect(words(film.colorPrimaries, film.colorTransfer, film.colorSpace)).toBe(outcome.colors);
  }
  if (outcome.hasHdr10Metadata !== undefined) {
    expect(film.masteringDisplay !== null).toBe(outcome.hasHdr10Metadata);
    expect(film.contentLight).toEqual(outcome.hasHdr10Metadata ? { maxCll: 1000, maxFall: 400 } : null);
  }
  if (outcome.corner) expect(cornerColor(path, outcome.corner[0])).toBe(outcome.corner[1]);
  for (const [tag, value] of Object.entries(outcome.tags ?? {})) {
    expect(Object.entries(output.tags).find(([name]) => name.toLowerCase() === tag)?.[1]).toBe(value);
  }
  if (outcome.soundDelayMs !== undefined) {
    const delay = startMs(path, 'a:0') - startMs(path, 'v:0');
    expect(Math.abs(delay - outcome.soundDelayMs), `${delay} ms`).toBeLessThan(60);
  }
}

describe.each(builds.map((build, index) => ({ build, index })))(
  'ffmpeg $build.version',
  ({ build, index }) => {
    const rows = HARD_SOURCES.filter((hard) => index === 0 || hard.onEveryBuild === true);

    it.each(rows)('$claim ($file, $preset)', async (hard) => {
      const source = makeSource(hard);
      const work = encode(build, source, hard.preset, hard.set ?? {});
      if (typeof hard.becomes === 'string') {
        expect(await codeOf(work)).toBe(hard.becomes);
      } else {
        expectOutcome(await work, hard.becomes);
      }
    });

    it.each(AWKWARD_NAMES)('a file named %j is just a file', async (name) => {
      const folder = mkdtempSync(join(root, 'name-'));
      const path = join(folder, name);
      const plain = join(folder, 'plain.mkv');
      if (!existsSync(plain)) makeClip(plain, { seconds: 1, size: '160x90' });
      mkdirSync(join(path, '..'), { recursive: true });
      await host.files.publish(plain, path, { overwrite: false });
      const made = await encode(build, path, 'preview-480p', {});
      expect(made.output.streams.map((stream) => stream.kind)).toEqual(['video', 'audio']);
      expect(measure(made.path).frames).toBe(25);
    });
  },
);
