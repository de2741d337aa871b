import { randomBytes } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { problem } from '../../common/problem.ts';
import type { Backend } from './backend.ts';
import { UNFORESEEN } from './contract-error.ts';
import { Gate } from './gate.ts';
import { invalidRequest } from './invalid-input.ts';
import { OutputTickets } from './output-ticket.ts';
import { HttpProblemError, sendError } from './problem-response.ts';
import { API_PREFIX, createRestHandler, type RestHandler } from './rest.ts';
import type { EngineRouter } from './router.ts';
import { StaticFiles } from './static-files.ts';
import { removePartialUploads } from './uploads.ts';
import { WebSocketHost } from './websocket.ts';

/** How long requests that are being answered may go on after `close()`. */
const CLOSE_GRACE_MS = 2_000;
const SWEEP_MS = 20;
const CLEANUP_MS = 1_000;
const HEADERS_TIMEOUT_MS = 15_000;
const TIMEOUT_CHECK_MS = 5_000;
const EVENTS_PATH = `${API_PREFIX}/events`;

export interface ServerOptions {
  readonly router: EngineRouter;
  readonly backend: Backend;
  /** Name or address to listen on. Default 127.0.0.1: this machine only. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** What every request must bring. Made up when left out. */
  readonly token?: string;
  /** The built user interface; null serves the API alone. */
  readonly staticFolder: string | null;
  readonly version: string;
  /** Further names people may reach the server by: `name` or `name:port`. */
  readonly allowedHosts?: readonly string[];
  /** Called with faults that nobody foresaw, for the log. Never with tokens or addresses of requests. */
  readonly onError?: (error: unknown) => void;
  /** The clock that links to outputs expire by. */
  readonly nowMs?: () => number;
}

export interface RunningServer {
  /** Address of the user interface, without the token. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Ends WebSockets and event streams at once, lets other requests finish for a moment, and frees the port. */
  close(): Promise<void>;
}

/** A token that nobody guesses: 256 random bits, safe in URLs. */
export function createToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Serves REST, WebSocket and the user interface on one port. Everything under `/api` needs the token; every request must
 * name this server as its host and, where it has an origin, come from this server's own pages.
 * @throws ProblemError `invalid-request` when the port is taken or the address is not one of this machine's.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const bindHost = options.host ?? '127.0.0.1';
  const token = options.token ?? createToken();
  const onError = options.onError ?? (() => {});
  const files = options.staticFolder === null ? null : await StaticFiles.load(options.staticFolder);
  await removePartialUploads(options.backend.uploadFolder());

  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    // Uploads take as long as they take; every body is cut off when it stalls.
    requestTimeout: 0,
    // An offer of HTTP/2 (curl makes one) is passed over, as the RFC allows.
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
  });
  await listen(server, bindHost, options.port ?? 0);
  const { port } = server.address() as AddressInfo;

  const tickets = new OutputTickets(options.nowMs);
  const gate = new Gate({ bindHost, port, allowedHosts: options.allowedHosts ?? [] }, token, tickets);
  const rest = createRestHandler({ ...options, tickets });
  const sockets = new WebSocketHost(options.router);
  const active = new Map<ServerResponse, { pathname: string; done: Promise<void> }>();

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const pathname = pathnameOf(request);
    const done = respond({ gate, rest, files }, request, response, pathname)
      .catch((error: unknown) => sendError(request, response, error, onError))
      .finally(() => active.delete(response));
    active.set(response, { pathname: pathname ?? '', done });
  };
  server.on('request', answer);
  // Without a listener Node would answer an unknown `Expect` itself, before anybody checked the token.
  server.on('checkExpectation', answer);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const isAnswering = [...active.keys()].some((response) => response.socket === socket);
    if (isAnswering || !socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else sendRaw(socket, malformed(error.code));
  });
  server.on('upgrade', (request, socket, head) => {
    try {
      gate.checkUpgrade(request, pathnameOf(request));
      sockets.accept(request, socket, head);
    } catch (error) {
      sendRaw(socket, error);
    }
  });

  const close = async () => {
    const isClosed = new Promise((resolve) => server.close(resolve));
    const answers = [...active.values()].map(({ done }) => done);
    for (const [response, { pathname }] of active) if (pathname === EVENTS_PATH) response.destroy();
    // Connections fall idle as their last answers go out.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    const deadline = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    await sockets.close();
    await isClosed;
    clearInterval(sweep);
    clearTimeout(deadline);
    // Uploads that were cut off remove what they wrote; what never ends is not waited for.
    await Promise.race([Promise.allSettled(answers), delay(CLEANUP_MS, undefined, { ref: false })]);
  };
  let closing: Promise<void> | null = null;
  return {
    url: `http://${bindHost.includes(':') ? `[${bindHost}]` : bindHost}:${port}`,
    port,
    token,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function respond(
  { gate, rest, files }: { gate: Gate; rest: RestHandler; files: StaticFiles | null },
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string | null,
): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  gate.checkSource(request);
  const isPage = pathname !== null && !isApiPath(pathname);
  if (!isPage || files === null) {
    response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    response.setHeader('cache-control', 'no-store');
    gate.checkToken(request, pathname ?? '');
    await rest(request, response, pathname ?? '');
  } else await files.send(pathname, request, response);
}

/** Null when the request's target is no path: a proxy's absolute form, or `*`. */
function pathnameOf(request: IncomingMessage): string | null {
  const target = request.url ?? '';
  if (!target.startsWith('/')) return null;
  const pathname = URL.parse(`http://localhost${target}`)?.pathname;
  return pathname ?? null;
}

/** Whether a path is the API's in any spelling, so that no odd one slips past the token. */
function isApiPath(pathname: string): boolean {
  let decoded = pathname;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    // An ill-encoded path is judged as it is.
  }
  return /^[/\\]*api(?:[/\\]|$)/i.test(decoded);
}

/** Answers on a bare socket, where Node has made no response to write to. */
function sendRaw(socket: Duplex, error: unknown): void {
  const { status, problem: reason } =
    error instanceof HttpProblemError ? error : { status: 500, problem: UNFORESEEN };
  const body = JSON.stringify(reason);
  socket.on('error', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

/** What Node's parser refused, by its error code. */
function malformed(code: string | undefined): HttpProblemError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new HttpProblemError(
      431,
      invalidRequest('The address and headers are too long.', 'Shorten them.'),
    );
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new HttpProblemError(408, invalidRequest('The request stopped arriving.', 'Send it again.'));
  }
  return new HttpProblemError(400, invalidRequest('The request is not HTTP.', 'Send HTTP/1.1.'));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        problem(
          'invalid-request',
          `The server cannot listen on ${host}, port ${port}.`,
          'Choose another port or address; port 0 takes a free one.',
          String(error),
        ),
      );
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}
