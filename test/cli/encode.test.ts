import { describe, expect, it } from 'vitest';
import type { Holder } from '../../src/cli/session.ts';
import { gantry, SignalsDouble } from './command-line.ts';
import { EngineDouble, jobOf } from './engine-double.ts';

const HOLDER: Holder = { pid: 77, command: 'gantry serve', url: 'http://127.0.0.1:1/', token: 't' };

const types = (events: unknown[]) => events.map((event) => (event as { type: string }).type);
const results = (events: unknown[]) =>
  events.filter((event) => (event as { type: string }).type === 'result') as {
    job: { source: string; status: string; output: { path: string } | null; error: { code: string } | null };
  }[];

describe('encode', () => {
  it('encodes each input and ends with success and one result a job', async () => {
    const engine = new EngineDouble();
    const ran = await gantry(['encode', 'a.mov', '/other/b.mov', '--json'], {
      sessions: [engine.ownSession()],
    });
    expect(ran.exitCode).toBe(0);
    expect(results(ran.events).map(({ job }) => [job.source, job.status, job.output?.path])).toEqual([
      ['/clips/a.mov', 'done', '/clips/a.mov.mp4'],
      ['/other/b.mov', 'done', '/other/b.mov.mp4'],
    ]);
    expect(types(ran.events).at(-1)).toBe('result');
    expect(engine.isStopped).toBe(true);
  });

  it('runs its own jobs and leaves the rest of the queue alone', async () => {
    const engine = new EngineDouble();
    engine.put(jobOf({ id: '5' }));
    const ran = await gantry(['encode', 'a.mov', '--json'], { sessions: [engine.ownSession()] });
    expect(ran.exitCode).toBe(0);
    expect(engine.startedWith).toEqual(new Set(['6']));
    expect(engine.jobs.get('5')?.status).toBe('queued');
  });

  it('fails when one of several jobs fails, and tells the reason of that one', async () => {
    const engine = new EngineDouble();
    const ran = await gantry(['encode', 'a.mov', 'broken.mov', '--json'], {
      sessions: [engine.ownSession()],
    });
    expect(ran.exitCode).toBe(1);
    expect(results(ran.events).map(({ job }) => [job.status, job.error?.code])).toEqual([
      ['done', undefined],
      ['failed', 'source-corrupt'],
    ]);
  });

  it('counts an input that makes no job as a failure and encodes the others', async () => {
    const engine = new EngineDouble();
    const ran = await gantry(['encode', 'missing.mov', 'a.mov', '--json'], {
      sessions: [engine.ownSession()],
    });
    expect(ran.exitCode).toBe(1);
    expect(ran.events).toContainEqual({
      type: 'rejected',
      source: '/clips/missing.mov',
      error: { code: 'source-not-found', message: 'Nothing is there.', nextStep: 'Check the path.' },
    });
    expect(results(ran.events)).toHaveLength(1);
  });

  it('ends at once when no input makes a job', async () => {
    const ran = await gantry(['encode', 'missing.mov', '--json'], {
      sessions: [new EngineDouble().ownSession()],
    });
    expect(ran.exitCode).toBe(1);
    expect(types(ran.events)).toEqual(['rejected']);
  });

  it('counts a file that was skipped on request as success', async () => {
    const ran = await gantry(['encode', 'there-already.mov', '--on-existing', 'skip', '--json'], {
      sessions: [new EngineDouble().ownSession()],
    });
    expect(ran.exitCode).toBe(0);
  });

  it('hands preset, device, folder, name and settings to the engine', async () => {
    const engine = new EngineDouble();
    const line =
      'encode a.mov -p h264 -o made -d cpu --name {name}-x --on-existing fail --set video.effort=fast --set video.maxHeight=480';
    await gantry(line.split(' '), { sessions: [engine.ownSession()] });
    expect(engine.added).toEqual([
      {
        source: '/clips/a.mov',
        preset: 'h264',
        overrides: { 'video.effort': 'fast', 'video.maxHeight': 480 },
        device: 'cpu',
        output: { folder: '/clips/made', template: '{name}-x', onExisting: 'fail' },
        priority: 0,
        paused: false,
      },
    ]);
  });

  it('takes a name that begins with a dash after --', async () => {
    const engine = new EngineDouble();
    await gantry(['encode', '--', '-i.mov'], { sessions: [engine.ownSession()] });
    expect(engine.added[0]?.source).toBe('/clips/-i.mov');
  });

  it.each([
    ['an unknown preset', ['encode', 'a.mov', '--preset', 'nosuch'], 'nosuch'],
    ['a preset id that none can have', ['encode', 'a.mov', '--preset', 'No Such'], 'No Such'],
    ['an unknown device', ['encode', 'a.mov', '--device', 'GPU-123'], 'GPU-123'],
    ['a setting that presets do not have', ['encode', 'a.mov', '--set', 'video.flavour=9'], 'video.flavour'],
    ['a value that a setting cannot have', ['encode', 'a.mov', '--set', 'video.effort=lazy'], 'video.effort'],
  ])('refuses %s before adding anything', async (_, argv, named) => {
    const engine = new EngineDouble();
    const ran = await gantry([...argv, '--json'], { sessions: [engine.ownSession()] });
    expect(ran.exitCode).toBe(2);
    expect(engine.added).toEqual([]);
    expect(ran.events).toEqual([
      {
        error: expect.objectContaining({ code: 'invalid-request', message: expect.stringContaining(named) }),
      },
    ]);
  });

  it('does not wait for ever on a paused queue', async () => {
    const engine = new EngineDouble();
    engine.isPaused = true;
    const ran = await gantry(['encode', 'a.mov'], { sessions: [engine.ownSession()] });
    expect(ran.exitCode).toBe(1);
    expect(engine.added).toEqual([]);
    expect(ran.err).toContain('gantry queue resume');
  });

  it('stops cleanly on Ctrl-C, leaves the rest queued and says how to go on', async () => {
    const engine = new EngineDouble();
    const signals = new SignalsDouble();
    const ran = await gantry(['encode', 'slow-1.mov', 'slow-2.mov', '--json'], {
      sessions: [engine.ownSession()],
      signals,
      onOut: (text) => {
        if (text.includes('"running"') && text.includes('slow-2')) signals.send('SIGINT');
      },
    });
    expect(ran.exitCode).toBe(130);
    expect(engine.isStopped).toBe(true);
    expect([...engine.jobs.values()].map((job) => job.status)).toEqual(['queued', 'queued']);
    expect(ran.events.at(-1)).toEqual({ type: 'stopped', remaining: 2 });
    expect(ran.err).toContain('gantry queue run');
    expect(signals.exits).toEqual([]);
  });

  it('ends by SIGTERM with the exit code of SIGTERM', async () => {
    const signals = new SignalsDouble();
    const ran = await gantry(['encode', 'slow.mov', '--json'], {
      sessions: [new EngineDouble().ownSession()],
      signals,
      onOut: (text) => {
        if (text.includes('"running"')) signals.send('SIGTERM');
      },
    });
    expect(ran.exitCode).toBe(143);
  });

  it('leaves a job that someone else removes, as a failure', async () => {
    const engine = new EngineDouble();
    const ran = await gantry(['encode', 'slow.mov', '--json'], {
      sessions: [engine.ownSession()],
      onOut: (text) => {
        if (text.includes('"running"'))
          void engine.api.jobs.remove({ ids: [...engine.jobs.values()].map((j) => j.id) });
      },
    });
    expect(ran.exitCode).toBe(1);
    expect(ran.events.at(-1)).toEqual({ type: 'removed', id: '1' });
  });
});

describe('encode with the engine of another process', () => {
  it('adds there and reports what that engine does', async () => {
    const engine = new EngineDouble();
    const ran = await gantry(['encode', 'a.mov', '--json'], {
      sessions: [engine.otherSession(HOLDER)],
      onOut: (text) => {
        if (text.includes('"added"')) engine.work('all');
      },
    });
    expect(ran.exitCode).toBe(0);
    expect(engine.startedWith).toBeNull();
    expect(results(ran.events)).toHaveLength(1);
  });

  it('takes the rest over when that process ends', async () => {
    const engine = new EngineDouble();
    const ran = await gantry(['encode', 'a.mov', 'b.mov', '--json'], {
      sessions: [engine.otherSession(HOLDER), engine.ownSession()],
      onOut: (text) => {
        if (text.includes('"added"') && text.includes('b.mov')) setTimeout(() => engine.die(), 20);
      },
    });
    expect(ran.exitCode).toBe(0);
    expect(engine.startedWith).toEqual(new Set(['1', '2']));
    expect(results(ran.events)).toHaveLength(2);
    expect(ran.err).toContain('Process 77 (gantry serve) has ended.');
  });

  it('only stops watching on Ctrl-C', async () => {
    const engine = new EngineDouble();
    const signals = new SignalsDouble();
    const ran = await gantry(['encode', 'slow.mov', '--json'], {
      sessions: [engine.otherSession(HOLDER)],
      signals,
      onOut: (text) => {
        if (text.includes('"added"')) engine.work('all');
        if (text.includes('"running"')) signals.send('SIGINT');
      },
    });
    expect(ran.exitCode).toBe(130);
    expect(engine.jobs.get('1')?.status).toBe('running');
    expect(ran.err).toContain('1 job goes on in process 77 (gantry serve)');
  });
});

describe('queue run', () => {
  it('works off everything that is queued, what was added meanwhile included, and leaves held jobs', async () => {
    const engine = new EngineDouble();
    engine.put(jobOf({ id: '1' }));
    engine.put(jobOf({ id: '2', status: 'paused' }));
    engine.put(jobOf({ id: '3', status: 'done' }));
    engine.put(jobOf({ id: '4' }));
    let hasAdded = false;
    const ran = await gantry(['queue', 'run', '--json'], {
      sessions: [engine.ownSession()],
      onOut: (text) => {
        if (hasAdded || !text.includes('"running"')) return;
        hasAdded = true;
        engine.put(jobOf({ id: '9' }));
        engine.work('all');
      },
    });
    expect(ran.exitCode).toBe(0);
    expect(engine.startedWith).toBe('all');
    const ended = results(ran.events).map(({ job }) => job.source);
    expect(ended.sort()).toEqual(['/clips/1.mov', '/clips/4.mov', '/clips/9.mov']);
  });

  it('ends at once when nothing is queued', async () => {
    const ran = await gantry(['queue', 'run', '--json'], { sessions: [new EngineDouble().ownSession()] });
    expect(ran).toMatchObject({ exitCode: 0, out: '' });
  });
});
