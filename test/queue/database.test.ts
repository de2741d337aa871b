import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProblemError } from '../../src/common/problem.ts';
import { migrate, openDatabase } from '../../src/engine/queue/database.ts';
import { databaseProblem } from '../../src/engine/queue/database-problem.ts';
import { MIGRATIONS } from '../../src/engine/queue/migrations.ts';
import { QueueStore } from '../../src/engine/queue/queue-store.ts';
import { drafts, TestQueue } from './queue-fixture.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-database-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function problemOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('opening', () => {
  test('makes the folder for its person only and keeps what was written', () => {
    const file = join(folder, 'home', 'gantry.db');
    const first = new TestQueue(file);
    first.add(2);
    first.db.close();
    expect(new TestQueue(file).store.counts().queued).toBe(2);
    if (process.platform !== 'win32') expect(statSync(join(folder, 'home')).mode & 0o777).toBe(0o700);
  });

  test('keeps a write-ahead log, syncs it at each commit and holds references to be true', () => {
    const db = openDatabase(join(folder, 'gantry.db'));
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
    db.close();
  });

  test('refuses a database of a newer Gantry and leaves it as it was', () => {
    const file = join(folder, 'gantry.db');
    const db = openDatabase(file);
    db.pragma('user_version = 999');
    db.close();
    const problem = problemOf(() => openDatabase(file));
    expect(problem.code).toBe('database-failed');
    expect(problem.message).toContain('newer version of Gantry');
    expect(new BetterSqlite(file).pragma('user_version', { simple: true })).toBe(999);
  });

  test('says that a file that is no database is damaged, and does not touch it', () => {
    const file = join(folder, 'gantry.db');
    const garbage = Buffer.alloc(8192, 'not a database ');
    writeFileSync(file, garbage);
    const problem = problemOf(() => openDatabase(file));
    expect(problem.code).toBe('database-failed');
    expect(problem.message).toContain('is damaged');
    expect(readFileSync(file).equals(garbage)).toBe(true);
  });

  test('a page destroyed in the middle is a typed problem when it is met', () => {
    const file = join(folder, 'gantry.db');
    const queue = new TestQueue(file);
    queue.store.addJobs(drafts(2000));
    queue.db.pragma('wal_checkpoint(TRUNCATE)');
    queue.db.close();
    const bytes = readFileSync(file);
    bytes.fill(0xaa, 4096 * 2, bytes.length - 4096);
    writeFileSync(file, bytes);
    const problem = problemOf(() => {
      const db = openDatabase(file);
      new QueueStore(db, () => new Date()).list({ order: 'newest', offset: 0, limit: 1000 });
    });
    expect(problem.code).toBe('database-failed');
  });

  test('a folder that cannot be made is a typed problem', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(problemOf(() => openDatabase(join(folder, 'file', 'home', 'gantry.db'))).code).toBe(
      'database-failed',
    );
  });
});

describe('migrations', () => {
  test('are numbered from 1 without a gap', () => {
    expect(MIGRATIONS.map((step) => step.version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  test('apply only what is missing', () => {
    const db = new BetterSqlite(':memory:');
    const first = { version: 1, sql: 'CREATE TABLE a (x)' };
    migrate(db, [first]);
    migrate(db, [first, { version: 2, sql: 'CREATE TABLE b (x)' }]);
    expect(db.pragma('user_version', { simple: true })).toBe(2);
    expect(db.prepare('SELECT count(*) FROM sqlite_master').pluck().get()).toBe(2);
  });

  test('a step that fails leaves the database at the step before', () => {
    const db = new BetterSqlite(':memory:');
    const broken = { version: 2, sql: 'CREATE TABLE b (x); CREATE TABLE b (x)' };
    expect(() => migrate(db, [{ version: 1, sql: 'CREATE TABLE a (x)' }, broken])).toThrow();
    expect(db.pragma('user_version', { simple: true })).toBe(1);
    expect(db.prepare('SELECT name FROM sqlite_master').pluck().all()).toEqual(['a']);
  });
});

describe('an error of SQLite', () => {
  test.each([
    ['SQLITE_FULL', 'no-space'],
    ['SQLITE_CORRUPT_INDEX', 'database-failed'],
    ['SQLITE_READONLY_DBMOVED', 'database-failed'],
    ['SQLITE_BUSY', 'database-failed'],
    ['SQLITE_IOERR_WRITE', 'database-failed'],
  ])('%s becomes %s', (code, expected) => {
    const found = databaseProblem(new BetterSqlite.SqliteError('its words', code), '/home/gantry.db');
    expect(found).toBeInstanceOf(ProblemError);
    expect(found).toMatchObject({ problem: { code: expected, detail: `${code}: its words` } });
  });

  test('any other error stays what it is', () => {
    const error = new TypeError('a mistake');
    expect(databaseProblem(error, '/home/gantry.db')).toBe(error);
  });
});

test('a full disk undoes the whole transaction and is told as such', () => {
  const queue = new TestQueue(join(folder, 'gantry.db'));
  queue.add(1);
  const pages = Number(queue.db.pragma('page_count', { simple: true }));
  queue.db.pragma(`max_page_count = ${pages + 4}`);
  expect(problemOf(() => queue.add(5000)).code).toBe('no-space');
  expect(queue.store.counts().queued).toBe(1);
  expect(queue.listed()).toHaveLength(1);
  queue.db.pragma('max_page_count = 1000000');
  expect(queue.add(1)).toHaveLength(1);
  expect(queue.store.counts().queued).toBe(2);
});
