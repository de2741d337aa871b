import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SourceInfo } from '../../src/common/source.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { inspectSource } from '../../src/engine/media/inspect-source.ts';
import { testFfprobe } from '../support/clips.ts';
import { HARD_SOURCES } from './hard-sources/table.ts';

const host = new LocalHost();
const root = mkdtempSync(join(tmpdir(), 'gantry-inspect-'));
/** The ffprobe that npm installs, of 2023; the system's is another one. */
const npmFfprobe: string = createRequire(import.meta.url)('@ffprobe-installer/ffprobe').path;

afterAll(async () => {
  rmSync(root, { recursive: true, force: true });
  await host.dispose();
});

/** What both must agree on. Milliseconds of a container are rounded differently. */
function comparable(info: SourceInfo) {
  const whole = (ms: number | null) => (ms === null ? null : Math.round(ms / 20));
  return {
    ...info,
    durationMs: whole(info.durationMs),
    bitRateBps: null,
    streams: info.streams.map((stream) => ({
      ...stream,
      ...('durationMs' in stream ? { durationMs: whole(stream.durationMs), bitRateBps: null } : {}),
    })),
  };
}

const FILES = [
  'multi.mkv',
  'cover.mp4',
  'cover.mkv',
  'chapters.mp4',
  'turned-90.mp4',
  'hdr10.mp4',
  'interlaced.mpg',
];
const MORE_FILES = [
  'uneven.mp4',
  'ntsc.mkv',
  'offset.mkv',
  'broadcast.ts',
  'surround.mkv',
  'web.webm',
  'moving.gif',
];

describe('the ffprobe of npm and the one of the system', () => {
  it.each([...FILES, ...MORE_FILES])('tell the same of %s', async (file) => {
    const hard = HARD_SOURCES.find((entry) => entry.file === file);
    if (!hard) throw new Error(`no source ${file}`);
    const folder = mkdtempSync(join(root, 'source-'));
    const path = join(folder, file);
    hard.make(path, folder);
    const [here, npm] = [
      await inspectSource(host, testFfprobe, path),
      await inspectSource(host, npmFfprobe, path),
    ];
    expect(comparable(npm)).toEqual(comparable(here));
  });
});
