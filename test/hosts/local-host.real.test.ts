import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { ProblemError } from '../../src/common/problem.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { runCommand } from '../../src/engine/hosts/run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-host-'));
const host = new LocalHost();
afterAll(async () => {
  await host.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const node = process.execPath;
const script = (text: string) => ({ file: node, args: ['-e', text] });

/** A process that started a child of its own; prints both numbers. */
const family = script(
  `const c = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
   console.log(process.pid, c.pid); setInterval(() => {}, 1000);`,
);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie answers too; it is dead all the same.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

async function waitUntil(what: () => boolean, seconds = 20): Promise<void> {
  for (let i = 0; i < seconds * 20; i++) {
    if (what()) return;
    await sleep(50);
  }
  throw new Error('never came true');
}

async function problemCode(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (e: unknown) => e,
  );
  if (!(error instanceof ProblemError)) throw new Error(`expected a ProblemError, got ${String(error)}`);
  return error.problem.code;
}

describe('exec', () => {
  it('hands arguments over as they are, whatever a shell would make of them', async () => {
    const args = ['a b', '$(touch x)', '"', "'", '*', '', '-x', 'new\nline', 'ünïcode'];
    const result = await runCommand(host, {
      file: node,
      args: ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...args],
    });
    expect(JSON.parse(result.stdout)).toEqual(args);
  });

  it('streams lines while the process runs', async () => {
    const lines: string[] = [];
    const child = await host.exec(script(`console.log('first'); setInterval(() => {}, 1000)`), {
      onStdoutLine: (line) => lines.push(line),
    });
    await waitUntil(() => lines.length > 0);
    expect(lines).toEqual(['first']);
    child.kill('force');
    expect(await child.done).toEqual({ exitCode: null, signal: 'SIGKILL' });
  });

  it('adds and removes environment variables', async () => {
    process.env['GANTRY_TEST_REMOVED'] = 'yes';
    const { stdout } = await runCommand(host, {
      ...script(`console.log(process.env.GANTRY_TEST_ADDED, process.env.GANTRY_TEST_REMOVED)`),
      env: { GANTRY_TEST_ADDED: 'here', GANTRY_TEST_REMOVED: undefined },
    });
    expect(stdout).toBe('here undefined');
  });

  it('says which program is missing', async () => {
    expect(await problemCode(host.exec({ file: join(folder, 'no-such-program'), args: [] }))).toBe(
      'ffmpeg-missing',
    );
  });

  it('says that a file is no program', async () => {
    const file = join(folder, 'text.txt');
    writeFileSync(file, 'hello', { mode: 0o644 });
    expect(await problemCode(host.exec({ file, args: [] }))).toBe('ffmpeg-broken');
  });

  it('kills the process and its children when the signal is aborted', async () => {
    const abort = new AbortController();
    const lines: string[] = [];
    const child = await host.exec(family, { signal: abort.signal, onStdoutLine: (line) => lines.push(line) });
    await waitUntil(() => lines.length > 0);
    const pids = (lines[0] ?? '').split(' ').map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    abort.abort();
    await child.done;
    await waitUntil(() => !pids.some(isAlive));
  });

  it('forces a process that ignores being asked to end', async () => {
    const lines: string[] = [];
    const child = await host.exec(
      script(`process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`),
      {
        onStdoutLine: (line) => lines.push(line),
      },
    );
    await waitUntil(() => lines.length > 0);
    child.kill();
    expect((await child.done).signal).toBe('SIGKILL');
  });

  it('suspends a process and lets it go on', async () => {
    let count = 0;
    const child = await host.exec(script(`setInterval(() => console.log('tick'), 20)`), {
      onStdoutLine: () => count++,
    });
    await waitUntil(() => count > 2);
    expect(child.suspend()).toBe(true);
    await sleep(200);
    const whenSuspended = count;
    await sleep(300);
    expect(count).toBe(whenSuspended);
    child.resume();
    await waitUntil(() => count > whenSuspended);
    child.kill('force');
    await child.done;
  });

  it('ends a command that outlasts its time limit', async () => {
    const result = await runCommand(host, script(`setInterval(() => {}, 1000)`), { timeoutMs: 300 });
    expect(result.timedOut).toBe(true);
  });

  it('kills a leftover only while its number belongs to the same process', async () => {
    const child = await host.exec(script(`setInterval(() => {}, 1000)`));
    await host.killLeftover({ ...child.identity, startMark: '1' });
    await sleep(200);
    expect(isAlive(child.identity.pid)).toBe(true);
    await host.killLeftover(child.identity);
    expect((await child.done).signal).toBe('SIGKILL');
  });
});

describe('no child survives its parent', () => {
  it('even when the parent is killed with -9, its children and theirs are ended', async () => {
    const url = new URL('../../src/engine/hosts/local-host.ts', import.meta.url).href;
    const parent = spawn(
      node,
      [
        '--input-type=module',
        '-e',
        `import { LocalHost } from ${JSON.stringify(url)};
         const family = ${JSON.stringify(family)};
         await new LocalHost().exec(family, { onStdoutLine: (line) => console.log(line) });`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let text = '';
    parent.stdout.on('data', (chunk) => {
      text += String(chunk);
    });
    await waitUntil(() => text.includes('\n'));
    const pids = text.trim().split(' ').map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    parent.kill('SIGKILL');
    await waitUntil(() => !pids.some(isAlive));
  });
});

describe('files', () => {
  it('publishes a complete file under its final name', async () => {
    const temporary = join(folder, '.a.part');
    const final = join(folder, 'a.mp4');
    writeFileSync(temporary, 'content');
    const before = await host.files.stat(temporary);
    await host.files.publish(temporary, final, { overwrite: false });
    expect(readFileSync(final, 'utf8')).toBe('content');
    expect(existsSync(temporary)).toBe(false);
    expect((await host.files.stat(final))?.fileId).toBe(before?.fileId);
    expect(statSync(final).nlink).toBe(1);
  });

  it('never replaces a file that is there unless told', async () => {
    const temporary = join(folder, '.b.part');
    const final = join(folder, 'b.mp4');
    writeFileSync(temporary, 'new');
    writeFileSync(final, 'old');
    expect(await problemCode(host.files.publish(temporary, final, { overwrite: false }))).toBe(
      'output-exists',
    );
    expect(readFileSync(final, 'utf8')).toBe('old');
    expect(existsSync(temporary)).toBe(true);
    await host.files.publish(temporary, final, { overwrite: true });
    expect(readFileSync(final, 'utf8')).toBe('new');
  });

  it('makes a folder with all above it, once or at the same time', async () => {
    const deep = join(folder, 'one', 'two', 'three');
    await Promise.all([host.files.makeFolder(deep), host.files.makeFolder(deep)]);
    await host.files.makeFolder(deep);
    expect((await host.files.stat(deep))?.kind).toBe('folder');
  });

  it.runIf(process.platform === 'linux')(
    'fails where no folder can be made, instead of trying forever',
    async () => {
      expect(await problemCode(host.files.makeFolder('/proc/gantry/out'))).toBe('output-folder-missing');
    },
  );

  it('says that the folder is gone', async () => {
    const temporary = join(folder, '.c.part');
    writeFileSync(temporary, 'x');
    expect(
      await problemCode(host.files.publish(temporary, join(folder, 'gone', 'c.mp4'), { overwrite: false })),
    ).toBe('output-folder-missing');
  });

  it('knows nothing from something', async () => {
    expect(await host.files.stat(join(folder, 'nothing'))).toBeNull();
    expect((await host.files.stat(folder))?.kind).toBe('folder');
    expect(await host.files.freeSpaceBytes(folder)).toBeGreaterThan(0);
  });

  it('tells what the disk of a folder holds and has free, and of no folder that there is none', async () => {
    const { freeBytes, totalBytes } = await host.files.diskSpace(folder);
    expect(freeBytes).toBeGreaterThan(0);
    expect(totalBytes).toBeGreaterThan(freeBytes);
    await expect(host.files.diskSpace(join(folder, 'nothing'))).rejects.toMatchObject({
      problem: { code: 'source-not-found' },
    });
  });

  it('removes what is there and accepts that nothing is', async () => {
    const path = join(folder, 'd.txt');
    writeFileSync(path, 'x');
    await host.files.remove(path);
    await host.files.remove(path);
    expect(existsSync(path)).toBe(false);
  });

  it('reads the end of a file that is longer than asked for', async () => {
    const path = join(folder, 'long.txt');
    writeFileSync(path, 'beginning-end');
    expect(await host.files.readText(path, 3)).toBe('end');
    expect(await problemCode(host.files.readText(join(folder, 'nothing')))).toBe('source-not-found');
  });
});
