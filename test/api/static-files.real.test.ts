import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem, ProblemError } from '../../src/common/problem.ts';
import { startServer } from '../../src/engine/api/http-server.ts';
import { send, startTestServer, type TestServer } from './test-server.ts';

const SECRET = 'secret beside the pages';
let folder: string;
let test: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-pages-'));
  const pages = join(folder, 'pages');
  await mkdir(join(pages, 'assets'), { recursive: true });
  await writeFile(join(pages, 'index.html'), '<!doctype html><title>Gantry</title>');
  await writeFile(join(pages, 'icon.svg'), '<svg/>');
  await writeFile(join(pages, 'assets/index-B1x_9-zQ.js'), 'export {}');
  await writeFile(join(pages, 'assets/plain.js'), 'export {}');
  await writeFile(join(folder, 'secret.txt'), SECRET);
  await symlink(join(folder, 'secret.txt'), join(pages, 'link.txt'));
  test = await startTestServer({ staticFolder: pages });
});
afterAll(async () => {
  await test[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  send(test.server.port, { method, path, headers });

describe('the user interface needs no token', () => {
  it('the page is never stored, and its policy is strict', async () => {
    const { port } = test.server;
    const response = await get('/?token=abc');
    expect(response.status).toBe(200);
    expect(response.body.toString()).toContain('<title>Gantry</title>');
    expect(response.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    const policy = String(response.headers['content-security-policy']).split('; ');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'self'",
        `connect-src 'self' ws://127.0.0.1:${port} wss://127.0.0.1:${port}`,
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
      ]),
    );
    expect(policy.filter((line) => line.startsWith('script-src') || line.includes('unsafe-eval'))).toEqual(
      [],
    );
  });

  it('a name with a hash is kept for good, any other is asked about again', async () => {
    const hashed = await get('/assets/index-B1x_9-zQ.js');
    expect(hashed.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect((await get('/assets/plain.js')).headers['cache-control']).toBe('no-cache');
    expect((await get('/icon.svg')).headers['cache-control']).toBe('no-cache');
  });

  it('any path that looks like no file is the page', async () => {
    for (const path of ['/queue', '/jobs/12', '/settings/', '/apifoo', '/a%20b']) {
      const response = await get(path);
      expect(response.status, path).toBe(200);
      expect(response.headers['cache-control']).toBe('no-store');
    }
  });

  it('a file that is not there is a 404', async () => {
    const response = await get('/assets/gone-12345678.js');
    expect(response.status).toBe(404);
    Problem.parse(response.json());
  });

  it('HEAD has the headers alone, other methods are refused', async () => {
    const head = await get('/', {}, 'HEAD');
    expect(head.status).toBe(200);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(0);
    expect(head.body).toHaveLength(0);
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const response = await get('/', {}, method);
      expect(response.status).toBe(405);
      expect(response.headers.allow).toBe('GET, HEAD');
    }
  });

  it('a foreign host or origin is refused here as well', async () => {
    expect((await get('/', { host: 'evil.example' })).status).toBe(403);
    expect((await get('/', { origin: 'http://evil.example' })).status).toBe(403);
  });
});

describe('nothing outside the folder can be reached', () => {
  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/....//secret.txt',
    '/%252e%252e%252fsecret.txt',
    '/%c0%ae%c0%ae/secret.txt',
    '//secret.txt',
    '/./../secret.txt',
    '/secret.txt%00.html',
    '/index.html/../../secret.txt',
    '/link.txt',
    '/%2fetc%2fpasswd',
    '//etc/passwd',
    '/file:///etc/passwd',
    '/C:%5cwindows%5cwin.ini',
    '/assets',
    '/assets/',
  ])('%s', async (path) => {
    const response = await get(path);
    expect([200, 404]).toContain(response.status);
    if (response.status === 200) expect(response.body.toString()).toContain('<title>Gantry</title>');
    expect(response.body.toString()).not.toMatch(/secret beside|root:/);
  });
});

it('a folder without a page is refused at the start', async () => {
  const empty = await mkdtemp(join(folder, 'empty-'));
  const { router, backend } = test;
  const started = startServer({ router, backend, staticFolder: empty, version: '0' });
  await expect(started).rejects.toThrow(ProblemError);
  await expect(started).rejects.toMatchObject({ problem: { code: 'invalid-request' } });
});

it('a port that is taken is a problem with a next step', async () => {
  const { router, backend, server } = test;
  const started = startServer({ router, backend, staticFolder: null, version: '0', port: server.port });
  await expect(started).rejects.toMatchObject({
    problem: { code: 'invalid-request', nextStep: expect.any(String) },
  });
});
