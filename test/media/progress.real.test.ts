import { afterAll, expect, it } from 'vitest';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { ProgressReader, type ProgressSample } from '../../src/engine/media/progress.ts';

const host = new LocalHost();
afterAll(() => host.dispose());

it('every build here tells its progress up to the end, in frames, time and bytes', async () => {
  const all = await discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env });
  const builds = all.filter((build) => build.problem === null && build.encoders.includes('libx264'));
  expect(builds.length).toBeGreaterThan(0);
  for (const build of builds) {
    const reader = new ProgressReader({ durationMs: 4000, frameCount: null });
    const samples: ProgressSample[] = [];
    const child = await host.exec(
      {
        file: build.ffmpegPath,
        args: [
          ...['-nostdin', '-y', '-v', 'error', '-nostats', '-progress', 'pipe:1'],
          ...['-f', 'lavfi', '-i', 'testsrc2=size=256x256:rate=25:duration=4'],
          ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '3', '-f', 'matroska', '/dev/null'],
        ],
      },
      {
        onStdoutLine: (line) => {
          const sample = reader.push(line, performance.now());
          if (sample) samples.push(sample);
        },
      },
    );
    expect(await child.done).toEqual({ exitCode: 0, signal: null });
    const last = samples.at(-1);
    expect(last?.ended).toBe(true);
    expect(last?.frame).toBe(100);
    // The last frame's own duration and the encoder's delay are not always counted in.
    expect(last?.outTimeMs).toBeGreaterThan(3800);
    expect(last?.progress.fraction).toBeGreaterThan(0.95);
    expect(last?.totalSizeBytes).toBeGreaterThan(1000);
    expect(samples.slice(0, -1).some((sample) => sample.ended)).toBe(false);
  }
});
