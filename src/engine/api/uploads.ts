import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, join } from 'node:path';
import { writeProblem } from '../hosts/file-problem.ts';
import { candidatePath, sanitizeFileName } from '../tasks/output-path.ts';
import { bodyChunks } from './json-body.ts';
import { HttpProblemError, statusOf } from './problem-response.ts';

const FOLDER_PREFIX = 'upload-';
/** What a file is called until all of it has arrived: a name that `uploadName` never makes. */
const PARTIAL_NAME = '.partial';
/** An upload that stops arriving for this long is given up. */
const IDLE_MS = 120_000;

/** A file that arrived whole. */
export interface Upload {
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * Streams a request's body into a fresh folder below `uploadFolder`. The file has its name only once it is complete and
 * on the disk; an upload that breaks off leaves nothing.
 * @throws HttpProblemError 507 `no-space`, 422 when the folder cannot be written.
 */
export async function receiveUpload(
  request: IncomingMessage,
  uploadFolder: string,
  name: string,
): Promise<Upload> {
  const folder = await makeFolder(uploadFolder);
  try {
    const partial = join(folder, PARTIAL_NAME);
    const sizeBytes = await writeBody(request, partial);
    const path = join(folder, uploadName(name));
    await writing(path, () => rename(partial, path));
    return { path, sizeBytes };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Removes what uploads left behind when the engine was killed in their middle. */
export async function removePartialUploads(uploadFolder: string): Promise<void> {
  const names = await readdir(uploadFolder).catch(() => []);
  for (const name of names.filter((candidate) => candidate.startsWith(FOLDER_PREFIX))) {
    const folder = join(uploadFolder, name);
    const isPartial = await stat(join(folder, PARTIAL_NAME)).then(
      () => true,
      () => false,
    );
    if (isPartial) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * A name from the network as one path component that every system takes: its last part, never hidden, never empty, safe
 * on Windows; a long one is cut and keeps its extension.
 */
export function uploadName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  // Characters that turn the direction of text make `gpj.exe` read as `exe.jpg`.
  const visible = last
    .replace(/\p{Bidi_Control}/gu, '_')
    .replace(/^[. ]+/, '')
    .replace(/[. ]+$/, '');
  if (visible === '') return 'upload';
  const [, stem, extension] = /^(.+)\.([^.]{1,16})$/s.exec(visible) ?? [];
  if (stem === undefined || extension === undefined) return sanitizeFileName(visible);
  return basename(candidatePath('/', stem, sanitizeFileName(extension), 1));
}

async function makeFolder(uploadFolder: string): Promise<string> {
  return writing(uploadFolder, async () => {
    await mkdir(uploadFolder, { recursive: true, mode: 0o700 });
    return mkdtemp(join(uploadFolder, FOLDER_PREFIX));
  });
}

async function writeBody(request: IncomingMessage, path: string): Promise<number> {
  const file = await writing(path, () => open(path, 'wx', 0o600));
  try {
    let sizeBytes = 0;
    for await (const chunk of bodyChunks(request, IDLE_MS)) {
      await writing(path, () => file.appendFile(chunk));
      sizeBytes += chunk.length;
    }
    await writing(path, () => file.sync());
    return sizeBytes;
  } finally {
    await file.close();
  }
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { problem } = writeProblem(error, path);
    throw new HttpProblemError(statusOf(problem.code), problem);
  }
}
