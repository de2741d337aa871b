import { request as httpRequest, type IncomingMessage } from 'node:http';
import fc, { type Arbitrary } from 'fast-check';
import { Problem } from '../../src/common/problem.ts';
import { anyJson, anyText, nearlyValuesOf, valuesOf } from './json-schema-arbitrary.ts';
import { OpenApiCheck, type Operation } from './openapi-check.ts';
import { bearer } from './test-server.ts';

export interface FuzzOptions {
  /** Address of the server, as `gantry serve` prints it. */
  readonly url: string;
  readonly token: string;
  /** Requests per operation. */
  readonly runs: number;
  /** A request that takes longer counts as hung. Default 20,000. */
  readonly timeoutMs?: number;
  /** Repeats a run that failed. */
  readonly seed?: number;
}

export interface FuzzReport {
  readonly operations: number;
  readonly requests: number;
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<number, number>>;
}

interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

interface FuzzAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
const CONTENT_TYPES = [
  'application/json; charset=utf-16',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'application/octet-stream',
  'text/event-stream',
  'nonsense',
  ',;=',
];

/**
 * Sends requests made from the server's own OpenAPI document: valid, nearly valid and nonsense. Throws at the first
 * answer that breaks a promise, with the smallest request that does: never a 5xx, never a hang, every error body a
 * `Problem` without a stack trace, every 2xx body as its schema says.
 */
export async function fuzzServer(options: FuzzOptions): Promise<FuzzReport> {
  const { hostname, port } = new URL(options.url);
  const send = (request: FuzzRequest) =>
    exchange(hostname, Number(port), request, options.timeoutMs ?? 20_000);
  const document = await send({
    method: 'GET',
    path: '/api/v1/openapi.json',
    headers: bearer(options.token),
    body: null,
  });
  const api = new OpenApiCheck(JSON.parse(document.body.toString('utf8')));
  const statuses: Record<number, number> = {};
  let requests = 0;

  for (const operation of api.operations) {
    await fc.assert(
      fc.asyncProperty(requestsFor(operation, api, options.token), async (request) => {
        const answer = await send(request);
        requests += 1;
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        checkAnswer(api, operation, request, answer);
      }),
      {
        numRuns: options.runs,
        ...(options.seed === undefined ? {} : { seed: options.seed }),
        // The request as it was sent, not as fast-check counts it.
        reporter: (run) => {
          if (!run.failed) return;
          const request = JSON.stringify(run.counterexample?.[0])
            .replaceAll(options.token, '…')
            .slice(0, 4_000);
          throw new Error(
            `${operation.id}: ${String(run.errorInstance)}\nseed ${run.seed}, request ${request}`,
          );
        },
      },
    );
  }
  const alive = await send({
    method: 'GET',
    path: '/api/v1/health',
    headers: bearer(options.token),
    body: null,
  });
  if (alive.status !== 200) throw new Error(`After it all, health answered ${alive.status}.`);
  return { operations: api.operations.length, requests, statuses };
}

function checkAnswer(
  api: OpenApiCheck,
  operation: Operation,
  request: FuzzRequest,
  answer: FuzzAnswer,
): void {
  const { status, contentType, body } = answer;
  const told = `${status} ${body.toString('utf8').slice(0, 500)}`;
  if (status >= 500) throw new Error(`A fault: ${told}`);
  if (status >= 400) {
    if (request.method === 'HEAD') return;
    const problem = Problem.safeParse(parseJson(body));
    if (!problem.success || !contentType.startsWith('application/json'))
      throw new Error(`No problem: ${told}`);
    if (/node_modules|\n\s+at \S+/.test(body.toString('utf8'))) throw new Error(`A stack trace: ${told}`);
    return;
  }
  if (request.method !== operation.method) return;
  if (contentType.startsWith('text/event-stream')) {
    const data = /^data: (.+)$/m.exec(body.toString('utf8'))?.[1] ?? 'null';
    const violation = api.schemaViolation('EventBatch', JSON.parse(data));
    if (violation !== null) throw new Error(`An event unlike its schema: ${violation}: ${told}`);
  } else if (contentType.startsWith('application/json')) {
    // A made-up path may land on a neighbour, whose answer has another schema.
    if (!isPathOf(operation, request.path)) return;
    const violation = api.violation(operation, status, parseJson(body));
    if (violation !== null) throw new Error(`An answer unlike its schema: ${violation}: ${told}`);
  }
}

function isPathOf(operation: Operation, path: string): boolean {
  const template = operation.template.replace(/\{\w+\}/g, '[^/?#]+');
  return new RegExp(`^/api/v1${template}/?(?:[?].*)?$`).test(path);
}

function requestsFor(operation: Operation, api: OpenApiCheck, token: string): Arbitrary<FuzzRequest> {
  const mostly = <T>(usual: Arbitrary<T>, odd: Arbitrary<T>) =>
    fc.oneof({ weight: 8, arbitrary: usual }, { weight: 1, arbitrary: odd });
  return fc
    .record({
      method: mostly(fc.constant(operation.method), fc.constantFrom(...METHODS)),
      path: paths(operation, api),
      query: queries(operation, api),
      body: bodies(operation, api),
      contentType: mostly(
        fc.constant<string | null>('application/json'),
        fc.constantFrom<(string | null)[]>(null, ...CONTENT_TYPES),
      ),
      extra: mostly(fc.constant({}), oddHeaders()),
    })
    .map(({ method, path, query, body, contentType, extra }) => ({
      method,
      path: `/api/v1${path}${query}`,
      headers: {
        ...bearer(token),
        ...(contentType === null ? {} : { 'content-type': contentType }),
        ...(extra as Record<string, string>),
      },
      body: method === 'GET' || method === 'HEAD' || method === 'TRACE' ? null : body,
    }));
}

function paths(operation: Operation, api: OpenApiCheck): Arbitrary<string> {
  const parts = operation.template.split('/').map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) return fc.constant(part);
    const schema = operation.spec.parameters?.find((parameter) => parameter.name === name)?.schema ?? {};
    const value = fc.oneof(
      // Ids that exist once jobs were added.
      fc.constantFrom('1', '2', '3'),
      valuesOf(schema, api.schemas).map(String),
      anyText.map((text) => text.slice(0, 2_000)),
    );
    return value.map((text) => encodeURIComponent(text.toWellFormed()));
  });
  return fc.tuple(...parts).map((segments) => segments.join('/'));
}

function queries(operation: Operation, api: OpenApiCheck): Arbitrary<string> {
  const known = (operation.spec.parameters ?? []).filter((parameter) => parameter.in === 'query');
  const encode = (text: string) => encodeURIComponent(text.toWellFormed().slice(0, 1_000));
  const pairs = known.map(({ name, schema }) => {
    const value = fc.oneof(valuesOf(schema, api.schemas), anyText, fc.array(anyText, { maxLength: 3 }));
    return fc.option(value).map((given) => {
      if (given === null) return [];
      return [given].flat().map((one) => `${name}=${encode(String(one))}`);
    });
  });
  const oddKey = fc.oneof(
    anyText,
    fc.constantFrom(
      '__proto__',
      '__proto__[x]',
      'constructor[prototype][x]',
      'a[b][c][d]',
      '0',
      '[]',
      'status[9999]',
    ),
  );
  const odd = fc
    .array(fc.tuple(oddKey, anyText), { maxLength: 3 })
    .map((entries) => entries.map(([key, value]) => `${encode(key)}=${encode(value)}`));
  const oddly = fc.oneof({ weight: 4, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: odd });
  return fc.tuple(...pairs, oddly).map((lists) => {
    const all = lists.flat().join('&');
    return all === '' ? '' : `?${all}`;
  });
}

function bodies(operation: Operation, api: OpenApiCheck): Arbitrary<string | Uint8Array | null> {
  const schema = operation.spec.requestBody?.content['application/json']?.schema;
  const json = (values: Arbitrary<unknown>) => values.map((value) => JSON.stringify(value) ?? 'null');
  const broken = fc.oneof(
    fc.constantFrom(
      '',
      '{',
      '}',
      '[',
      '{"ids":',
      '{"ids":["1"]',
      '{"a":1}{"a":1}',
      "{'ids':[]}",
      '\u0000',
      'NaN',
    ),
    fc.constant(`${'['.repeat(50_000)}`),
    fc.constant(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`),
    fc.constant('{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}'),
    fc.uint8Array({ maxLength: 200 }),
    anyText,
  );
  if (schema === undefined) {
    return fc.oneof(
      { weight: 4, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: json(anyJson) },
      { weight: 1, arbitrary: broken },
    );
  }
  return fc.oneof(
    { weight: 4, arbitrary: json(valuesOf(schema, api.schemas)) },
    { weight: 4, arbitrary: json(nearlyValuesOf(schema, api.schemas)) },
    { weight: 1, arbitrary: json(anyJson) },
    { weight: 1, arbitrary: broken },
  );
}

function oddHeaders(): Arbitrary<Record<string, string>> {
  const value = fc.oneof(
    fc.string().map((text) => text.trim()),
    fc.constantFrom(
      'bytes=0-',
      'bytes=9-1',
      'bytes=-',
      'gzip',
      '*/*',
      'text/html',
      '"x"',
      'W/"x"',
      'x'.repeat(9_000),
    ),
  );
  const name = fc.constantFrom(
    'accept',
    'accept-encoding',
    'content-encoding',
    'content-disposition',
    'cookie',
    'expect',
    'if-none-match',
    'if-range',
    'last-event-id',
    'range',
    'x-forwarded-host',
    'x-http-method-override',
  );
  return fc.dictionary(name, value, { maxKeys: 3 });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** One request on a connection of its own. Of an event stream, only what comes up to the first event is read. */
function exchange(host: string, port: number, options: FuzzRequest, timeoutMs: number): Promise<FuzzAnswer> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body } = options;
    // Node's client frames the body of some methods only when it is told the length.
    const framing = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = httpRequest({
      host,
      port,
      agent: false,
      method,
      path,
      headers: { ...headers, ...framing },
    });
    const timer = setTimeout(() => request.destroy(new Error(`No answer in ${timeoutMs} ms.`)), timeoutMs);
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    request.on('error', (error) => finish(() => reject(error)));
    request.on('response', (response) => {
      readAnswer(response).then(
        (answer) => finish(() => resolve(answer)),
        (error: unknown) => finish(() => reject(error)),
      );
    });
    request.end(body ?? undefined);
  });
}

async function readAnswer(response: IncomingMessage): Promise<FuzzAnswer> {
  const contentType = response.headers['content-type'] ?? '';
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (
      contentType.startsWith('text/event-stream') &&
      /^data: .+\n\n/m.test(Buffer.concat(chunks).toString())
    )
      break;
  }
  return { status: response.statusCode ?? 0, contentType, body: Buffer.concat(chunks) };
}
