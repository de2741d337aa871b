import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FfmpegBuild } from '../../src/common/device.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import {
  chooseBuild,
  configuredFfprobeProblem,
  discoverBuilds,
  type FfmpegConfig,
} from '../../src/engine/media/ffmpeg-builds.ts';

const host = new LocalHost();
let folder: string;
/** A build that works here, whichever that is: `npm ci` brings one. */
let good: FfmpegBuild;

function discover(config: Partial<FfmpegConfig> = {}): Promise<FfmpegBuild[]> {
  return discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env, ...config });
}

/** A program that prints what it is told, in place of a build that is not here. */
function standIn(name: string, script: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-builds-'));
  const found = chooseBuild(await discover(), { encoder: 'libx264' });
  if (!found) throw new Error('These tests need one working ffmpeg with libx264; npm ci installs one.');
  good = found;
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await host.dispose();
});

describe('discoverBuilds', () => {
  it('finds the npm builds with nothing configured and nothing on PATH', async () => {
    const builds = await discover({ env: {} });
    expect(builds.length).toBeGreaterThan(0);
    for (const build of builds) {
      expect(build).toMatchObject({ origin: 'npm', problem: null });
      expect(build.encoders).toContain('libx264');
      expect(build.filters).toContain('scale');
      expect(build.ffprobePath).not.toBeNull();
    }
    expect(new Set(builds.map((build) => build.id)).size).toBe(builds.length);
  });

  it('puts modern builds before the one of 2018, and lists each file once', async () => {
    const builds = await discover({ env: { PATH: `${process.env['PATH']}:/usr/bin:/bin` } });
    const paths = builds.map((build) => build.ffmpegPath);
    expect(new Set(paths).size).toBe(paths.length);
    const old = builds.findIndex((build) => build.ffmpegPath.includes('@ffmpeg-installer'));
    const modern = builds.findLastIndex((build) => (build.majorVersion ?? 0) >= 5);
    expect(old).toBeGreaterThan(modern);
  });

  it('gives the same build the same id every time', async () => {
    const ids = async () => (await discover()).map((build) => build.id);
    expect(await ids()).toEqual(await ids());
  });

  it('prefers what the person configured, be it a file, its folder or GANTRY_FFMPEG', async () => {
    const path = join(folder, 'mine', 'ffmpeg');
    mkdirSync(join(folder, 'mine'));
    copyFileSync(good.ffmpegPath, path);
    for (const config of [
      { ffmpegPath: path },
      { ffmpegPath: join(folder, 'mine') },
      { env: { ...process.env, GANTRY_FFMPEG: path } },
    ]) {
      const [first] = await discover(config);
      expect(first).toMatchObject({ ffmpegPath: path, origin: 'configured', problem: null });
    }
  });

  it('takes a shipped build before PATH and npm', async () => {
    const shipped = join(folder, 'app', 'resources', 'ffmpeg', `${process.platform}-${process.arch}`);
    mkdirSync(shipped, { recursive: true });
    copyFileSync(good.ffmpegPath, join(shipped, 'ffmpeg'));
    const builds = await discover({ appFolder: join(folder, 'app') });
    expect(builds[0]).toMatchObject({ origin: 'shipped', problem: null });
  });

  it('lists a configured build that does not work with its problem, and uses the next one', async () => {
    const cases = [
      { path: join(folder, 'nothing-here'), code: 'ffmpeg-missing' },
      { path: standIn('prints-nonsense', 'echo hello'), code: 'ffmpeg-broken' },
      {
        path: standIn('fails', 'echo "ffmpeg: libx.so.1: cannot open" >&2; exit 127'),
        code: 'ffmpeg-broken',
      },
    ];
    const notAProgram = join(folder, 'text.txt');
    writeFileSync(notAProgram, 'not a program');
    cases.push({ path: notAProgram, code: 'ffmpeg-broken' });
    for (const { path, code } of cases) {
      const builds = await discover({ ffmpegPath: path });
      expect(builds[0]?.problem).toBeNull();
      const listed = builds.find((build) => build.ffmpegPath === path);
      expect(listed).toMatchObject({ origin: 'configured', problem: { code } });
      expect(listed?.problem?.message).toContain(path);
      expect(listed?.problem?.nextStep).toContain('settings');
    }
  });

  it('knows a build by its file, not by its name', async () => {
    const link = join(folder, 'linked', 'ffmpeg');
    mkdirSync(join(folder, 'linked'));
    symlinkSync(good.ffmpegPath, link);
    const builds = await discover({ ffmpegPath: link });
    expect(builds.filter((build) => [link, good.ffmpegPath].includes(build.ffmpegPath))).toHaveLength(1);
  });

  it('pairs a build with the ffprobe beside it, else with the best one, and not with one that fails', async () => {
    const answer = (tool: string) =>
      `echo "${tool} version 6.1 Copyright (c) 2000-2023 the FFmpeg developers"`;
    const paired = standIn('paired/ffmpeg', answer('ffmpeg'));
    const sibling = standIn('paired/ffprobe', answer('ffprobe'));
    expect((await discover({ ffmpegPath: paired }))[0]?.ffprobePath).toBe(sibling);

    const lonely = standIn('lonely/ffmpeg', answer('ffmpeg'));
    const [first] = await discover({ ffmpegPath: lonely });
    expect(first?.ffprobePath).toBe(good.ffprobePath);

    const unlucky = standIn('unlucky/ffmpeg', answer('ffmpeg'));
    standIn('unlucky/ffprobe', 'exit 1');
    expect((await discover({ ffmpegPath: unlucky }))[0]?.ffprobePath).toBe(good.ffprobePath);
  });

  it('takes the newest ffprobe where none was chosen', async () => {
    const older = standIn(
      'older/ffprobe',
      'echo "ffprobe version 4.0 Copyright (c)"; echo "libavformat    58. 12.100"',
    );
    const newer = standIn(
      'newer/ffprobe',
      'echo "ffprobe version 99.0 Copyright (c)"; echo "libavformat    99. 12.100"',
    );
    const path = [dirname(older), dirname(newer), process.env['PATH']].join(delimiter);
    const builds = await discover({ env: { ...process.env, PATH: path } });
    expect(builds[0]?.ffprobePath).toBe(newer);
  });

  it('asks a program once, and again when its file has changed', async () => {
    const counter = join(folder, 'asked');
    const answer = (version: string) =>
      `echo x >> '${counter}'; echo "ffmpeg version ${version} Copyright (c)"; echo "libavcodec     61.  1.100"`;
    const program = standIn('counted', answer('7.1'));
    const answers = new Map<string, string>();
    const cache = {
      get: (key: string) => answers.get(key) ?? null,
      set: (key: string, value: string) => void answers.set(key, value),
      clear: () => answers.clear(),
    };
    const config = { ffmpegPath: program, ffprobePath: null, env: process.env };
    const first = await discoverBuilds(host, config, cache);
    const asked = readFileSync(counter, 'utf8');
    expect(await discoverBuilds(host, config, cache)).toEqual(first);
    expect(readFileSync(counter, 'utf8')).toBe(asked);
    standIn('counted', answer('7.1.1'));
    expect((await discoverBuilds(host, config, cache))[0]?.version).toBe('7.1.1');
  });

  it('uses a configured ffprobe for every build, and reports one that does not work', async () => {
    const mine = standIn('mine-probe', 'echo "ffprobe version 6.1 Copyright (c)"');
    const builds = await discover({ ffprobePath: mine });
    expect(builds.every((build) => build.ffprobePath === mine)).toBe(true);

    const config = { ffmpegPath: null, env: process.env };
    expect(await configuredFfprobeProblem(host, { ...config, ffprobePath: mine })).toBeNull();
    expect(await configuredFfprobeProblem(host, { ...config, ffprobePath: null })).toBeNull();
    const gone = join(folder, 'no-ffprobe');
    expect(await configuredFfprobeProblem(host, { ...config, ffprobePath: gone })).toMatchObject({
      code: 'ffmpeg-missing',
    });
    expect((await discover({ ffprobePath: gone }))[0]?.ffprobePath).not.toBe(gone);
  });

  it('does not look for programs in relative folders of PATH', async () => {
    const builds = await discover({ env: { PATH: '.:bin::node_modules/.bin' } });
    expect(builds.filter((build) => build.origin === 'path')).toEqual([]);
  });
});
