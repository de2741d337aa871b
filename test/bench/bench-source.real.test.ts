import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FfmpegBuild } from '../../src/common/device.ts';
import { sceneGraph } from '../../src/engine/bench/bench-source.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { runCommand } from '../../src/engine/hosts/run-command.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';

const SPEC = { id: 'small', width: 320, height: 180, frameCount: 50 };
const SCENE_FRAMES = SPEC.frameCount / 5;

const host = new LocalHost();
let builds: FfmpegBuild[] = [];
beforeAll(async () => {
  const config = { ffmpegPath: null, ffprobePath: null, env: process.env, appFolder: import.meta.dirname };
  builds = (await discoverBuilds(host, config)).filter((build) => (build.majorVersion ?? 0) >= 5);
});
afterAll(() => host.dispose());

/** A sum of each frame's pixels, before any encoder has touched them. */
async function frameSums(build: FfmpegBuild): Promise<string[]> {
  const args = ['-v', 'error', '-filter_complex', sceneGraph(SPEC), '-map', '[v]', '-f', 'framemd5', '-'];
  const { stdout, stderr } = await runCommand(host, { file: build.ffmpegPath, args });
  expect(stderr).toBe('');
  return stdout
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim() ?? '');
}

describe('the generated source', () => {
  it('is the same in every build of ffmpeg since 5, frame for frame, and each time', async () => {
    const all = await Promise.all([...builds, ...builds.slice(0, 1)].map(frameSums));
    expect(all[0]).toHaveLength(SPEC.frameCount);
    for (const sums of all) expect(sums).toEqual(all[0]);
  });

  it('never shows the same picture twice: everything moves, and grain lies over it', async () => {
    const [build] = builds;
    if (!build) throw new Error('no ffmpeg since 5 here');
    expect(new Set(await frameSums(build)).size).toBe(SPEC.frameCount);
  });

  it('is cut hard from each scene to the next', async () => {
    const [build] = builds;
    if (!build) throw new Error('no ffmpeg since 5 here');
    const graph = sceneGraph(SPEC).replace('[v]', '').concat(",select='gt(scene,0.2)',showinfo[v]");
    const args = ['-v', 'info', '-filter_complex', graph, '-map', '[v]', '-f', 'null', '-'];
    const { stderr } = await runCommand(host, { file: build.ffmpegPath, args });
    const times = [...stderr.matchAll(/pts_time:([\d.]+)/g)].map(([, seconds]) => Number(seconds) * 30);
    const cuts = [1, 2, 3, 4].map((scene) => scene * SCENE_FRAMES);
    expect(times.map(Math.round)).toEqual(expect.arrayContaining(cuts));
  });
});
