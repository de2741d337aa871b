import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import type { JobId } from '../../common/ids.ts';
import { makeFolders } from '../hosts/make-folders.ts';

const LONGEST_LOG_BYTES = 256 * 1024;

/** The encoder's own words, one file per job, attempt after attempt. Losing a log never fails a job. */
export class JobLogs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  #path(id: JobId): string {
    return join(this.#folder, `${id}.log`);
  }

  async append(id: JobId, text: string): Promise<void> {
    try {
      await makeFolders(this.#folder);
      await fs.appendFile(this.#path(id), text.endsWith('\n') ? text : `${text}\n`);
    } catch {
      // A full disk fails the encode with its own reason; the log of it is the smaller loss.
    }
  }

  /** The last part of the log, 256 KiB at the most; empty when there is none. */
  async read(id: JobId): Promise<string> {
    try {
      const text = await fs.readFile(this.#path(id));
      return text.subarray(Math.max(0, text.length - LONGEST_LOG_BYTES)).toString('utf8');
    } catch {
      return '';
    }
  }

  async remove(ids: readonly JobId[]): Promise<void> {
    for (const id of ids) await fs.rm(this.#path(id), { force: true }).catch(() => {});
  }
}
