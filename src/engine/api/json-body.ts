import type { IncomingMessage } from 'node:http';
import { invalidRequest } from './invalid-input.ts';
import { HttpProblemError } from './problem-response.ts';

/** The largest JSON body that is read: 100,000 jobs with usual paths fit well. */
export const MAX_JSON_BYTES = 32 * 1024 * 1024;
/** A body that stops arriving for this long is given up. */
const IDLE_MS = 30_000;

/**
 * Reads a request's JSON. No body at all counts as `{}`.
 * @throws HttpProblemError 400 malformed, 413 too large, 415 not JSON.
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_JSON_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of bodyChunks(request, IDLE_MS)) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_JSON_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  if (sizeBytes === 0) return {};
  requireJsonType(request);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    throw new HttpProblemError(
      400,
      invalidRequest('The body is not valid JSON.', 'Send one JSON object, encoded as UTF-8.'),
    );
  }
}

/**
 * The body in pieces, leaving the request open when the reader stops, so that an answer can still be sent.
 * Ends with an error when the sender goes away; sending nothing for `idleMs` cuts it off.
 */
export async function* bodyChunks(
  request: IncomingMessage,
  idleMs: number,
): AsyncGenerator<Buffer, void, undefined> {
  const onIdle = () => request.destroy(new Error('The body stopped arriving.'));
  request.socket.setTimeout(idleMs, onIdle);
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } finally {
    request.socket.setTimeout(0);
    request.socket.removeListener('timeout', onIdle);
  }
}

function requireJsonType(request: IncomingMessage): void {
  const type = (request.headers['content-type'] ?? 'application/json').split(';', 1)[0]?.trim().toLowerCase();
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (type === 'application/json' && encoding === 'identity') return;
  throw new HttpProblemError(
    415,
    invalidRequest(
      'The body is not declared as plain JSON.',
      'Send it with `Content-Type: application/json` and no content encoding.',
    ),
  );
}

function tooLarge(): HttpProblemError {
  return new HttpProblemError(
    413,
    invalidRequest(
      `The body is larger than ${MAX_JSON_BYTES / 1024 / 1024} MiB.`,
      'Split it into several requests. Files go to `PUT /api/v1/uploads/{name}`.',
    ),
  );
}
