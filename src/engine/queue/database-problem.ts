import BetterSqlite from 'better-sqlite3';
import { ProblemError, problem } from '../../common/problem.ts';

/** SQLite's result code, e.g. `SQLITE_CORRUPT_INDEX`; null when the error is not SQLite's. */
export function sqliteCode(error: unknown): string | null {
  return error instanceof BetterSqlite.SqliteError ? error.code : null;
}

/**
 * Why SQLite could not read or write the queue, as a typed problem. The file itself is never touched: what a person can
 * still rescue from it is theirs to decide. Errors that are not SQLite's come back as they are.
 * Codes: https://sqlite.org/rescode.html
 */
export function databaseProblem(error: unknown, file: string): unknown {
  const code = sqliteCode(error);
  if (code === null || error instanceof ProblemError) return error;
  const detail = `${code}: ${error instanceof Error ? error.message : String(error)}`;
  if (code === 'SQLITE_FULL') {
    return problem(
      'no-space',
      `The disk that holds ${file} is full.`,
      'Free space on that disk; the queue goes on by itself.',
      detail,
    );
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return problem(
      'database-failed',
      `The queue's database ${file} is damaged.`,
      'Move the file to another folder to begin with an empty queue, or put a backup in its place.',
      detail,
    );
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code === 'SQLITE_PERM') {
    return problem(
      'database-failed',
      `The queue's database ${file} cannot be opened for writing.`,
      'Grant write permission for the file and its folder, then start again.',
      detail,
    );
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return problem(
      'database-failed',
      `Another program holds the queue's database ${file}.`,
      'Close that program, then try again.',
      detail,
    );
  }
  return problem(
    'database-failed',
    `Reading or writing the queue's database ${file} failed.`,
    'Check the disk, then start again.',
    detail,
  );
}
