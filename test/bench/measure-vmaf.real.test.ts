import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FfmpegBuild } from '../../src/common/device.ts';
import { measureVmaf } from '../../src/engine/bench/measure-vmaf.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { ffmpeg } from '../support/clips.ts';
import { temporaryFolder } from '../support/engine.ts';

const host = new LocalHost();
// A folder that a filter graph would trip over if it were written into one.
const folder = temporaryFolder("vmaf,it's:[a] folder");
const source = join(folder.path, 'source.mp4');
let builds: FfmpegBuild[] = [];

function encode(name: string, frames: number, crf: number): string {
  const path = join(folder.path, name);
  const quality = [
    '-frames:v',
    String(frames),
    '-c:v',
    'libx264',
    '-crf',
    String(crf),
    '-pix_fmt',
    'yuv420p',
  ];
  ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30', ...quality, path);
  return path;
}

beforeAll(async () => {
  mkdirSync(folder.path, { recursive: true });
  encode('source.mp4', 20, 1);
  builds = await discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env });
});
afterAll(async () => {
  await host.dispose();
  folder.remove();
});

const measure = (encoded: string) =>
  measureVmaf(
    { host, builds, folder: folder.path, threads: 2 },
    { encoded, source, frameCount: 20 },
    new AbortController().signal,
  );

describe('VMAF', () => {
  it('is near 100 for what lost nothing, less for what lost much, and leaves no report behind', async (context) => {
    if (!builds.some(({ filters }) => filters.includes('libvmaf'))) context.skip('no ffmpeg has libvmaf');
    const same = await measure(source);
    const worse = await measure(encode('worse.mp4', 20, 45));
    expect(same.vmaf).toBeGreaterThan(95);
    expect(worse.vmaf).toBeLessThan((same.vmaf ?? 0) - 10);
    expect(readdirSync(folder.path).sort()).toEqual(['source.mp4', 'worse.mp4']);
  });

  it('is not told of an encode that lacks frames', async (context) => {
    if (!builds.some(({ filters }) => filters.includes('libvmaf'))) context.skip('no ffmpeg has libvmaf');
    expect(await measure(encode('short.mp4', 12, 20))).toEqual({
      vmaf: null,
      vmafNote: 'Only 12 of 20 frames could be compared.',
    });
  });

  it('is not told of what cannot be decoded, and says so', async (context) => {
    if (!builds.some(({ filters }) => filters.includes('libvmaf'))) context.skip('no ffmpeg has libvmaf');
    const path = join(folder.path, 'broken.mp4');
    writeFileSync(path, 'not a film');
    const outcome = await measure(path);
    expect(outcome.vmaf).toBeNull();
    expect(outcome.vmafNote).toContain(': moov atom not found');
  });
});
