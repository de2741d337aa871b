import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, measure } from '../support/clips.ts';
import { temporaryFolder } from '../support/engine.ts';
import { killTree, processesMentioning, startGantry, waitFor } from '../support/processes.ts';
import { startServe } from '../support/serve.ts';

const folder = temporaryFolder('command');
const short = join(folder.path, 'short.mp4');
const long = join(folder.path, 'long.mp4');
const running = new Set<ChildProcess>();
let count = 0;

beforeAll(() => {
  makeClip(short, { seconds: 1 });
  makeClip(long, { seconds: 10, size: '480x360' });
});
afterEach(() => {
  for (const child of running) if (child.pid !== undefined) killTree(child.pid);
  running.clear();
});
afterAll(() => folder.remove());

const newFolder = (name: string) => join(folder.path, `${name}-${++count}`);
const SLOW = ['--preset', 'hevc', '--set', 'video.effort=slow', '--device', 'cpu'];

interface Event {
  readonly type: string;
  readonly status?: string;
  readonly job?: {
    readonly id: string;
    readonly status: string;
    readonly output: { readonly path: string } | null;
    readonly metadata: object | null;
  };
}

class Run {
  readonly child: ChildProcess;
  readonly events: Event[] = [];
  readonly exitCode: Promise<number | null>;
  out = '';
  err = '';

  constructor(args: string[], env: Record<string, string>) {
    this.child = startGantry(args, env);
    running.add(this.child);
    const { stdout, stderr } = this.child;
    if (stdout === null || stderr === null) throw new Error('the process has no output');
    stderr.on('data', (chunk) => {
      this.err += String(chunk);
    });
    createInterface({ input: stdout }).on('line', (line) => {
      this.out += `${line}\n`;
      if (line.startsWith('{')) this.events.push(JSON.parse(line) as Event);
    });
    this.exitCode = once(this.child, 'close').then(([code]) => {
      running.delete(this.child);
      return code as number | null;
    });
  }

  until(what: string, matches: (event: Event) => boolean): Promise<Event> {
    return waitFor(() => this.events.find(matches), 60, `${what} (${this.err})`);
  }

  get results(): (string | undefined)[] {
    return this.events.filter((event) => event.type === 'result').map((event) => event.job?.status);
  }
}

const gantry = (home: string, ...args: string[]) => new Run(args, { GANTRY_HOME: home });

/** Jobs as `queue list` gives them. */
async function jobsOf(home: string): Promise<{ status: string; attempts: unknown[] }[]> {
  const list = gantry(home, 'queue', 'list', '--json');
  expect(await list.exitCode, list.err).toBe(0);
  return (JSON.parse(list.out) as { jobs: { status: string; attempts: unknown[] }[] }).jobs;
}

const isEncoding = (event: Event) => event.type === 'progress';

describe('gantry encode', () => {
  it('encodes a file and tells it in JSON, a line each', async () => {
    const out = newFolder('out');
    const run = gantry(newFolder('home'), 'encode', short, '--preset', 'h264-720p', '--out', out, '--json');
    expect(await run.exitCode, run.err).toBe(0);
    const last = run.events.at(-1);
    expect(last).toMatchObject({ type: 'result', job: { status: 'done', source: short, error: null } });
    expect(Object.keys(last?.job?.metadata ?? {}).sort()).toEqual([
      'fallbackReason',
      'gpuCodec',
      'gpuDevice',
      'gpuEnabled',
      'gpuFallback',
      'processingSpeed',
      'processingTimeSeconds',
    ]);
    expect(measure(last?.job?.output?.path ?? '')).toMatchObject({ frames: 25, streams: ['video', 'audio'] });
    expect(run.events.map((event) => event.type)).toContain('added');
  });

  it('stops cleanly on Ctrl-C, and `queue run` goes on with it', async () => {
    const home = newFolder('home');
    const out = newFolder('out');
    const run = gantry(home, 'encode', long, '--out', out, '--json', ...SLOW);
    await run.until('progress', isEncoding);
    run.child.kill('SIGINT');
    expect(await run.exitCode, run.err).toBe(130);
    expect(run.events.at(-1)).toEqual({ type: 'stopped', remaining: 1 });
    expect(run.err).toContain('gantry queue run');
    expect(processesMentioning(out)).toEqual([]);
    expect(readdirSync(out)).toEqual([]);
    expect((await jobsOf(home)).map((job) => job.status)).toEqual(['queued']);

    const rest = gantry(home, 'queue', 'run', '--json');
    expect(await rest.exitCode, rest.err).toBe(0);
    expect(rest.results).toEqual(['done']);
    expect(readdirSync(out)).toEqual(['long-hevc.mp4']);
  });

  it('ends at once on a second Ctrl-C and loses nothing by it', async () => {
    const home = newFolder('home');
    const out = newFolder('out');
    const run = gantry(home, 'encode', long, '--out', out, '--json', ...SLOW);
    await run.until('progress', isEncoding);
    run.child.kill('SIGINT');
    run.child.kill('SIGTERM');
    expect([130, 143]).toContain(await run.exitCode);
    await waitFor(() => processesMentioning(out).length === 0, 10, 'ffmpeg is gone');
    expect((await jobsOf(home)).map((job) => job.status)).toEqual(['queued']);
  });

  it('loses nothing when it is killed with -9', async () => {
    const home = newFolder('home');
    const out = newFolder('out');
    const run = gantry(home, 'encode', long, '--out', out, '--json', ...SLOW);
    await run.until('progress', isEncoding);
    run.child.kill('SIGKILL');
    await run.exitCode;
    await waitFor(() => processesMentioning(out).length === 0, 10, 'ffmpeg is gone');
    const rest = gantry(home, 'queue', 'run', '--json');
    expect(await rest.exitCode, rest.err).toBe(0);
    expect(readdirSync(out)).toEqual(['long-hevc.mp4']);
  });

  it('ends when nobody reads its output any more', async () => {
    const out = newFolder('out');
    const run = gantry(newFolder('home'), 'encode', long, '--out', out, '--json', ...SLOW);
    await run.until('progress', isEncoding);
    run.child.stdout?.destroy();
    await run.exitCode;
    expect(processesMentioning(out)).toEqual([]);
  });
});

describe('two processes with one home', () => {
  it('adds to the engine that is running, and follows it to the end', async () => {
    const home = newFolder('home');
    const served = await startServe(home);
    running.add(served.process);
    const run = gantry(
      home,
      'encode',
      short,
      '--out',
      newFolder('out'),
      '--json',
      '--preset',
      'preview-480p',
    );
    expect(await run.exitCode, run.err).toBe(0);
    expect(run.results).toEqual(['done']);
    const { total } = await served.call<{ total: number }>('GET', '/jobs');
    expect(total).toBe(1);
  });

  it('lets both of two encodes come to their ends', async () => {
    const home = newFolder('home');
    const out = newFolder('out');
    const runs = [1, 2].map((n) =>
      gantry(
        home,
        'encode',
        short,
        '--out',
        out,
        '--name',
        `clip-${n}`,
        '--json',
        '--preset',
        'preview-480p',
      ),
    );
    for (const run of runs) {
      expect(await run.exitCode, run.err).toBe(0);
      expect(run.results).toEqual(['done']);
    }
    expect(readdirSync(out).sort()).toEqual(['clip-1.mp4', 'clip-2.mp4']);
  });

  it('takes over when the other one is killed', async () => {
    const home = newFolder('home');
    const out = newFolder('out');
    const served = await startServe(home);
    running.add(served.process);
    const run = gantry(home, 'encode', long, '--out', out, '--json', ...SLOW);
    await run.until('progress', isEncoding);
    served.process.kill('SIGKILL');
    expect(await run.exitCode, run.err).toBe(0);
    expect(run.err).toContain(`Process ${served.process.pid} (gantry serve) has ended.`);
    expect(run.results).toEqual(['done']);
    expect(readdirSync(out)).toEqual(['long-hevc.mp4']);
  });

  it('does not serve twice, and says who does', async () => {
    const home = newFolder('home');
    const served = await startServe(home);
    running.add(served.process);
    const second = gantry(home, 'serve', '--json');
    expect(await second.exitCode).toBe(1);
    expect(JSON.parse(second.out)).toMatchObject({
      error: { code: 'engine-in-use', message: expect.stringContaining(String(served.process.pid)) },
    });
  });
});

describe('gantry serve', () => {
  it('prints one line with the token, serves until it is told to end, and gives running work back', async () => {
    const home = newFolder('home');
    const out = newFolder('out');
    const run = new Run(['serve', '--json'], { GANTRY_HOME: home, GANTRY_TOKEN: 'a-token-of-ones-own' });
    await waitFor(() => run.out !== '', 30, run.err);
    const { url, token } = JSON.parse(run.out) as { url: string; token: string };
    expect(token).toBe('a-token-of-ones-own');
    expect(new URL(url).searchParams.get('token')).toBe(token);
    const health = await fetch(new URL('/api/v1/health', url), {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(health.status).toBe(200);

    const added = gantry(home, 'queue', 'add', long, '--out', out, ...SLOW);
    expect(await added.exitCode, added.err).toBe(0);
    await waitFor(async () => (await jobsOf(home))[0]?.status === 'running', 30, 'running');
    run.child.kill('SIGTERM');
    expect(await run.exitCode, run.err).toBe(0);
    expect(run.out.trim().split('\n')).toHaveLength(1);
    expect((await jobsOf(home)).map((job) => job.status)).toEqual(['queued']);
    expect(processesMentioning(out)).toEqual([]);
  });
});

describe('gantry serve --open', () => {
  it.skipIf(process.platform !== 'linux')(
    'opens the page without telling the token to other users',
    async () => {
      const bin = newFolder('bin');
      const opened = join(bin, 'opened');
      mkdirSync(bin);
      writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\nprintf '%s' "$*" > '${opened}'\n`, { mode: 0o755 });
      const run = new Run(['serve', '--open', '--json'], {
        GANTRY_HOME: newFolder('home'),
        PATH: `${bin}:${process.env['PATH']}`,
      });
      await waitFor(() => existsSync(opened) && readFileSync(opened, 'utf8') !== '', 30, run.err);
      const { token } = JSON.parse(run.out) as { token: string };
      const address = readFileSync(opened, 'utf8');
      expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
      expect(address).not.toContain(token);
      const page = await fetch(address);
      expect(await page.text()).toContain('<title>Gantry</title>');
      expect(new URL(page.url).searchParams.get('token')).toBe(token);
    },
  );
});

describe('npm start', () => {
  it.skipIf(process.platform !== 'linux')(
    'says why there is no window, and serves the same page',
    async () => {
      const env: NodeJS.ProcessEnv = { ...process.env, GANTRY_HOME: newFolder('home'), GANTRY_NO_OPEN: '1' };
      for (const name of ['DISPLAY', 'WAYLAND_DISPLAY']) delete env[name];
      const child = spawn(process.execPath, ['scripts/start.mjs'], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      running.add(child);
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk) => {
        out += String(chunk);
      });
      child.stderr.on('data', (chunk) => {
        err += String(chunk);
      });
      await waitFor(() => out.includes('http'), 60, err);
      expect(err).toContain('There is no display here for a window. Gantry opens in the browser instead.');
      const page = await fetch(out.trim());
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('<title>Gantry</title>');
      child.kill('SIGTERM');
      const [code] = await once(child, 'exit');
      expect(code).toBe(0);
    },
  );
});

it('is built', () => {
  expect(existsSync('out/main/cli.js')).toBe(true);
});
