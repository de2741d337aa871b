import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { problem } from '../../common/problem.ts';
import { invalidRequest } from './invalid-input.ts';
import { HttpProblemError } from './problem-response.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const INDEX = '/index.html';
/** Vite puts a hash of the content into these names, so a name never changes its content. */
const HASHED = /^\/assets\/.+-[\w-]{8}\.\w+$/;

/**
 * The built user interface. Only files found when the server started are served, by exact path: no path that a client
 * makes up ever reaches the file system.
 */
export class StaticFiles {
  readonly #files: ReadonlyMap<string, string>;

  private constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
  }

  /** @throws ProblemError `invalid-request` when the folder holds no `index.html`. */
  static async load(folder: string): Promise<StaticFiles> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = new Map(
      entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => [`/${relative(folder, path).split(sep).join('/')}`, path]),
    );
    if (files.has(INDEX)) return new StaticFiles(files);
    throw problem(
      'invalid-request',
      `The folder ${folder} holds no built user interface.`,
      'Build it with `npm run build`, then start again.',
    );
  }

  /**
   * Sends the file of a path; the page itself for any other path that does not look like a file's.
   * @throws HttpProblemError 404, 405.
   */
  async send(pathname: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new HttpProblemError(
        405,
        invalidRequest('Pages can only be read.', 'Use GET. The API lives under `/api/v1`.'),
        { allow: 'GET, HEAD' },
      );
    }
    const wanted = decodePath(pathname);
    const name = this.#files.has(wanted) ? wanted : extname(wanted) === '' ? INDEX : null;
    const path = name === null ? undefined : this.#files.get(name);
    if (name === null || path === undefined) throw notFound();
    const { size } = await stat(path).catch(() => {
      throw notFound();
    });
    response.writeHead(200, {
      ...pageHeaders(request.headers.host ?? ''),
      'content-type': TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream',
      'content-length': String(size),
      'cache-control': cacheControl(name),
    });
    if (request.method === 'HEAD' || size === 0) response.end();
    else await pipeline(createReadStream(path, { end: size - 1 }), response).catch(() => response.destroy());
  }
}

function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

function cacheControl(name: string): string {
  if (name === INDEX) return 'no-store';
  return HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache';
}

/** `host` has been checked against the server's own names, so that it cannot smuggle anything into the policy. */
function pageHeaders(host: string): Record<string, string> {
  return {
    'content-security-policy': [
      "default-src 'self'",
      // Older browsers do not count a WebSocket to the same host as 'self'.
      `connect-src 'self' ws://${host} wss://${host}`,
      "img-src 'self' data: blob:",
      "media-src 'self' blob:",
      // Dialogs and toasts bring small style elements of their own.
      "style-src 'self' 'unsafe-inline'",
      "object-src 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ].join('; '),
  };
}

function notFound(): HttpProblemError {
  return new HttpProblemError(
    404,
    invalidRequest('Nothing is at this address.', 'Check the address. The API lives under `/api/v1`.'),
  );
}
