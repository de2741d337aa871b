import { describe, expect, it } from 'vitest';
import type { DeviceId } from '../../../src/common/ids.ts';
import type { Attempt, Job } from '../../../src/common/job.ts';
import { attemptStories } from '../../../src/renderer/details/attempt-story.ts';
import { aboutTime } from '../../../src/renderer/queue/about-time.ts';
import { fallbackOf, fallbackSentence, noGpuLeft } from '../../../src/renderer/queue/fallback.ts';
import { aDevice, aFailedGpu, aProblem } from '../a-device.ts';
import { aJob, NO_JOBS } from '../a-job.ts';

const noGpu = aProblem('gpu-lost', 'Every GPU is out of service.');
const lost = aProblem('gpu-lost', 'The GPU stopped answering.');
const stalled = aProblem('encode-stalled', 'The encode made no progress.');

function anAttempt(device: string, more: Partial<Attempt> = {}): Attempt {
  return {
    device: device as DeviceId,
    deviceName: device,
    argv: [],
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: null,
    exitCode: null,
    error: null,
    fallback: null,
    ...more,
  };
}

const metadata: NonNullable<Job['metadata']> = {
  gpuEnabled: false,
  gpuDevice: null,
  gpuCodec: null,
  gpuFallback: true,
  fallbackReason: 'No GPU can.',
  processingTimeSeconds: 1,
  processingSpeed: 1,
};

describe('the mark of a job that the CPU does in place of a GPU', () => {
  const cpu = aDevice('cpu', 'cpu', 'CPU');
  const gpu = aDevice('GPU-1', 'gpu', 'NVIDIA L40S');
  const markOf = (job: Job, devices = [gpu, cpu]) => fallbackOf(job, devices);

  it('is there while it runs, from its last attempt', () => {
    const attempts = [anAttempt('GPU-1', { error: lost }), anAttempt('cpu', { fallback: noGpu })];
    const job = aJob(1, 'running', { attempts });
    expect(markOf(job)).toEqual({ reason: 'Every GPU is out of service.', isTrouble: true });
  });

  it('is gone once a GPU took the job over', () => {
    const attempts = [anAttempt('cpu', { fallback: noGpu }), anAttempt('GPU-1')];
    expect(markOf(aJob(1, 'running', { attempts }))).toBeNull();
    expect(markOf(aJob(1, 'queued', { attempts: attempts.slice(0, 1) }))).toBeNull();
  });

  it('stays when it is done, from the result', () => {
    expect(markOf(aJob(1, 'done', { metadata }))?.reason).toBe('No GPU can.');
    expect(markOf(aJob(1, 'done', { metadata: { ...metadata, fallbackReason: null } }))?.reason).toMatch(/./);
    expect(markOf(aJob(1, 'done', { metadata: { ...metadata, gpuFallback: false } }))).toBeNull();
  });

  it('is no alarm on a machine without a GPU, nor where the CPU was allowed to help', () => {
    const attempts = [anAttempt('cpu', { fallback: noGpu })];
    expect(markOf(aJob(1, 'running', { attempts }), [cpu])?.isTrouble).toBe(false);
    const helping = [anAttempt('cpu', { fallback: aProblem('session-limit', 'All is done sooner so.') })];
    expect(markOf(aJob(1, 'running', { attempts: helping }))?.isTrouble).toBe(false);
  });

  it('speaks of now while the job runs and of then when it has ended', () => {
    const fallback = { reason: 'No GPU can.', isTrouble: true };
    const said = (['running', 'done', 'failed'] as const).map((status) =>
      fallbackSentence({ status }, fallback),
    );
    expect(said).toEqual([
      'The CPU stands in for a GPU. No GPU can.',
      'The CPU did the work in place of a GPU. No GPU can.',
      'The CPU stood in for a GPU. No GPU can.',
    ]);
  });
});

describe('the bar over a queue whose GPUs fail', () => {
  const cpu = aDevice('cpu', 'cpu', 'CPU');
  const gpu = aDevice('GPU-2', 'gpu', 'NVIDIA L40S');
  const waiting = { ...NO_JOBS, counts: { ...NO_JOBS.counts, queued: 3 } };

  it('comes when none is left that works', () => {
    expect(noGpuLeft([aFailedGpu('GPU-1'), cpu], 'hold', waiting)?.policy).toBe('hold');
    expect(noGpuLeft([aFailedGpu('GPU-1'), gpu, cpu], 'hold', waiting)).toBeNull();
    expect(noGpuLeft([aFailedGpu('GPU-1'), { ...gpu, status: 'busy' }, cpu], 'hold', waiting)).toBeNull();
  });

  it('does not come on a machine where no GPU ever could, nor over an idle queue', () => {
    const h100 = aDevice('GPU-3', 'gpu', 'NVIDIA H100', {
      status: 'unavailable',
      reason: aProblem('no-nvenc', 'This GPU has no encoder.'),
    });
    expect(noGpuLeft([h100, cpu], 'hold', waiting)).toBeNull();
    expect(noGpuLeft([cpu], 'hold', waiting)).toBeNull();
    expect(noGpuLeft([aFailedGpu('GPU-1'), cpu], 'hold', NO_JOBS)).toBeNull();
  });
});

describe('the story of the attempts', () => {
  const nameOf = (attempt: Attempt) => attempt.deviceName;
  const story = (job: Job) =>
    attemptStories(job, nameOf).map(({ number, whyThere, next, causeIsAbove }) => ({
      number,
      why: whyThere?.sentence ?? null,
      next,
      causeIsAbove,
    }));

  it('tells of three strikes in their order, each with what came next', () => {
    const attempts = [
      anAttempt('GPU-1', { error: stalled }),
      anAttempt('GPU-2', { error: lost }),
      anAttempt('cpu', { error: stalled, fallback: noGpu }),
    ];
    expect(story(aJob(1, 'failed', { attempts, error: stalled }))).toEqual([
      { number: 1, why: null, next: 'Then tried on GPU-2.', causeIsAbove: false },
      {
        number: 2,
        why: 'On another device than the attempt before.',
        next: 'Then tried on cpu.',
        causeIsAbove: false,
      },
      {
        number: 3,
        why: 'On the CPU in place of a GPU: Every GPU is out of service.',
        next: 'Not tried again: the job failed.',
        causeIsAbove: true,
      },
    ]);
  });

  it('says of the same device that it is tried again, and of a job that waits that it will be', () => {
    const attempts = [anAttempt('GPU-1', { error: stalled }), anAttempt('GPU-1', { error: stalled })];
    const [first, second] = story(aJob(1, 'queued', { attempts, device: 'GPU-1' as DeviceId }));
    expect(first).toMatchObject({
      why: 'On the device that was asked for.',
      next: 'Then tried again on GPU-1.',
    });
    expect(second).toMatchObject({ why: 'On the same device again.', next: 'To be tried again.' });
  });

  it('of a job that ran through at once is one attempt without a number', () => {
    expect(story(aJob(1, 'done', { attempts: [anAttempt('GPU-1')] }))).toEqual([
      { number: null, why: null, next: null, causeIsAbove: false },
    ]);
  });
});

describe('a time that is only guessed', () => {
  it.each([
    [4_000, '10 s'],
    [42_000, '50 s'],
    [12 * 60_000 + 20_000, '12 min'],
    [59.7 * 60_000, '1 h'],
    [83 * 60_000, '1 h 25 m'],
    [120 * 60_000, '2 h'],
    [9.4 * 3_600_000, '9 h'],
    [100 * 3_600_000, '4 days'],
  ])('of %d ms is %s', (ms, words) => {
    expect(aboutTime(ms)).toBe(words);
  });
});
