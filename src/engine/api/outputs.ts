import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { JobId } from '../../common/ids.ts';
import { problem } from '../../common/problem.ts';
import type { Backend } from './backend.ts';
import { type ByteRange, parseByteRange } from './byte-range.ts';
import { invalidRequest } from './invalid-input.ts';
import { HttpProblemError } from './problem-response.ts';

/** Types that players need to hear; anything else is just bytes. */
const TYPES: Readonly<Record<string, string>> = {
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mkv: 'video/x-matroska',
  mov: 'video/quicktime',
  webm: 'video/webm',
};

/**
 * Sends a job's finished file, or the part of it that `Range` asks for.
 * @throws ProblemError whatever `backend.outputFile` throws, `output-not-found` when the file is gone.
 */
export async function sendOutput(
  backend: Backend,
  jobId: JobId,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { path } = await backend.outputFile(jobId);
  const file = await openOutput(path);
  try {
    const { size, mtimeMs } = await file.stat();
    const etag = `"${size.toString(16)}-${Math.round(mtimeMs).toString(16)}"`;
    const ifRange = request.headers['if-range'];
    const isRangeCurrent = ifRange === undefined || ifRange === etag;
    const range = parseByteRange(isRangeCurrent ? request.headers.range : undefined, size);
    if (range.kind === 'unsatisfiable') throw rangeBeyondEnd(size);
    const { first, last } = range.kind === 'part' ? range : { first: 0, last: size - 1 };
    response.writeHead(range.kind === 'part' ? 206 : 200, {
      ...fileHeaders(path),
      ...rangeHeaders(range, size),
      'content-length': String(last - first + 1),
      etag,
    });
    if (request.method === 'HEAD' || size === 0) response.end();
    else await sendPart(file, first, last, response);
  } finally {
    await file.close();
  }
}

async function openOutput(path: string): Promise<FileHandle> {
  let file: FileHandle | null = null;
  try {
    file = await open(path, 'r');
    if ((await file.stat()).isFile()) return file;
    throw new Error('not a file');
  } catch (error) {
    await file?.close();
    throw problem(
      'output-not-found',
      `The output ${basename(path)} is no longer readable where it was written.`,
      'Bring the file back, or retry the job.',
      String(error),
    );
  }
}

async function sendPart(
  file: FileHandle,
  first: number,
  last: number,
  response: ServerResponse,
): Promise<void> {
  const part = file.createReadStream({
    start: first,
    end: last,
    autoClose: false,
    highWaterMark: 256 * 1024,
  });
  try {
    await pipeline(part, response);
  } catch (error) {
    // Players cut connections all the time; only a failing read is worth reporting.
    if (part.errored !== null && !isConnectionLoss(part.errored)) throw error;
  }
}

function isConnectionLoss(error: Error): boolean {
  return 'code' in error && (error.code === 'ERR_STREAM_PREMATURE_CLOSE' || error.code === 'ECONNRESET');
}

function fileHeaders(path: string): Record<string, string> {
  const extension = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  return {
    'content-type': TYPES[extension] ?? 'application/octet-stream',
    'content-disposition': attachment(basename(path)),
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
  };
}

function rangeHeaders(range: ByteRange, sizeBytes: number): Record<string, string> {
  if (range.kind !== 'part') return {};
  return { 'content-range': `bytes ${range.first}-${range.last}/${sizeBytes}` };
}

/** `Content-Disposition` that keeps any name (RFC 6266, encoded as in RFC 5987), with an ASCII stand-in for old clients. */
export function attachment(fileName: string): string {
  const ascii = fileName.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(fileName.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

function rangeBeyondEnd(sizeBytes: number): HttpProblemError {
  return new HttpProblemError(
    416,
    invalidRequest('The range lies beyond the end of the file.', 'Ask for bytes that the file has.'),
    { 'content-range': `bytes */${sizeBytes}` },
  );
}
