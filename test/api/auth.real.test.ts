import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from '../../src/common/problem.ts';
import { OpenApiCheck } from './openapi-check.ts';
import { bearer, type RawResponse, send, startTestServer, type TestServer } from './test-server.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];

/** Spellings of the API that a careless check would take for something else. */
const ODD_PATHS = [
  '/api',
  '/api/',
  '/api/v1',
  '/api/v1/',
  '/api/v1/nothing-here',
  '/api/v2/jobs',
  '/API/v1/jobs',
  '/Api/V1/Health',
  '//api/v1/jobs',
  '///api///v1///jobs',
  '/./api/v1/jobs',
  '/x/../api/v1/jobs',
  '/%61pi/v1/jobs',
  '/api%2Fv1%2Fjobs',
  '/api/v1/%6Aobs',
  '/api/v1/jobs/',
  '/api/v1/jobs//',
  '/api/v1/jobs/..',
  '/api/v1/jobs/%2e%2e/health',
  '/api\\v1\\jobs',
  '/api/v1/jobs?token=x',
  '/api/v1/jobs#x',
  '/api/v1/jobs;x',
  '/api/v1/%ff',
  '/api/v1/%zz',
  '/api/v1/output/1.99999999999999.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  '/api/v1/ws',
  '*',
  'http://127.0.0.1/api/v1/jobs',
];

let test: TestServer;
let withPages: TestServer;
let api: OpenApiCheck;

beforeAll(async () => {
  test = await startTestServer();
  const pages = await mkdtemp(join(test.folder, 'pages-'));
  await writeFile(join(pages, 'index.html'), '<!doctype html>');
  withPages = await startTestServer({ staticFolder: pages });
  api = await OpenApiCheck.load(test.server.port, test.server.token);
});
afterAll(async () => {
  await withPages[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
});

function expectUnauthorized(response: RawResponse, method: string): void {
  expect(response.status).toBe(401);
  if (method !== 'HEAD') expect(Problem.parse(response.json()).code).toBe('unauthorized');
  expect(response.headers['www-authenticate']).toBe('Bearer');
}

describe('without the token there is nothing but 401', () => {
  it('on every path of the OpenAPI document, with every method', async () => {
    const paths = [...new Set(api.operations.map(({ template }) => template.replace(/\{\w+\}/g, '1')))];
    expect(paths.length).toBeGreaterThan(20);
    for (const path of [...paths, '/openapi.json', '/health', '/ws']) {
      for (const method of METHODS) {
        const response = await send(test.server.port, { method, path: `/api/v1${path}` });
        expectUnauthorized(response, method);
      }
    }
  });

  it.each(ODD_PATHS)('on %s, with or without the user interface beside it', async (path) => {
    for (const method of METHODS) {
      for (const { server } of [test, withPages]) {
        expectUnauthorized(await send(server.port, { method, path }), method);
      }
    }
  });

  it('whatever body, query or expectation comes along', async () => {
    const { port } = test.server;
    const requests = [
      {
        method: 'POST',
        path: '/api/v1/jobs',
        body: '{broken',
        headers: { 'content-type': 'application/json' },
      },
      {
        method: 'POST',
        path: '/api/v1/jobs',
        body: 'x'.repeat(100_000),
        headers: { 'content-type': 'text/plain' },
      },
      { method: 'PUT', path: '/api/v1/uploads/a.mp4', body: 'x'.repeat(100_000) },
      { method: 'GET', path: '/api/v1/jobs?limit=nonsense' },
      { method: 'GET', path: '/api/v1/health', headers: { expect: 'the-unexpected' } },
      { method: 'GET', path: '/api/v1/health', headers: { connection: 'upgrade', upgrade: 'h2c' } },
    ];
    for (const request of requests) expectUnauthorized(await send(port, request), request.method);
  });

  it.each([
    ['an empty header', ''],
    ['the scheme alone', 'Bearer'],
    ['an empty token', 'Bearer '],
    ['another scheme', 'Basic TOKEN'],
    ['the token without a scheme', 'TOKEN'],
    ['a longer token', 'Bearer TOKENx'],
    ['a shorter token', 'Bearer SHORT'],
    ['the token twice', 'Bearer TOKEN TOKEN'],
    ['the token in quotes', 'Bearer "TOKEN"'],
    ['the token in other case', 'Bearer FLIPPED'],
  ])('with %s', async (_name, template) => {
    const { port, token } = test.server;
    const flipped = [...token]
      .map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase()))
      .join('');
    const authorization = template
      .replace('SHORT', token.slice(0, -1))
      .replace('FLIPPED', flipped)
      .replaceAll('TOKEN', token);
    expectUnauthorized(await send(port, { path: '/api/v1/health', headers: { authorization } }), 'GET');
  });

  it('with the token in the query, where logs and referrers would keep it', async () => {
    const { port, token } = test.server;
    expectUnauthorized(await send(port, { path: `/api/v1/health?token=${token}` }), 'GET');
  });

  it('and uploads leave nothing', async () => {
    const before = await send(test.server.port, {
      path: '/api/v1/health',
      headers: bearer(test.server.token),
    });
    expect(before.status).toBe(200);
    const { port } = test.server;
    await send(port, { method: 'PUT', path: '/api/v1/uploads/a.mp4', body: 'abc' });
    expect(await readdir(test.backend.uploadFolder()).catch(() => [])).toEqual([]);
  });
});

describe('with the token', () => {
  it.each(['Bearer', 'bearer', 'BEARER'])('the scheme may be written %s', async (scheme) => {
    const { port, token } = test.server;
    const response = await send(port, {
      path: '/api/v1/health',
      headers: { authorization: `${scheme} ${token}` },
    });
    expect(response.status).toBe(200);
  });

  it('an odd path is answered as the path it stands for, or with a problem', async () => {
    for (const path of ODD_PATHS) {
      const response = await send(test.server.port, { path, headers: bearer(test.server.token) });
      if (response.status === 200)
        expect(['jobs', 'status']).toContain(Object.keys(response.json() as object)[0]);
      else {
        expect([400, 404]).toContain(response.status);
        Problem.parse(response.json());
      }
    }
  });

  it('a known path names the methods it takes', async () => {
    const response = await send(test.server.port, {
      method: 'DELETE',
      path: '/api/v1/jobs',
      headers: bearer(test.server.token),
    });
    expect(response.status).toBe(405);
    expect(response.headers.allow?.split(', ').sort()).toEqual(['GET', 'POST']);
    Problem.parse(response.json());
  });
});

describe('the Host header', () => {
  const withHost = (host: string, extra: Record<string, string> = {}) =>
    send(test.server.port, {
      path: '/api/v1/health',
      headers: {
        ...bearer(test.server.token),
        host: host.replace('PORT', String(test.server.port)),
        ...extra,
      },
    });

  it.each(['127.0.0.1:PORT', 'localhost:PORT', 'LocalHost:PORT', '[::1]:PORT', '127.0.0.2:PORT'])(
    'may be %s',
    async (host) => {
      expect((await withHost(host)).status).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'evil.example:PORT',
    'localhost',
    '127.0.0.1',
    'localhost:1',
    'localhost:PORT0',
    'localhost.evil.example:PORT',
    'evil.example#localhost:PORT',
    'user@localhost:PORT',
    '127.0.0.1.evil.example:PORT',
    '0.0.0.0:PORT',
    '[::]:PORT',
    '127.1:PORT',
    '2130706433:PORT',
    'localhost:PORT:PORT',
    ' ',
  ])('is refused when it is %s', async (host) => {
    const response = await withHost(host);
    expect(response.status).toBe(403);
    expect(Problem.parse(response.json()).code).toBe('forbidden');
  });

  it('is refused when it is missing', async () => {
    const answer = await exchange(
      test.server.port,
      `GET /api/v1/health HTTP/1.0\r\nauthorization: Bearer ${test.server.token}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('may be a name that was allowed, on the server’s port or behind a proxy’s default one', async () => {
    await using named = await startTestServer({ allowedHosts: ['gantry.example', 'box.example:8443'] });
    const { port, token } = named.server;
    const status = async (host: string) =>
      (await send(port, { path: '/api/v1/health', headers: { ...bearer(token), host } })).status;
    expect(await status('gantry.example')).toBe(200);
    expect(await status(`gantry.example:${port}`)).toBe(200);
    expect(await status('box.example:8443')).toBe(200);
    expect(await status('gantry.example:1')).toBe(403);
    expect(await status('box.example')).toBe(403);
    expect(await status('other.example')).toBe(403);
  });
});

describe('the Origin header', () => {
  const withOrigin = (origin: string, method = 'GET') =>
    send(test.server.port, {
      method,
      path: '/api/v1/health',
      headers: { ...bearer(test.server.token), origin: origin.replace('PORT', String(test.server.port)) },
    });

  it('may be the server’s own', async () => {
    expect((await withOrigin('http://127.0.0.1:PORT')).status).toBe(200);
  });

  it.each([
    'null',
    'http://evil.example',
    'http://evil.example:PORT',
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    'http://localhost:PORT',
    'http://127.0.0.1:PORT.evil.example',
    'http://127.0.0.1:PORT/',
    'file://',
    'ftp://127.0.0.1:PORT',
    '',
  ])('is refused when it is %j', async (origin) => {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const response = await withOrigin(origin, method);
      expect(response.status).toBe(403);
      expect(Problem.parse(response.json()).code).toBe('forbidden');
    }
  });

  it('never brings a CORS header', async () => {
    const answers = [
      await withOrigin('http://127.0.0.1:PORT'),
      await withOrigin('http://evil.example'),
      await withOrigin('http://127.0.0.1:PORT', 'OPTIONS'),
    ];
    const names = answers.flatMap(({ headers }) => Object.keys(headers));
    expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

it('malformed HTTP is answered with a problem', async () => {
  for (const bytes of [
    'nonsense\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    `GET /${'a'.repeat(40_000)} HTTP/1.1\r\n\r\n`,
  ]) {
    const answer = await exchange(test.server.port, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    Problem.parse(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''));
  }
});

/** Sends bytes and returns everything that comes back until the server closes. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.write(bytes);
  });
}
