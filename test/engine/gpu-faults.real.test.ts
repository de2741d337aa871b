import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jobDetails } from '../../src/cli/text/job-text.ts';
import { CPU_DEVICE_ID, type DeviceId, type JobId } from '../../src/common/ids.ts';
import type { Job, NewJobInput } from '../../src/common/job.ts';
import type { SettingsPatch } from '../../src/common/settings.ts';
import { makeClip, measure } from '../support/clips.ts';
import { type TestEngine, temporaryFolder } from '../support/engine.ts';
import { openGpuEngine } from '../support/gpu-engine.ts';
import { waitFor } from '../support/processes.ts';
import { startVirtualMachine, type VirtualMachine, virtualGpuProblem } from '../support/virtual-gpu.ts';

const missing = virtualGpuProblem();
if (missing !== null) process.stderr.write(`SKIPPED: faults of virtual GPUs, because ${missing}.\n`);

const folder = temporaryFolder('gpu-faults');
const home = join(folder.path, 'home');
const clip = join(folder.path, 'clip.mp4');
afterAll(() => folder.remove());
beforeAll(() => {
  makeClip(clip, { seconds: 3, size: '256x256' });
});

let machine: VirtualMachine;
let engine: TestEngine & { restoreEnvironment(): void };
let runs = 0;

beforeEach(async () => {
  if (missing !== null) return;
  machine = await startVirtualMachine('two-mixed', { everyGpu: { framesPerSecond: 100 } });
  engine = await openGpuEngine(home, machine);
  engine.engine.start();
  await settings({ onGpuFailure: 'use-cpu', stallTimeoutSeconds: 5 });
  // Proven first, so that a fault meets an encode and not a probe.
  await engine.engine.backend.devices.list({}, {});
});
afterEach(async () => {
  await engine?.engine.stop();
  engine?.restoreEnvironment();
  await machine?.dispose();
});

async function settings(patch: SettingsPatch): Promise<void> {
  await engine.engine.backend.settings.update(patch, {});
}

async function add(count: number, more: Partial<NewJobInput> = {}): Promise<JobId[]> {
  runs += 1;
  return engine.add(
    ...Array.from({ length: count }, (_, n) => ({
      source: clip,
      preset: 'h264',
      output: { folder: join(folder.path, 'out'), template: `run-${runs}-${n}` },
      ...more,
    })),
  );
}

async function ended(ids: readonly JobId[]): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const id of ids) jobs.push(await engine.until(id, 'done', 'failed', 'cancelled'));
  return jobs;
}

const uuids = () => machine.machine.gpus.map(({ uuid }) => uuid);
const codesOf = (jobs: readonly Job[]) =>
  jobs.flatMap((job) => job.attempts.flatMap(({ error }) => (error === null ? [] : [error.code])));
const usedCpu = (jobs: readonly Job[]) =>
  jobs.filter((job) => job.attempts.some(({ device }) => device === CPU_DEVICE_ID));

function expectWhole(jobs: readonly Job[]): void {
  const { frames } = measure(clip);
  for (const job of jobs) {
    expect(job.status, jobDetails(job)).toBe('done');
    expect(measure(job.output?.path ?? '').frames).toBe(frames);
  }
}

async function status(uuid: string): Promise<string | undefined> {
  const { devices } = await engine.engine.backend.devices.list({}, {});
  return devices.find(({ id }) => id === uuid)?.status;
}

describe.skipIf(missing !== null)('a fault of a GPU', () => {
  it('that is lost in mid-encode costs no job: the work goes to the other GPU, and the lost one comes back', async () => {
    const [first = ''] = uuids();
    machine.setGpu(first, { lostAfterFrames: { value: 20, sessions: 1 } });
    const jobs = await ended(await add(8, { device: 'gpu' }));
    expectWhole(jobs);
    expect(codesOf(jobs)).toContain('gpu-lost');
    expect(usedCpu(jobs)).toEqual([]);
    await waitFor(async () => (await status(first)) !== 'unavailable', 60, 'the lost GPU to come back');
  });

  it('that hangs ends in a retry, and the story says so', async () => {
    const [first = ''] = uuids();
    machine.setGpu(first, { hangAfterFrames: { value: 10, sessions: 1 } });
    const jobs = await ended(await add(4, { device: 'gpu' }));
    expectWhole(jobs);
    expect(codesOf(jobs)).toEqual(['encode-stalled']);
    const hung = jobs.find((job) => job.attempts.length > 1);
    expect(hung && jobDetails(hung)).toMatch(/no progress for 5 seconds[\s\S]*Attempt 2/);
  });

  it('that always hangs fails the job at the third strike, with the story of all three', async () => {
    for (const uuid of uuids()) machine.setGpu(uuid, { hangAfterFrames: 30 });
    const [job] = await ended(await add(1, { device: 'gpu' }));
    expect(job?.status).toBe('failed');
    expect(job?.error?.code).toBe('encode-stalled');
    expect(job?.error?.message).toMatch(
      /^All 3 tries failed\. 1\. On NVIDIA .* 2\. On NVIDIA .* 3\. On NVIDIA /,
    );
    expect(job?.attempts).toHaveLength(3);
  });

  it('that fails in mid-encode sends an `auto` job elsewhere, and to the CPU only when no GPU did it, which is told', async () => {
    for (const uuid of uuids()) machine.setGpu(uuid, { failAfterFrames: 30 });
    const [job] = await ended(await add(1));
    if (job === undefined) throw new Error('no job');
    expectWhole([job]);
    expect(job.attempts.map(({ device }) => device === CPU_DEVICE_ID)).toEqual([false, false, true]);
    expect(job.metadata).toMatchObject({ gpuFallback: true, gpuEnabled: false });
    expect(job.metadata?.fallbackReason).toBe(job.attempts[2]?.fallback?.message);
    const { text } = await engine.engine.backend.jobs.log({ id: job.id }, {});
    expect(text).toContain('On the CPU instead of a GPU: ');
  });

  it('that refuses every session is waited out while the other one works', async () => {
    const [first = ''] = uuids();
    machine.setGpu(first, { openFails: 10 });
    const jobs = await ended(await add(6, { device: 'gpu' }));
    expectWhole(jobs);
    expect(new Set(codesOf(jobs))).toEqual(new Set(['session-limit']));
    expect(usedCpu(jobs)).toEqual([]);
  });

  it('in its decoder alone leaves the encoding to it, and the decoding to the CPU', async () => {
    for (const uuid of uuids()) machine.setGpu(uuid, { decoderFails: true });
    const [job] = await ended(await add(1, { device: 'gpu' }));
    if (job === undefined) throw new Error('no job');
    expectWhole([job]);
    expect(job.attempts).toHaveLength(1);
    expect(job.attempts[0]?.argv.join(' ')).not.toContain('-hwaccel');
    expect(job.metadata?.gpuEnabled).toBe(true);
    const { text } = await engine.engine.backend.jobs.log({ id: job.id }, {});
    expect(text).toMatch(/hwaccel[\s\S]*Trying again with the CPU decoding/);
  });

  it('together with others, one after the other, loses no job', async () => {
    const [first = '', second = ''] = uuids();
    machine.setGpu(first, { lostAfterFrames: { value: 40, sessions: 1 } });
    machine.setGpu(second, { hangAfterFrames: { value: 15, sessions: 1 } });
    machine.setSystem({ smi: 'hang' });
    const ids = await add(10, { device: 'gpu' });
    const third = ids[2];
    if (third !== undefined) await engine.until(third, 'done');
    machine.setSystem({ smi: 'ok', driver: 'gone' });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    machine.setSystem({ driver: 'ok' });
    const jobs = await ended(ids);
    expectWhole(jobs);
    expect(usedCpu(jobs)).toEqual([]);
  });
});

describe.skipIf(missing !== null)('encodes that are paused', () => {
  it('leave their place on a GPU to others, and go on when these are done', async () => {
    // The other one may have learned a limit by now.
    const [, second = ''] = uuids();
    machine.setGpu(second, { framesPerSecond: 20 });
    const ids = await add(5, { device: second as DeviceId });
    const running = () => ids.filter((id) => engine.job(id).status === 'running');
    const three = await waitFor(() => (running().length === 3 ? running() : null), 60, 'three encodes');
    engine.engine.backend.jobs.pause({ ids: three }, {});
    const others = await ended(ids.filter((id) => !three.includes(id)));
    expectWhole(others);
    expect(three.map((id) => engine.job(id).status)).toEqual(['paused', 'paused', 'paused']);
    engine.engine.backend.jobs.resume({ ids: three }, {});
    expectWhole(await ended(three));
  });
});

describe.skipIf(missing !== null)('when all GPUs die', () => {
  it('"GPU only" means not one CPU encode, and work resumes when they come back', async () => {
    const ids = await add(6, { device: 'gpu' });
    const [firstId] = ids;
    if (firstId === undefined) throw new Error('no job');
    await engine.untilMoving(firstId);
    machine.setSystem({ driver: 'gone' });
    await waitFor(
      () => ids.every((id) => ['queued', 'done'].includes(engine.job(id).status)),
      60,
      'no job to run without a driver',
    );
    const waiting = ids.map((id) => engine.job(id)).filter((job) => job.status === 'queued');
    expect(waiting.length).toBeGreaterThan(0);
    await waitFor(() => engine.job(waiting[0]?.id ?? firstId).waitingFor !== null, 20, 'a reason to wait');
    machine.setSystem({ driver: 'ok' });
    const jobs = await ended(ids);
    expectWhole(jobs);
    expect(usedCpu(jobs)).toEqual([]);
  });

  it('`auto` jobs are held where the settings say so', async () => {
    await settings({ onGpuFailure: 'hold' });
    const ids = await add(4);
    const [firstId] = ids;
    if (firstId === undefined) throw new Error('no job');
    await engine.untilMoving(firstId);
    machine.setSystem({ driver: 'gone' });
    await waitFor(
      () => ids.some((id) => /held|failed|out of service/.test(engine.job(id).waitingFor ?? '')),
      60,
      'jobs to be held',
    );
    machine.setSystem({ driver: 'ok' });
    const jobs = await ended(ids);
    expectWhole(jobs);
    expect(usedCpu(jobs)).toEqual([]);
  });

  it('`auto` jobs are held also by an engine that starts while the driver is gone', async () => {
    await settings({ onGpuFailure: 'hold' });
    await engine.engine.stop();
    engine.restoreEnvironment();
    machine.setSystem({ driver: 'gone' });
    engine = await openGpuEngine(home, machine);
    engine.engine.start();
    const [id] = await add(1);
    if (id === undefined) throw new Error('no job');
    await waitFor(() => /held/.test(engine.job(id).waitingFor ?? ''), 60, 'the job to be held');
    machine.setSystem({ driver: 'ok' });
    const jobs = await ended([id]);
    expectWhole(jobs);
    expect(usedCpu(jobs)).toEqual([]);
  });

  it('`auto` jobs go to the CPU otherwise, each saying why', async () => {
    machine.setSystem({ driver: 'gone' });
    await engine.engine.backend.devices.refresh({}, {});
    const jobs = await ended(await add(3));
    expectWhole(jobs);
    expect(usedCpu(jobs)).toHaveLength(3);
    for (const job of jobs) {
      expect(job.metadata).toMatchObject({ gpuFallback: true });
      expect(job.metadata?.fallbackReason).toMatch(/driver/i);
    }
  });
});
