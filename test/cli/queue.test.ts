import { describe, expect, it } from 'vitest';
import type { JobStatus } from '../../src/common/job.ts';
import { gantry } from './command-line.ts';
import { EngineDouble, jobOf } from './engine-double.ts';

function engineWith(...statuses: JobStatus[]): EngineDouble {
  const engine = new EngineDouble();
  statuses.forEach((status, i) => {
    engine.put(jobOf({ id: String(i + 1), status }));
  });
  return engine;
}

const statusesOf = (engine: EngineDouble) => [...engine.jobs.values()].map((job) => job.status);

describe('queue add', () => {
  it('adds without running anything', async () => {
    const engine = new EngineDouble();
    const ran = await gantry(['queue', 'add', 'a.mov', 'b.mov', '--priority', '-5', '--paused', '--json'], {
      sessions: [engine.ownSession()],
    });
    expect(ran.exitCode).toBe(0);
    expect(ran.events).toEqual([
      {
        jobs: [
          expect.objectContaining({ source: '/clips/a.mov' }),
          expect.objectContaining({ source: '/clips/b.mov' }),
        ],
        rejected: [],
      },
    ]);
    expect(engine.added[0]).toMatchObject({ priority: -5, paused: true });
    expect(engine.startedWith).toBeNull();
    expect(engine.isStopped).toBe(true);
  });

  it('fails when an input makes no job, and adds the others', async () => {
    const engine = new EngineDouble();
    const ran = await gantry(['queue', 'add', 'missing.mov', 'b.mov'], { sessions: [engine.ownSession()] });
    expect(ran.exitCode).toBe(1);
    expect(ran.out).toBe('Job 1 added.\n');
    expect(ran.err).toContain('/clips/missing.mov\n  Nothing is there.\n  Check the path.\n');
  });
});

describe('queue list', () => {
  it('gives the jobs and how many match in all', async () => {
    const engine = engineWith('done', 'queued', 'queued');
    const ran = await gantry('queue list --status queued --limit 1 --json'.split(' '), {
      sessions: [engine.ownSession()],
    });
    expect(ran.events).toEqual([
      expect.objectContaining({ jobs: [expect.objectContaining({ id: '2' })], total: 2 }),
    ]);
  });

  it('takes several states', async () => {
    const engine = engineWith('done', 'queued', 'failed');
    const ran = await gantry('queue list --status done --status failed --json'.split(' '), {
      sessions: [engine.ownSession()],
    });
    expect(ran.events).toEqual([expect.objectContaining({ total: 2 })]);
  });

  it('gives more than one page of the contract holds', async () => {
    const engine = new EngineDouble();
    for (let id = 1; id <= 2500; id += 1) engine.put(jobOf({ id: String(id) }));
    const ran = await gantry('queue list --limit 2100 --offset 100 --json'.split(' '), {
      sessions: [engine.ownSession()],
    });
    const [{ jobs }] = ran.events as [{ jobs: { id: string }[] }];
    expect(jobs.map((job) => Number(job.id))).toEqual(Array.from({ length: 2100 }, (_, i) => i + 101));
  });

  it('says so when there is nothing', async () => {
    const ran = await gantry(['queue', 'list'], { sessions: [new EngineDouble().ownSession()] });
    expect(ran).toMatchObject({ exitCode: 0, out: 'No jobs.\n' });
  });
});

describe('what is done to jobs', () => {
  it('succeeds for those that are there and fails for those that are not', async () => {
    const engine = engineWith('queued');
    const ran = await gantry('queue cancel 1 99 --json'.split(' '), { sessions: [engine.ownSession()] });
    expect(ran.exitCode).toBe(1);
    expect(statusesOf(engine)).toEqual(['cancelled']);
    expect(ran.events).toEqual([
      {
        jobs: [expect.objectContaining({ id: '1', status: 'cancelled' })],
        rejected: [{ id: '99', error: expect.objectContaining({ code: 'job-not-found' }) }],
      },
    ]);
  });

  it('with --all cancels what has not ended', async () => {
    const engine = engineWith('queued', 'done', 'paused', 'running', 'failed');
    await gantry(['queue', 'cancel', '--all'], { sessions: [engine.ownSession()] });
    expect(statusesOf(engine)).toEqual(['cancelled', 'done', 'cancelled', 'cancelled', 'failed']);
  });

  it('with --all retries what failed or was cancelled, and not what is done', async () => {
    const engine = engineWith('done', 'failed', 'cancelled');
    await gantry(['queue', 'retry', '--all'], { sessions: [engine.ownSession()] });
    expect(statusesOf(engine)).toEqual(['done', 'queued', 'queued']);
  });

  it('with --all removes what has ended and nothing that is still to be done', async () => {
    const engine = engineWith('done', 'failed', 'queued', 'paused', 'running', 'cancelled');
    const holder = { pid: 7, command: 'gantry serve', url: 'http://127.0.0.1:1/', token: 't' };
    await gantry(['queue', 'remove', '--all'], { sessions: [engine.otherSession(holder)] });
    expect(statusesOf(engine)).toEqual(['queued', 'paused', 'running']);
  });

  it('pauses and resumes the whole queue when no job is named', async () => {
    const engine = engineWith('queued');
    const paused = await gantry(['queue', 'pause', '--json'], { sessions: [engine.ownSession()] });
    expect(paused.events).toEqual([{ summary: expect.objectContaining({ isPaused: true }) }]);
    expect(statusesOf(engine)).toEqual(['queued']);
    await gantry(['queue', 'resume'], { sessions: [engine.ownSession()] });
    expect(engine.isPaused).toBe(false);
  });

  it('takes a negative priority after --', async () => {
    const engine = engineWith('queued');
    const ran = await gantry(['queue', 'priority', '--', '-7', '1'], { sessions: [engine.ownSession()] });
    expect(ran.exitCode).toBe(0);
    expect(engine.jobs.get('1')?.priority).toBe(-7);
  });
});

describe('queue show', () => {
  it('gives one job as itself', async () => {
    const ran = await gantry(['queue', 'show', '1', '--json'], {
      sessions: [engineWith('done').ownSession()],
    });
    expect(ran.events).toEqual([expect.objectContaining({ id: '1', status: 'done' })]);
  });

  it('fails for a job that is not there, with the reason', async () => {
    const ran = await gantry(['queue', 'show', '7', '--json'], { sessions: [engineWith().ownSession()] });
    expect(ran.exitCode).toBe(1);
    expect(ran.events).toEqual([{ error: expect.objectContaining({ code: 'job-not-found' }) }]);
  });
});

it('closes the engine when a command fails', async () => {
  const engine = engineWith();
  await gantry(['queue', 'show', '7'], { sessions: [engine.ownSession()] });
  expect(engine.isStopped).toBe(true);
});
