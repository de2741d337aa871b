import { constants, promises as fs } from 'node:fs';
import { dirname } from 'node:path';
import { notAFolder, readProblem, writeProblem } from './file-problem.ts';
import type { FileStat, HostFiles } from './host.ts';
import { makeFolders } from './make-folders.ts';

const DEFAULT_READ_LIMIT_BYTES = 64 * 1024 * 1024;

function hasErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

async function syncToDisk(path: string): Promise<void> {
  const handle = await fs.open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A folder's entry list reaches the disk only when the folder itself is synced; Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await syncToDisk(folder);
}

/** Gives a file its second name, failing when that is taken. Some file systems (exFAT, SMB) have no hard links. */
async function moveWithoutReplacing(temporary: string, final: string): Promise<void> {
  try {
    await fs.link(temporary, final);
  } catch (error) {
    if (!hasErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
    const taken = await fs.stat(final).then(
      () => true,
      () => false,
    );
    if (taken) throw Object.assign(new Error(`file exists: ${final}`), { code: 'EEXIST' });
    await fs.rename(temporary, final);
    return;
  }
  await fs.unlink(temporary);
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): FileStat['kind'] {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'folder' : 'other';
}

/** The files of this machine. */
export const localFiles: HostFiles = {
  async stat(path) {
    try {
      const stat = await fs.stat(path, { bigint: true });
      return {
        kind: kindOf(stat),
        sizeBytes: Number(stat.size),
        modifiedAtMs: Number(stat.mtimeMs),
        fileId: `${stat.dev}:${stat.ino}`,
      };
    } catch (error) {
      if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP')) return null;
      throw readProblem(error, path);
    }
  },

  async list(folder) {
    try {
      const entries = await fs.readdir(folder, { withFileTypes: true });
      return await Promise.all(
        entries.map(async (entry) => {
          // A link counts as what it points to; one that points nowhere is neither file nor folder.
          const target = entry.isSymbolicLink()
            ? await fs.stat(`${folder}/${entry.name}`).catch(() => entry)
            : entry;
          return { name: entry.name, kind: kindOf(target) };
        }),
      );
    } catch (error) {
      throw readProblem(error, folder);
    }
  },

  async makeFolder(path) {
    try {
      await makeFolders(path);
    } catch (error) {
      if (hasErrno(error, 'EEXIST', 'ENOTDIR')) throw notAFolder(path, error);
      throw writeProblem(error, path);
    }
  },

  async remove(path) {
    try {
      await fs.rm(path, { recursive: true, force: true });
    } catch (error) {
      throw writeProblem(error, path);
    }
  },

  async readText(path, maxBytes = DEFAULT_READ_LIMIT_BYTES) {
    try {
      const handle = await fs.open(path, 'r');
      try {
        const { size } = await handle.stat();
        const buffer = Buffer.alloc(Math.min(size, maxBytes));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, Math.max(0, size - buffer.length));
        return buffer.toString('utf8', 0, bytesRead);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw readProblem(error, path);
    }
  },

  async readHead(path, byteCount) {
    try {
      const handle = await fs.open(path, 'r');
      try {
        const buffer = Buffer.alloc(byteCount);
        const { bytesRead } = await handle.read(buffer, 0, byteCount, 0);
        return buffer.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw readProblem(error, path);
    }
  },

  async writeText(path, text) {
    try {
      await fs.writeFile(path, text);
    } catch (error) {
      throw writeProblem(error, path);
    }
  },

  async publish(temporary, final, { overwrite }) {
    try {
      await syncToDisk(temporary);
      if (overwrite) await fs.rename(temporary, final);
      else await moveWithoutReplacing(temporary, final);
      await syncFolder(dirname(final));
    } catch (error) {
      throw writeProblem(error, final);
    }
  },

  async freeSpaceBytes(folder) {
    return (await localFiles.diskSpace(folder)).freeBytes;
  },

  async diskSpace(folder) {
    try {
      const stat = await fs.statfs(folder);
      return { freeBytes: stat.bavail * stat.bsize, totalBytes: stat.blocks * stat.bsize };
    } catch (error) {
      throw readProblem(error, folder);
    }
  },
};
