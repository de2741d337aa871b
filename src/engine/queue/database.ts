import { dirname } from 'node:path';
import BetterSqlite, { type Database } from 'better-sqlite3';
import { problem } from '../../common/problem.ts';
import { makeFoldersSync } from '../hosts/make-folders.ts';
import { databaseProblem } from './database-problem.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';

export type { Database } from 'better-sqlite3';

/** How long a write waits for a program that looks into the database, e.g. a backup. */
const BUSY_TIMEOUT_MS = 5000;

/**
 * Pages (4 KiB each) that the write-ahead log may grow to before a commit folds it into the database. Four times SQLite's
 * default: a fold takes some milliseconds, and a claim should meet one rarely.
 */
const CHECKPOINT_PAGES = 4000;

/** A log that one big transaction (100,000 jobs) blew up is cut back to this once it is folded in. */
const LOG_SIZE_LIMIT_BYTES = 64 * 1024 * 1024;

/** Brings the schema up to date, each step in one transaction with its number. */
export function migrate(db: Database, migrations: readonly Migration[]): void {
  const newest = migrations.at(-1)?.version ?? 0;
  const found = Number(db.pragma('user_version', { simple: true }));
  if (found > newest) {
    throw problem(
      'database-failed',
      `The queue's database ${db.name} was written by a newer version of Gantry (schema ${found}; this one knows ${newest}).`,
      'Update Gantry, or set GANTRY_HOME to another folder.',
    );
  }
  for (const migration of migrations) {
    if (migration.version <= found) continue;
    db.transaction(() => {
      db.exec(migration.sql);
      db.pragma(`user_version = ${migration.version}`);
    }).immediate();
  }
}

/**
 * Opens Gantry's database, makes it when it is missing and brings its schema up to date. `:memory:` opens one that lives as
 * long as its connection.
 *
 * WAL with `synchronous = FULL`: a commit is on the disk when the call returns. {@link QueueTransactions} lowers that to
 * NORMAL for transactions that can be redone after a power cut; a `kill -9` loses nothing under either.
 *
 * @throws ProblemError `database-failed` when the file is damaged, newer than this program or not writable; `no-space`.
 * The file is left as it was.
 */
export function openDatabase(file: string): Database {
  let db: Database | null = null;
  try {
    if (file !== ':memory:') makeFolder(dirname(file));
    db = new BetterSqlite(file, { timeout: BUSY_TIMEOUT_MS });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    db.pragma(`journal_size_limit = ${LOG_SIZE_LIMIT_BYTES}`);
    migrate(db, MIGRATIONS);
    return db;
  } catch (error) {
    db?.close();
    throw databaseProblem(error, file);
  }
}

/**
 * Makes the folder that holds everything of Gantry's, readable by its person only: it holds names of files and a token.
 * @throws ProblemError `database-failed`
 */
export function makeFolder(folder: string): void {
  try {
    makeFoldersSync(folder, 0o700);
  } catch (error) {
    throw problem(
      'database-failed',
      `Gantry's folder ${folder} cannot be made.`,
      'Grant write permission for the folder above it, or set GANTRY_HOME to another folder.',
      String(error),
    );
  }
}
