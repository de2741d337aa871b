import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProblemError } from '../../src/common/problem.ts';
import {
  acquireEngineLock,
  type EngineInfo,
  type EngineLock,
  readEngineInfo,
} from '../../src/engine/queue/engine-lock.ts';

const INFO: EngineInfo = {
  pid: 42,
  startedAt: '2026-01-01T00:00:00.000Z',
  command: 'gantry serve',
  url: 'http://127.0.0.1:1234',
  token: 'secret',
  version: '0.1.0',
};

let folder = '';
let home = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-lock-'));
  home = join(folder, 'home');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function acquired(): EngineLock {
  const got = acquireEngineLock(home);
  if (!('lock' in got)) throw new Error('the home is held');
  return got.lock;
}

test('a home has one engine, and the next one is told which', () => {
  const lock = acquired();
  expect(acquireEngineLock(home)).toEqual({ heldBy: null });
  lock.publish(INFO);
  expect(acquireEngineLock(home)).toEqual({ heldBy: INFO });
  lock.publish({ ...INFO, url: null });
  expect(readEngineInfo(home)?.url).toBeNull();
  lock.release();
});

test('a released home is free, and nothing tells of the engine that was', () => {
  const first = acquired();
  first.publish(INFO);
  first.release();
  first.release();
  expect(readEngineInfo(home)).toBeNull();
  const second = acquired();
  first.release();
  expect(acquireEngineLock(home)).toEqual({ heldBy: null });
  second.release();
});

test('what an engine that was killed had published is void for the next', () => {
  acquired().release();
  writeFileSync(join(home, 'engine.json'), JSON.stringify(INFO));
  const lock = acquired();
  expect(readEngineInfo(home)).toBeNull();
  lock.release();
});

test('what is not understood counts as nothing said', () => {
  const lock = acquired();
  writeFileSync(join(home, 'engine.json'), '{"pid":');
  expect(acquireEngineLock(home)).toEqual({ heldBy: null });
  lock.release();
});

test.skipIf(process.platform === 'win32')('folder and token are readable by their person only', () => {
  const lock = acquired();
  writeFileSync(join(home, 'engine.json.new'), 'left by a crash', { mode: 0o644 });
  lock.publish(INFO);
  expect(statSync(home).mode & 0o777).toBe(0o700);
  expect(statSync(join(home, 'engine.json')).mode & 0o777).toBe(0o600);
  lock.release();
});

test('a home that cannot be made is a typed problem', () => {
  writeFileSync(join(folder, 'file'), '');
  home = join(folder, 'file', 'home');
  expect(() => acquireEngineLock(home)).toThrow(ProblemError);
});
