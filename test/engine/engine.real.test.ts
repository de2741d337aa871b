import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EventBatch } from '../../src/common/events.ts';
import type { NewJobInput } from '../../src/common/job.ts';
import { toProblem } from '../../src/common/problem.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { makeClip, measure } from '../support/clips.ts';
import { openEngine, type TestEngine, temporaryFolder } from '../support/engine.ts';
import { processesMentioning, waitFor } from '../support/processes.ts';

const folder = temporaryFolder('engine');
const short = join(folder.path, 'short.mp4');
const long = join(folder.path, 'long.mp4');
let count = 0;
let current: TestEngine | null = null;

beforeAll(() => {
  makeClip(short, { seconds: 1 });
  makeClip(long, { seconds: 30, size: '640x480' });
});
afterEach(async () => {
  await current?.engine.stop();
  current = null;
});
afterAll(() => folder.remove());

const newFolder = (name: string) => join(folder.path, `${name}-${++count}`);
/** Slow enough that there is time to meddle with it. */
const slow = (out: string): NewJobInput => ({
  source: long,
  preset: 'hevc',
  overrides: { 'video.effort': 'slow' },
  output: { folder: out },
});
const quick = (out: string, more: Partial<NewJobInput> = {}): NewJobInput => ({
  source: short,
  preset: 'preview-480p',
  output: { folder: out },
  ...more,
});

async function open(home = newFolder('home'), cpuSlots = 1): Promise<TestEngine> {
  current = await openEngine(home);
  await current.engine.backend.settings.update({ cpuSlots }, {});
  return current;
}

describe('a job', () => {
  it('goes in as a file and comes out encoded, the source untouched', async () => {
    const { engine, add, until } = await open();
    const out = newFolder('out');
    const before = statSync(short);
    engine.start();
    const [id] = await add(quick(out));
    if (id === undefined) throw new Error('no job');
    const job = await until(id, 'done', 'failed');
    expect(job.error).toBeNull();
    expect(job.output?.path).toBe(join(out, 'short-preview-480p.mp4'));
    const made = measure(job.output?.path ?? '');
    expect(made).toMatchObject({ frames: 25, streams: ['video', 'audio'], codecs: ['h264', 'aac'] });
    expect(job.output?.sizeBytes).toBe(statSync(job.output?.path ?? '').size);
    expect(job.attempts).toHaveLength(1);
    expect(job.attempts[0]).toMatchObject({ device: 'cpu', exitCode: 0, error: null });
    expect(job.attempts[0]?.argv).toContain('libx264');
    expect(job.metadata).toMatchObject({ gpuEnabled: false, gpuDevice: null });
    expect(job.metadata?.processingSpeed).toBeGreaterThan(0);
    expect(readdirSync(out)).toEqual(['short-preview-480p.mp4']);
    expect(statSync(short).mtimeMs).toBe(before.mtimeMs);
  });

  it('says in its metadata that the CPU stood in for a GPU, unless the CPU was asked for', async () => {
    const { engine, add, until } = await open();
    // Whatever this machine has, the test sees none.
    const out = newFolder('out');
    engine.start();
    const [auto, cpu] = await add(quick(out), quick(out, { device: 'cpu' }));
    if (auto === undefined || cpu === undefined) throw new Error('no jobs');
    const fallen = (await until(auto, 'done', 'failed')).metadata;
    if (fallen?.gpuEnabled === false) {
      expect(fallen.gpuFallback).toBe(true);
      expect(fallen.fallbackReason).toMatch(/\w/);
    }
    expect((await until(cpu, 'done', 'failed')).metadata).toMatchObject({
      gpuFallback: false,
      fallbackReason: null,
    });
  });

  it('gets a free name instead of replacing a file, and replaces one when told', async () => {
    const { engine, add, until } = await open();
    const out = newFolder('out');
    engine.start();
    const ids = await add(quick(out), quick(out), quick(out));
    const names = [];
    for (const id of ids) names.push((await until(id, 'done', 'failed')).output?.path);
    expect(names.toSorted()).toEqual(
      ['short-preview-480p (2).mp4', 'short-preview-480p (3).mp4', 'short-preview-480p.mp4'].map((n) =>
        join(out, n),
      ),
    );
    const [again] = await add(quick(out, { output: { folder: out, onExisting: 'overwrite' } }));
    if (again === undefined) throw new Error('no job');
    expect((await until(again, 'done', 'failed')).output?.path).toBe(join(out, 'short-preview-480p.mp4'));
    expect(readdirSync(out)).toHaveLength(3);
  });

  it('never replaces its own source', async () => {
    const { engine, add, until } = await open();
    const out = newFolder('out');
    const source = join(folder.path, 'same.mp4');
    makeClip(source, { seconds: 1 });
    engine.start();
    const [id] = await add(
      quick(out, { source, output: { folder: folder.path, template: '{name}', onExisting: 'overwrite' } }),
    );
    if (id === undefined) throw new Error('no job');
    const job = await until(id, 'done', 'failed');
    expect(job.error?.code).toBe('output-is-source');
    expect(measure(source).frames).toBe(25);
  });

  it('is skipped or fails when its name is taken and it was told so', async () => {
    const { engine, add, until } = await open();
    const out = newFolder('out');
    engine.start();
    const [first] = await add(quick(out));
    if (first === undefined) throw new Error('no job');
    await until(first, 'done');
    const [skip, fail] = await add(
      quick(out, { output: { folder: out, onExisting: 'skip' } }),
      quick(out, { output: { folder: out, onExisting: 'fail' } }),
    );
    if (skip === undefined || fail === undefined) throw new Error('no jobs');
    expect((await until(skip, 'cancelled', 'done', 'failed')).error?.code).toBe('output-exists');
    expect((await until(fail, 'failed', 'done')).error?.code).toBe('output-exists');
  });

  it('encodes in two passes at a bit rate and leaves no statistics behind', async () => {
    const { engine, add, until, home } = await open();
    const out = newFolder('out');
    engine.start();
    const [id] = await add(
      quick(out, { preset: 'h264', overrides: { 'video.rate.bitRateBps': 500_000 }, device: 'cpu' }),
    );
    if (id === undefined) throw new Error('no job');
    const job = await until(id, 'done', 'failed');
    expect(job.error).toBeNull();
    expect(job.attempts[0]?.argv.join(' ')).toContain('-pass:v:0 2');
    expect(readdirSync(out)).toHaveLength(1);
    expect(existsSync(join(home, 'work', id))).toBe(false);
  });
});

describe('a running job', () => {
  it('stands still when paused, lets the next one run, and goes on where it was', async () => {
    const { engine, add, job, until, untilMoving } = await open();
    const out = newFolder('out');
    engine.start();
    const [id, next] = await add(slow(out), quick(out));
    if (id === undefined || next === undefined) throw new Error('no jobs');
    await untilMoving(id);
    engine.backend.jobs.pause({ ids: [id] }, {});
    expect(job(id).status).toBe('paused');
    await until(next, 'done');
    const { fraction } = job(id).progress;
    await sleep(700);
    expect(job(id).progress.fraction).toBe(fraction);
    engine.backend.jobs.resume({ ids: [id] }, {});
    expect(job(id).status).toBe('running');
    await waitFor(() => job(id).progress.fraction > fraction, 30, 'the job to go on');
    expect(job(id).attempts).toHaveLength(1);
    engine.backend.jobs.cancel({ ids: [id] }, {});
  });

  it('ends at once when cancelled and leaves nothing behind', async () => {
    const { engine, add, job, untilMoving } = await open();
    const out = newFolder('out');
    engine.start();
    const [id] = await add(slow(out));
    if (id === undefined) throw new Error('no job');
    await untilMoving(id);
    engine.backend.jobs.cancel({ ids: [id] }, {});
    expect(job(id).status).toBe('cancelled');
    await waitFor(() => readdirSync(out).length === 0, 20, 'the partial output to go');
    expect(processesMentioning(out)).toEqual([]);
  });

  it('runs again when retried after it was cancelled', async () => {
    const { engine, add, until, untilMoving } = await open();
    const out = newFolder('out');
    engine.start();
    const [id] = await add({ ...slow(out), overrides: { 'video.effort': 'fastest' } });
    if (id === undefined) throw new Error('no job');
    await untilMoving(id);
    engine.backend.jobs.cancel({ ids: [id] }, {});
    engine.backend.jobs.retry({ ids: [id] }, {});
    const job = await until(id, 'done', 'failed');
    expect(job.error).toBeNull();
    expect(readdirSync(out)).toHaveLength(1);
  });

  it('is gone with its partial output when removed', async () => {
    const { engine, add, untilMoving } = await open();
    const out = newFolder('out');
    engine.start();
    const [id] = await add(slow(out));
    if (id === undefined) throw new Error('no job');
    await untilMoving(id);
    await engine.backend.jobs.remove({ ids: [id] }, {});
    expect(readdirSync(out)).toEqual([]);
    expect(() => engine.backend.jobs.show({ id }, {})).toThrow(/no job/);
  });

  it('goes back to the queue when the engine stops, and the next engine finishes it', async () => {
    const home = newFolder('home');
    const out = newFolder('out');
    const first = await open(home);
    first.engine.start();
    const [id] = await first.add({ ...slow(out), overrides: { 'video.effort': 'fastest' } });
    if (id === undefined) throw new Error('no job');
    await first.untilMoving(id);
    await first.engine.stop();
    expect(readdirSync(out)).toEqual([]);
    const second = await open(home);
    expect(second.job(id).status).toBe('queued');
    second.engine.start();
    expect((await second.until(id, 'done', 'failed')).error).toBeNull();
  });
});

describe('a damaged source', () => {
  it('does not pass for a whole one: what could not be read is told, or the job fails', async () => {
    const { engine, add, until } = await open();
    const out = newFolder('out');
    const whole = join(folder.path, 'whole.mkv');
    makeClip(whole, { seconds: 4 });
    const bytes = readFileSync(whole);
    const nearlyWhole = join(folder.path, 'nearly.mkv');
    const half = join(folder.path, 'half.mkv');
    writeFileSync(nearlyWhole, bytes.subarray(0, Math.floor(bytes.length * 0.97)));
    writeFileSync(half, bytes.subarray(0, Math.floor(bytes.length * 0.5)));
    engine.start();
    const [nearlyId, halfId] = await add(quick(out, { source: nearlyWhole }), quick(out, { source: half }));
    if (nearlyId === undefined || halfId === undefined) throw new Error('no jobs');
    const nearly = await until(nearlyId, 'done', 'failed');
    if (nearly.status === 'done') {
      expect(nearly.output?.notes[0]?.reason).toContain('Parts of the source could not be read');
    }
    expect((await until(halfId, 'done', 'failed')).error?.code).toBe('output-incomplete');
  });
});

describe('the queue', () => {
  it('starts nothing while paused, also after a restart', async () => {
    const home = newFolder('home');
    const out = newFolder('out');
    const first = await open(home);
    first.engine.start();
    await first.engine.backend.queue.pause({ now: true }, {});
    const [id] = await first.add(quick(out));
    if (id === undefined) throw new Error('no job');
    await first.engine.stop();
    const second = await open(home);
    second.engine.start();
    await sleep(1500);
    expect(second.job(id).status).toBe('queued');
    await second.engine.backend.queue.resume(undefined, {});
    await second.until(id, 'done');
  });

  it('runs jobs by priority, then in the order that a person gave them', async () => {
    const { engine, add, until, job } = await open();
    const out = newFolder('out');
    await engine.backend.queue.pause({ now: true }, {});
    engine.start();
    const ids = await add(quick(out), quick(out), quick(out), quick(out, { priority: 5 }));
    const [a, b, c, urgent] = ids;
    if (a === undefined || b === undefined || c === undefined || urgent === undefined)
      throw new Error('no jobs');
    engine.backend.jobs.reorder({ ids: [c], before: a }, {});
    await engine.backend.queue.resume(undefined, {});
    for (const id of ids) await until(id, 'done');
    const began = ids.toSorted((x, y) => (job(x).startedAt ?? '').localeCompare(job(y).startedAt ?? ''));
    expect(began).toEqual([urgent, c, a, b]);
  });

  it('is worked on in part when told so, and what is added meanwhile is part of it', async () => {
    const { engine, add, until, job } = await open();
    const out = newFolder('out');
    const [older] = await add(quick(out));
    const [mine] = await add(quick(out));
    if (older === undefined || mine === undefined) throw new Error('no jobs');
    engine.start({ onlyJobs: new Set([mine]) });
    await until(mine, 'done');
    const [added] = await add(quick(out));
    if (added === undefined) throw new Error('no job');
    await until(added, 'done');
    expect(job(older).status).toBe('queued');
    expect(job(older).sourceSummary).toBeNull();
  });

  it('says what a job waits for that wants a GPU where there is none', async () => {
    const { engine, add, job } = await open();
    engine.start();
    const [id] = await add(
      quick(newFolder('out'), { device: 'GPU-00000000-0000-0000-0000-000000000000' as 'auto' }),
    );
    if (id === undefined) throw new Error('no job');
    await waitFor(
      () => job(id).waitingFor?.includes('which is not here'),
      30,
      'the job to say what it waits for',
    );
    expect(job(id).status).toBe('queued');
  });

  it('tells subscribers what happens, in at most ten batches a second', async () => {
    const { engine, add, until } = await open();
    const out = newFolder('out');
    const stop = new AbortController();
    const batches: { at: number; batch: EventBatch }[] = [];
    const reading = (async () => {
      for await (const batch of engine.backend.events.subscribe(undefined, { signal: stop.signal })) {
        batches.push({ at: performance.now(), batch });
      }
    })().catch(() => {});
    engine.start();
    const ids = await add(quick(out), quick(out), quick(out));
    for (const id of ids) await until(id, 'done');
    await sleep(300);
    stop.abort();
    await reading;
    expect(batches[0]?.batch.reset).toBe(true);
    const last = new Map(batches.flatMap(({ batch }) => batch.jobs.map((j) => [j.id, j.status] as const)));
    expect(ids.map((id) => last.get(id))).toEqual(['done', 'done', 'done']);
    for (const { at } of batches) {
      const within = batches.filter((other) => other.at >= at && other.at < at + 1000).length;
      expect(within).toBeLessThanOrEqual(11);
    }
  });

  it('lets what runs end when it is to finish, and starts nothing more', async () => {
    const { engine, add, job, untilMoving } = await open();
    const out = newFolder('out');
    engine.start();
    const [running, waiting] = await add(
      { ...slow(out), overrides: { 'video.effort': 'fastest' } },
      quick(out),
    );
    if (running === undefined || waiting === undefined) throw new Error('no jobs');
    await untilMoving(running);
    await engine.finish();
    expect(job(running).status).toBe('done');
    expect(job(waiting).status).toBe('queued');
  });

  it('refuses settings that would make every later job fail, and changes only what is named', async () => {
    const { engine } = await open();
    const { settings } = engine.backend;
    const codeOf = (patch: Parameters<typeof settings.update>[0]) =>
      Promise.resolve(settings.update(patch, {})).then(
        () => 'accepted',
        (error: unknown) => toProblem(error).code,
      );
    expect(await codeOf({ defaultPreset: 'nope' })).toBe('preset-not-found');
    expect(await codeOf({ output: { folder: 'relative/x' } })).toBe('invalid-request');
    expect(await codeOf({ ffmpegPath: join(folder.path, 'no-ffmpeg') })).toBe('invalid-request');
    await settings.update({ output: { onExisting: 'fail', template: '{name}-Q' } }, {});
    await settings.update({ output: { folder: folder.path } }, {});
    expect((await settings.get(undefined, {})).output).toEqual({
      folder: folder.path,
      template: '{name}-Q',
      onExisting: 'fail',
    });
  });

  it('belongs to one engine at a time, and says to which', async () => {
    const home = newFolder('home');
    await open(home);
    const second = await createEngine({
      home,
      env: process.env,
      version: '0.0.0-test',
      command: 'second',
      staticFolder: null,
      appFolder: folder.path,
    });
    expect(second).toMatchObject({ heldBy: { pid: process.pid, command: 'test' } });
  });
});
