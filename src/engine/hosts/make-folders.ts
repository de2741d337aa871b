import { promises as fs, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

// Node's own `mkdir` with `recursive` never ends where a system answers that the parent is missing although it is there
// (procfs does).

function errno(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Makes a folder and those above it that are missing. No error when it is there. */
export async function makeFolders(path: string): Promise<void> {
  try {
    await fs.mkdir(path);
  } catch (error) {
    if (errno(error) === 'EEXIST' && (await fs.stat(path)).isDirectory()) return;
    const parent = dirname(path);
    const isThere = async () => (await fs.stat(parent).catch(() => null)) !== null;
    if (errno(error) !== 'ENOENT' || parent === path || (await isThere())) throw error;
    await makeFolders(parent);
    await makeFolders(path);
  }
}

/** The same at once, with the mode for each folder that is made. */
export function makeFoldersSync(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (errno(error) === 'EEXIST' && statSync(path).isDirectory()) return;
    const parent = dirname(path);
    const isThere = statSync(parent, { throwIfNoEntry: false }) !== undefined;
    if (errno(error) !== 'ENOENT' || parent === path || isThere) throw error;
    makeFoldersSync(parent, mode);
    makeFoldersSync(path, mode);
  }
}
