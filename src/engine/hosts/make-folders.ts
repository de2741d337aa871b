import { promises as fs, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

// Node's own `mkdir` with `recursive` never ends where a system answers that the parent is missing although it is there
// (procfs does).

function errno(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Makes a folder and those above it that are missing. No error when it is there. */
export function makeFolders(path: string): Promise<void> {
  return make(path, true);
}

/** @param mayTryAgain somebody else may make the parent between the failure and the look at it */
async function make(path: string, mayTryAgain: boolean): Promise<void> {
  try {
    await fs.mkdir(path);
  } catch (error) {
    if (errno(error) === 'EEXIST' && (await fs.stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (errno(error) !== 'ENOENT' || parent === path || !mayTryAgain) throw error;
    const isThere = (await fs.stat(parent).catch(() => null)) !== null;
    if (!isThere) await make(parent, true);
    await make(path, false);
  }
}

/** The same at once, with the mode for each folder that is made. */
export function makeFoldersSync(path: string, mode: number): void {
  makeSync(path, mode, true);
}

function makeSync(path: string, mode: number, mayTryAgain: boolean): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (errno(error) === 'EEXIST' && statSync(path).isDirectory()) return;
    const parent = dirname(path);
    if (errno(error) !== 'ENOENT' || parent === path || !mayTryAgain) throw error;
    const isThere = statSync(parent, { throwIfNoEntry: false }) !== undefined;
    if (!isThere) makeSync(parent, mode, true);
    makeSync(path, mode, false);
  }
}
