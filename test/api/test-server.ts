import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, type ServerOptions, startServer } from '../../src/engine/api/http-server.ts';
import { createRouter, type EngineRouter } from '../../src/engine/api/router.ts';
import { BackendDouble } from './backend-double.ts';

export interface TestServer extends AsyncDisposable {
  readonly server: RunningServer;
  readonly backend: BackendDouble;
  readonly router: EngineRouter;
  readonly folder: string;
  /** Faults that the server reported. */
  readonly faults: unknown[];
}

/** A real server on a free loopback port, over a backend double. */
export async function startTestServer(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-api-'));
  const backend = new BackendDouble(folder);
  const faults: unknown[] = [];
  const onError = (error: unknown) => faults.push(error);
  const router = createRouter(backend, { onError });
  const server = await startServer({
    router,
    backend,
    staticFolder: null,
    version: '0.0.0-test',
    onError,
    ...options,
  });
  return {
    server,
    backend,
    router,
    folder,
    faults,
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface RawRequest {
  readonly method?: string;
  /** Sent as it is: never normalised, never encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
  /** Milliseconds after which the request counts as hung. */
  readonly timeoutMs?: number;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  json(): unknown;
}

/** Sends exactly what it is told to, which `fetch` would not. */
export function send(port: number, options: RawRequest): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      agent: false,
      method: options.method ?? 'GET',
      path: options.path,
      headers: { ...options.headers },
      signal: AbortSignal.timeout(options.timeoutMs ?? 10_000),
    });
    request.on('error', reject);
    request.on('response', async (response) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
        const body = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body,
          json: () => JSON.parse(body.toString('utf8')) as unknown,
        });
      } catch (error) {
        reject(error);
      }
    });
    request.end(options.body);
  });
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
