import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProblemError } from '../../src/common/problem.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { runCommand } from '../../src/engine/hosts/run-command.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { ALLOWED_DEMUXERS, inputArgs } from '../../src/engine/media/input-args.ts';
import { inspectSource } from '../../src/engine/media/inspect-source.ts';
import { makeClip, testFfprobe } from '../support/clips.ts';

const host = new LocalHost();
const folder = mkdtempSync(join(tmpdir(), 'gantry-untrusted-'));
const secret = join(folder, 'secret.mp4');
const builds = (await discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env })).filter(
  (build) => build.problem === null,
);
const requests: string[] = [];
const server = createServer((request, response) => {
  requests.push(request.url ?? '');
  response.end();
});
let port = 0;

beforeAll(async () => {
  makeClip(secret, { seconds: 1, size: '160x90' });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(async () => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
  await host.dispose();
});

/** Files that hold no video but say where to find one. */
const POINTERS: readonly { name: string; text: () => string }[] = [
  {
    name: 'hls.mp4',
    text: () => `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${secret}\n#EXT-X-ENDLIST\n`,
  },
  {
    name: 'hls.m3u8',
    text: () => `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${secret}\n#EXT-X-ENDLIST\n`,
  },
  {
    name: 'hls-http.m3u8',
    text: () =>
      `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:${port}/segment.ts\n#EXT-X-ENDLIST\n`,
  },
  { name: 'concat.mp4', text: () => `ffconcat version 1.0\nfile '${secret}'\n` },
  { name: 'concat.ffconcat', text: () => `ffconcat version 1.0\nfile http://127.0.0.1:${port}/a.mp4\n` },
  {
    name: 'dash.mpd',
    text: () =>
      `<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S" ` +
      `profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet><Representation id="1">` +
      `<BaseURL>http://127.0.0.1:${port}/v.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>\n`,
  },
];

describe('a file that only points at others', () => {
  it.each(POINTERS)('$name is refused as a playlist', async ({ name, text }) => {
    const path = join(folder, name);
    writeFileSync(path, text());
    const error = await inspectSource(host, testFfprobe, path).catch((thrown: unknown) => thrown);
    if (!(error instanceof ProblemError)) throw new Error('it was read');
    expect(error.problem.code).toBe('source-unsupported');
    expect(error.problem.message).toContain('playlist');
    expect(error.problem.nextStep).toContain('Add the media files that it names');
  });

  it.each(builds.flatMap((build) => POINTERS.map((pointer) => ({ build, ...pointer }))))(
    'ffmpeg $build.version does not follow $name either',
    async ({ build, name, text }) => {
      const path = join(folder, name);
      writeFileSync(path, text());
      const output = join(folder, 'leak.mkv');
      const args = [
        '-v',
        'verbose',
        '-nostdin',
        '-y',
        ...inputArgs(path),
        '-c',
        'copy',
        '-f',
        'matroska',
        output,
      ];
      const run = await runCommand(host, { file: build.ffmpegPath, args });
      expect(run.exitCode).not.toBe(0);
      expect(run.stderr).not.toMatch(/Opening '.*(secret|segment|a\.mp4|v\.mp4)/);
      expect(await host.files.stat(output)).toBeNull();
    },
  );

  it('would be followed by an ffmpeg without these limits', async () => {
    const path = join(folder, 'hls.m3u8');
    const [build] = builds;
    if (!build) throw new Error('These tests need an ffmpeg.');
    const args = ['-v', 'verbose', '-nostdin', '-i', path, '-f', 'null', '-'];
    const run = await runCommand(host, { file: build.ffmpegPath, args });
    expect(run.stderr).toMatch(/Opening '.*secret/);
  });

  it('nothing was asked of the network', () => {
    expect(requests).toEqual([]);
  });
});

describe('the list of allowed formats', () => {
  it('holds none that opens other files, runs programs or makes pictures of text', () => {
    const dangerous =
      'concat hls dash imf sdp rtsp rtp lavfi avisynth vapoursynth image2 tty vobsub libgme'.split(' ');
    for (const name of dangerous) expect(ALLOWED_DEMUXERS).not.toContain(name);
    expect(ALLOWED_DEMUXERS.filter((name) => name.endsWith('_pipe'))).toEqual([]);
  });

  it.each(builds)('is understood by ffmpeg $version', async (build) => {
    const args = ['-v', 'error', '-nostdin', ...inputArgs(secret), '-f', 'null', '-'];
    const run = await runCommand(host, { file: build.ffmpegPath, args });
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: '' });
  });
});
