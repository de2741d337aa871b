import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import BetterSqlite, { type Database } from 'better-sqlite3';
import { z } from 'zod';
import { problem } from '../../common/problem.ts';
import { makeFolder } from './database.ts';
import { databaseProblem, sqliteCode } from './database-problem.ts';

/** Who holds a Gantry home, and how to talk to it. */
export const EngineInfo = z.object({
  pid: z.number().int().positive(),
  startedAt: z.string(),
  /** What was started, e.g. `gantry serve`. */
  command: z.string(),
  /** Where it answers; null when it does not. */
  url: z.string().nullable(),
  token: z.string().nullable(),
  version: z.string(),
});
export type EngineInfo = z.infer<typeof EngineInfo>;

const LOCK_FILE = 'engine.lock.db';
const INFO_FILE = 'engine.json';

/** The right to be the one engine of a home. Held until `release`, or until the kernel ends the process. */
export class EngineLock {
  readonly #home: string;
  readonly #held: Database;

  constructor(home: string, held: Database) {
    this.#home = home;
    this.#held = held;
  }

  /** Tells other processes who holds the home. The file is replaced in one step and readable by its person only. */
  publish(info: EngineInfo): void {
    const path = join(this.#home, INFO_FILE);
    const draft = `${path}.new`;
    try {
      const file = openSync(draft, 'w', 0o600);
      try {
        writeSync(file, `${JSON.stringify(info)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      // The mode above counts only for a new file; a draft left by a crash keeps its own.
      chmodSync(draft, 0o600);
      renameSync(draft, path);
    } catch (error) {
      throw problem(
        'database-failed',
        `${path} cannot be written.`,
        'Grant write permission for the folder, or set GANTRY_HOME to another folder.',
        String(error),
      );
    }
  }

  /** Lets the next engine in. Further calls do nothing. */
  release(): void {
    if (!this.#held.open) return;
    forgetInfo(this.#home);
    this.#held.close();
  }
}

function forgetInfo(home: string): void {
  rmSync(join(home, INFO_FILE), { force: true });
  rmSync(join(home, `${INFO_FILE}.new`), { force: true });
}

/** What the holder of a home published; null when it has not yet, or when nobody holds it. */
export function readEngineInfo(home: string): EngineInfo | null {
  try {
    const found = EngineInfo.safeParse(JSON.parse(readFileSync(join(home, INFO_FILE), 'utf8')));
    return found.success ? found.data : null;
  } catch {
    return null;
  }
}

/** How long to try again where nobody is seen to hold the home. */
const PATIENCE_MS = 250;

/**
 * Takes the home for this process, or says who has it. Makes the folder (0700) when it is missing.
 *
 * The lock is an exclusive transaction on a small SQLite file of its own: a kernel file lock on every platform, which ends
 * with its process however that ends, and needs no guess whether a number in a file is still the same process.
 *
 * `heldBy` is null when the holder has not said who it is: it is just starting or stopping.
 * @throws ProblemError `database-failed` when the folder cannot be used.
 */
export function acquireEngineLock(home: string): { lock: EngineLock } | { heldBy: EngineInfo | null } {
  makeFolder(home);
  const lock = tryLock(home, 0);
  if (lock !== null) return { lock };
  const holder = readEngineInfo(home);
  if (holder !== null && isAlive(holder.pid)) return { heldBy: holder };
  // Two that start in the same instant can be in each other's way so that neither gets the lock.
  const late = tryLock(home, PATIENCE_MS);
  return late === null ? { heldBy: readEngineInfo(home) } : { lock: late };
}

/** Null when another process has the lock. */
function tryLock(home: string, waitMs: number): EngineLock | null {
  const file = join(home, LOCK_FILE);
  let db: Database | null = null;
  try {
    db = new BetterSqlite(file, { timeout: waitMs });
    db.exec('BEGIN EXCLUSIVE');
    // What an engine that was killed had published is void now; nobody may be sent to it.
    forgetInfo(home);
    return new EngineLock(home, db);
  } catch (error) {
    db?.close();
    if (sqliteCode(error)?.startsWith('SQLITE_BUSY')) return null;
    throw databaseProblem(error, file);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
