import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/common/job.ts';
import type { Problem } from '../../src/common/problem.ts';
import { makeClip, measure, sharedMedia } from '../support/clips.ts';
import { temporaryFolder } from '../support/engine.ts';
import { startGantry } from '../support/processes.ts';

const folder = temporaryFolder('everything');
afterAll(() => folder.remove());

interface Run {
  readonly exitCode: number | null;
  /** By path below the dropped folder. */
  readonly jobs: ReadonlyMap<string, Job>;
  readonly rejected: readonly { source: string; error: Problem }[];
}

/** `gantry encode FOLDER --json`, as a script would run it. */
async function encodeFolder(source: string, out: string): Promise<Run> {
  const child = startGantry(['encode', source, '--preset', 'preview-480p', '--out', out, '--json'], {
    GANTRY_HOME: join(out, '..', 'home'),
  });
  const jobs = new Map<string, Job>();
  const rejected: { source: string; error: Problem }[] = [];
  if (child.stdout === null) throw new Error('no stdout');
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line);
    if (event.type === 'result') jobs.set(relative(source, event.job.source), event.job);
    if (event.type === 'rejected') rejected.push(event);
  }
  return { exitCode: await ended, jobs, rejected };
}

function expectReason(job: Job | undefined): void {
  expect(job?.status).toBe('failed');
  expect(job?.error?.message).toMatch(/\.$/);
  expect(job?.error?.nextStep).toMatch(/\.$/);
}

const media = sharedMedia();
if (media === null)
  process.stderr.write('SKIPPED: the folder of real clips is absent; only made files are dropped.\n');

describe('a whole folder dropped at once', () => {
  it.skipIf(media === null)(
    'encodes every real clip and says of each other file why not',
    { timeout: 300_000 },
    async () => {
      const source = media ?? '';
      const out = join(folder.path, 'real', 'out');
      const { exitCode, jobs, rejected } = await encodeFolder(source, out);
      const files = readdirSync(source, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(source, join(entry.parentPath, entry.name)));
      expect([...jobs.keys()].toSorted()).toEqual(files.toSorted());
      expect(rejected).toEqual([]);
      const codes = Object.fromEntries(
        [...jobs].filter(([, j]) => j.status !== 'done').map(([name, j]) => [name, j.error?.code]),
      );
      expect(codes).toEqual({
        'README.md': 'source-unsupported',
        'odd/AudioVideoInterleave.avi': 'source-no-video',
        // A header and nothing else: older ffprobes call it broken, newer ones empty.
        'odd/FlashVideo.flv': expect.stringMatching(/^source-(corrupt|no-streams)$/),
        'odd/Mpeg4.mp4': 'source-no-streams',
        'odd/WindowsMediaVideo.wmv': 'source-no-video',
        'odd/gif.gif': 'source-unsupported',
        'odd/mp3.mp3': 'source-corrupt',
        'odd/mp4-with-audio.mp4': 'source-no-video',
        'odd/pdf.pdf': 'source-unsupported',
        'odd/png-truncated.png': 'source-unsupported',
        'odd/wav.wav': 'source-no-video',
      });
      for (const job of jobs.values()) {
        if (job.status !== 'done') expectReason(job);
        else expect(measure(job.output?.path ?? '').frames).toBe(measure(job.source).frames);
      }
      expect(readdirSync(out)).toHaveLength(jobs.size - Object.keys(codes).length);
      expect(exitCode).toBe(1);
    },
  );

  it('tells clips from everything else among made files', { timeout: 120_000 }, async () => {
    const source = join(folder.path, 'made', 'in');
    mkdirSync(join(source, 'deeper', 'still'), { recursive: true });
    makeClip(join(source, 'a b.mp4'), { seconds: 1 });
    makeClip(join(source, 'deeper', 'still', "it's.mkv"), { seconds: 1 });
    writeFileSync(join(source, 'empty.mp4'), '');
    writeFileSync(join(source, 'notes.txt'), 'nothing to see\n');
    writeFileSync(join(source, 'garbage.mov'), Buffer.alloc(5000, 0x5a));
    writeFileSync(join(source, '.hidden.mp4'), 'not looked at');
    const { exitCode, jobs } = await encodeFolder(source, join(folder.path, 'made', 'out'));
    const states = Object.fromEntries([...jobs].map(([name, job]) => [name, job.error?.code ?? job.status]));
    expect(states).toEqual({
      'a b.mp4': 'done',
      "deeper/still/it's.mkv": 'done',
      'empty.mp4': 'source-empty',
      'garbage.mov': 'source-unsupported',
      'notes.txt': 'source-unsupported',
    });
    expect(exitCode).toBe(1);
  });
});
