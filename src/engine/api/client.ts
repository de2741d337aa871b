import type { IncomingMessage } from 'node:http';
import { createORPCClient, mapEventIterator, ORPCError } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import { createRouterClient } from '@orpc/server';
import { WebSocket } from 'ws';
import type { Contract } from '../../common/contract/index.ts';
import { Problem, ProblemError, problem, toProblem } from '../../common/problem.ts';
import { API_PREFIX } from './rest.ts';
import type { EngineRouter } from './router.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * The engine's API, wherever the engine runs. A call that its signal calls off fails with the signal's reason; a
 * subscription ends or fails with it. Other errors are for `problemOf`.
 */
export interface EngineClient {
  readonly api: ContractRouterClient<Contract>;
  /** Ends the connection; calls still waiting for an answer fail. */
  close(): void;
}

/** A client that calls the router in this process. */
export function inProcessClient(router: EngineRouter): EngineClient {
  return { api: createRouterClient(router), close: () => {} };
}

/**
 * Connects to a running server over a WebSocket.
 * @param server.url the server's address, as `gantry serve` prints it; a query string in it is ignored
 * @throws ProblemError `engine-unreachable` when nothing answers, or what answers is no Gantry; `unauthorized` or
 * `forbidden` when the server refuses.
 */
export async function connect(server: { url: string; token: string }): Promise<EngineClient> {
  const url = webSocketUrl(server.url);
  const socket = await openSocket(url, server.token);
  const link = new RPCLink({
    // `ws` has the events of a browser's WebSocket, with types of its own.
    websocket: socket as unknown as globalThis.WebSocket,
    interceptors: [
      async ({ next, signal }) => {
        const explain = (error: unknown) => {
          if (error instanceof ORPCError) return error;
          if (signal?.aborted) return signal.reason;
          return socket.readyState === WebSocket.OPEN ? error : connectionLost(url);
        };
        try {
          const output = await next();
          return isAsyncIterator(output)
            ? mapEventIterator(output, {
                value: async (value) => value,
                error: async (error) => explain(error),
              })
            : output;
        } catch (error) {
          throw explain(error);
        }
      },
    ],
  });
  return { api: createORPCClient(link), close: () => socket.close() };
}

/** The problem that an error of any client stands for. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof ORPCError) {
    const carried = Problem.safeParse(error.data);
    if (carried.success) return carried.data;
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return {
      code: 'cancelled',
      message: 'The request was called off.',
      nextStep: 'Send it again when needed.',
    };
  }
  return toProblem(error);
}

function webSocketUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^(?:http|ws)s?:$/.test(url.protocol)) {
    throw problem(
      'invalid-request',
      'The address of the engine is not one.',
      'Give it as `gantry serve` prints it, e.g. http://127.0.0.1:4100.',
    );
  }
  const scheme = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss' : 'ws';
  return new URL(`${scheme}://${url.host}${API_PREFIX}/ws`);
}

function openSocket(url: URL, token: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: CONNECT_TIMEOUT_MS,
      perMessageDeflate: false,
      maxPayload: 0,
    });
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      readProblem(response).then((refusal) => {
        reject(refusal === null ? notGantry(url, response.statusCode) : new ProblemError(refusal));
        socket.terminate();
      });
    });
    // Stays for the socket's life: what happens after opening is told by the calls that fail.
    socket.on('error', (error) => reject(unreachable(url, error)));
  });
}

/** The problem in the body of a refusal; null when there is none. */
async function readProblem(response: IncomingMessage): Promise<Problem | null> {
  try {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > 64 * 1024) return null;
      chunks.push(chunk);
    }
    return Problem.safeParse(JSON.parse(Buffer.concat(chunks).toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}

function isAsyncIterator(value: unknown): value is AsyncIterator<unknown, unknown, undefined> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'next' in value;
}

function unreachable(url: URL, cause: unknown): ProblemError {
  return problem(
    'engine-unreachable',
    `No engine answers at ${url.host}.`,
    'Check that `gantry serve` is running there, and the address.',
    cause instanceof Error ? cause.message : String(cause),
  );
}

function notGantry(url: URL, status: number | undefined): ProblemError {
  return problem(
    'engine-unreachable',
    `What answers at ${url.host} is not a Gantry engine.`,
    'Check the address.',
    `HTTP status ${status ?? 'missing'}`,
  );
}

function connectionLost(url: URL): ProblemError {
  return problem(
    'engine-unreachable',
    `The connection to the engine at ${url.host} has ended.`,
    'Check that the engine is still running, then connect again.',
  );
}
