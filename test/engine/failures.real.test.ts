import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JobId } from '../../src/common/ids.ts';
import type { Job, NewJobInput } from '../../src/common/job.ts';
import { makeClip, measure } from '../support/clips.ts';
import { openEngine, type TestEngine, temporaryFolder } from '../support/engine.ts';

const folder = temporaryFolder('failures');
const clip = join(folder.path, 'clip.mp4');
const long = join(folder.path, 'long.mp4');
const mounts: string[] = [];
let current: TestEngine | null = null;
let count = 0;

beforeAll(() => {
  makeClip(clip, { seconds: 1 });
  makeClip(long, { seconds: 20, size: '640x480' });
});
afterEach(async () => {
  await current?.engine.stop();
  current = null;
});
afterAll(() => {
  for (const mount of mounts) spawnSync('umount', [mount]);
  folder.remove();
});

function mountTmpfs(options: string): string | null {
  const path = join(folder.path, `mount-${++count}`);
  mkdirSync(path);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'gantry-test', path]);
  if (status !== 0) return null;
  mounts.push(path);
  return path;
}
const small = mountTmpfs('size=256k');
const readOnly = mountTmpfs('ro');
if (small === null || readOnly === null) {
  process.stderr.write(
    'SKIPPED: the disk-full and read-only tests need the right to mount a tmpfs (root on Linux).\n',
  );
}

const quick = (out: string, more: Partial<NewJobInput> = {}): NewJobInput => ({
  source: clip,
  preset: 'preview-480p',
  output: { folder: out },
  ...more,
});
const slow = (out: string, source = long): NewJobInput => ({
  source,
  preset: 'hevc',
  overrides: { 'video.effort': 'medium' },
  output: { folder: out },
});
const newFolder = (name: string) => {
  const path = join(folder.path, `${name}-${++count}`);
  mkdirSync(path);
  return path;
};

async function open(): Promise<TestEngine> {
  current = await openEngine(newFolder('home'));
  await current.engine.backend.settings.update({ cpuSlots: 1 }, {});
  current.engine.start();
  return current;
}

async function addOne(engine: TestEngine, job: NewJobInput): Promise<JobId> {
  const [id] = await engine.add(job);
  if (id === undefined) throw new Error('no job');
  return id;
}

/** The queue is alive: another job still comes out right. */
async function expectQueueGoesOn(engine: TestEngine): Promise<void> {
  const out = newFolder('alive');
  const job = await engine.until(await addOne(engine, quick(out)), 'done', 'failed');
  expect(job.error).toBeNull();
  expect(measure(job.output?.path ?? '').frames).toBe(25);
}

function expectProblem(job: Job, code: string): void {
  expect(job.status).toBe('failed');
  expect(job.error?.code).toBe(code);
  expect(job.error?.message).toMatch(/\.$/);
  expect(job.error?.nextStep).toMatch(/\.$/);
}

describe('a failure has a typed cause, and the queue goes on', () => {
  it.skipIf(small === null)('when the disk is full', async () => {
    const engine = await open();
    const job = await engine.until(await addOne(engine, slow(small ?? '')), 'failed', 'done');
    expectProblem(job, 'no-space');
    expect(readdirSync(small ?? '')).toEqual([]);
    await expectQueueGoesOn(engine);
  });

  it.skipIf(readOnly === null)('when the folder cannot be written', async () => {
    const engine = await open();
    const job = await engine.until(await addOne(engine, quick(readOnly ?? '')), 'failed', 'done');
    expectProblem(job, 'output-not-writable');
    await expectQueueGoesOn(engine);
  });

  it('when the source is deleted before its turn', async () => {
    const engine = await open();
    const out = newFolder('out');
    const source = join(newFolder('in'), 'gone.mp4');
    makeClip(source, { seconds: 1 });
    const busy = await addOne(engine, slow(out));
    await engine.untilMoving(busy);
    const id = await addOne(engine, quick(out, { source }));
    rmSync(source);
    engine.engine.backend.jobs.cancel({ ids: [busy] }, {});
    expectProblem(await engine.until(id, 'failed', 'done'), 'source-not-found');
    await expectQueueGoesOn(engine);
  });

  it('when the source is cut short while it is encoded', async () => {
    const engine = await open();
    const out = newFolder('out');
    const source = join(newFolder('in'), 'cut.mkv');
    makeClip(source, { seconds: 20, size: '640x480' });
    const id = await addOne(engine, slow(out, source));
    await engine.untilMoving(id);
    writeFileSync(source, 'not a film any more');
    const job = await engine.until(id, 'failed', 'done');
    expectProblem(job, 'source-changed');
    expect(readdirSync(out)).toEqual([]);
    await expectQueueGoesOn(engine);
  });

  it('keeps the complete output when the source is deleted while it is encoded', async () => {
    const engine = await open();
    const out = newFolder('out');
    const source = join(newFolder('in'), 'deleted.mp4');
    makeClip(source, { seconds: 20, size: '640x480' });
    const id = await addOne(engine, { ...slow(out, source), overrides: { 'video.effort': 'fastest' } });
    await engine.untilMoving(id);
    rmSync(source);
    const job = await engine.until(id, 'failed', 'done');
    // The open file stays readable on Linux, so what comes out is whole; elsewhere the deletion itself is refused.
    expect(job.status).toBe('done');
    expect(measure(job.output?.path ?? '').frames).toBe(500);
  });

  it('when the output folder is removed while the file is written', async () => {
    const engine = await open();
    const out = newFolder('out');
    const id = await addOne(engine, { ...slow(out), overrides: { 'video.effort': 'fastest' } });
    await engine.untilMoving(id);
    rmSync(out, { recursive: true });
    expectProblem(await engine.until(id, 'failed', 'done'), 'output-folder-missing');
    await expectQueueGoesOn(engine);
  });

  it('when the output folder is a file', async () => {
    const engine = await open();
    const out = join(folder.path, 'a-file');
    writeFileSync(out, 'x');
    const job = await engine.until(await addOne(engine, quick(out)), 'failed', 'done');
    expect(job.status).toBe('failed');
    expect(['output-exists', 'output-folder-missing', 'output-not-writable']).toContain(job.error?.code);
    await expectQueueGoesOn(engine);
  });

  it('reads a source again that changed between inspection and encode', async () => {
    const engine = await open();
    const out = newFolder('out');
    const source = join(newFolder('in'), 'changing.mp4');
    makeClip(source, { seconds: 1 });
    await engine.engine.backend.queue.pause({ now: true }, {});
    const id = await addOne(engine, quick(out, { source }));
    const inspected = () => engine.job(id).sourceSummary !== null;
    while (!inspected()) await new Promise((resolve) => setTimeout(resolve, 50));
    makeClip(`${source}.new.mp4`, { seconds: 2 });
    renameSync(`${source}.new.mp4`, source);
    await engine.engine.backend.queue.resume(undefined, {});
    const job = await engine.until(id, 'failed', 'done');
    expect(job.error).toBeNull();
    expect(measure(job.output?.path ?? '').frames).toBe(50);
  });

  it('tries a stalled encode three times, then fails with the story of all three', {
    timeout: 180_000,
  }, async () => {
    const engine = await open();
    const out = newFolder('out');
    await engine.engine.backend.settings.update({ stallTimeoutSeconds: 5 }, {});
    // A stand-in ffmpeg that answers every question and then stands still in the middle of an encode.
    const standIn = join(newFolder('bin'), 'ffmpeg');
    const real = spawnSync('sh', ['-c', 'command -v ffmpeg'], { encoding: 'utf8' }).stdout.trim() || 'ffmpeg';
    writeFileSync(
      standIn,
      `#!/bin/sh\ncase "$*" in *.part*) echo frame=1; echo progress=continue; exec sleep 600;; *) exec ${real} "$@";; esac\n`,
      { mode: 0o755 },
    );
    await engine.engine.backend.settings.update({ ffmpegPath: standIn }, {});
    await engine.engine.backend.devices.refresh(undefined, {});
    const job = await engine.until(await addOne(engine, quick(out)), 'failed', 'done');
    expectProblem(job, 'encode-stalled');
    expect(job.attempts.map((a) => a.error?.code)).toEqual([
      'encode-stalled',
      'encode-stalled',
      'encode-stalled',
    ]);
    expect(readdirSync(out)).toEqual([]);
  });
});

it('a file that grows while it is encoded is not passed off as complete', async () => {
  const engine = await open();
  const out = newFolder('out');
  const source = join(newFolder('in'), 'growing.mkv');
  makeClip(source, { seconds: 20, size: '640x480' });
  const id = await addOne(engine, { ...slow(out, source), overrides: { 'video.effort': 'fastest' } });
  await engine.untilMoving(id);
  appendFileSync(source, Buffer.alloc(1024));
  expectProblem(await engine.until(id, 'failed', 'done'), 'source-changed');
});
