import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireEngineLock } from '../../src/engine/queue/engine-lock.ts';

let home = '';
const children: ChildProcess[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gantry-lock-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

async function hold(...args: string[]): Promise<{ child: ChildProcess; said: unknown }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'hold-home.ts'), home, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, said: JSON.parse(String(line)) };
}

test('a process finds the home held by another, and by whom', async () => {
  const first = await hold('http://127.0.0.1:4000');
  expect(first.said).toEqual({ locked: true, pid: first.child.pid });
  const second = await hold();
  expect(second.said).toMatchObject({
    locked: false,
    heldBy: { pid: first.child.pid, url: 'http://127.0.0.1:4000', token: 'secret' },
  });
});

test('kill -9 frees the home at once, and nobody is sent to the dead engine', async () => {
  const first = await hold('http://127.0.0.1:4000');
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const second = await hold();
  expect(second.said).toEqual({ locked: true, pid: second.child.pid });
  expect(acquireEngineLock(home)).toEqual({ heldBy: null });
});

test('a second try in the same process does not let the home go', async () => {
  const got = acquireEngineLock(home);
  expect(acquireEngineLock(home)).toEqual({ heldBy: null });
  expect((await hold()).said).toEqual({ locked: false, heldBy: null });
  if ('lock' in got) got.lock.release();
  expect((await hold()).said).toMatchObject({ locked: true });
});

test('an engine that ends in order frees the home', async () => {
  const first = await hold();
  first.child.stdin?.write('\n');
  expect(await once(first.child, 'exit')).toEqual([0, null]);
  const got = acquireEngineLock(home);
  expect(got).toHaveProperty('lock');
  if ('lock' in got) got.lock.release();
});

test('of many that start at once exactly one gets the home', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => hold()));
  const locked = all.filter(({ said }) => (said as { locked: boolean }).locked);
  expect(locked).toHaveLength(1);
});
