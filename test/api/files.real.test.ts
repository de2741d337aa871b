import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobId } from '../../src/common/ids.ts';
import { Problem } from '../../src/common/problem.ts';
import { TICKET_LIFETIME_MS } from '../../src/engine/api/output-ticket.ts';
import { removePartialUploads } from '../../src/engine/api/uploads.ts';
import { OpenApiCheck } from './openapi-check.ts';
import {
  bearer,
  type RawRequest,
  type RawResponse,
  send,
  startTestServer,
  type TestServer,
} from './test-server.ts';

const CONTENT = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));

let test: TestServer;
let api: OpenApiCheck;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.now();
  test = await startTestServer({ nowMs: () => nowMs });
  api = await OpenApiCheck.load(test.server.port, test.server.token);
});
afterEach(() => test[Symbol.asyncDispose]());

function withToken(options: RawRequest): Promise<RawResponse> {
  const headers = { ...bearer(test.server.token), ...options.headers };
  return send(test.server.port, { ...options, headers });
}

async function uploads(): Promise<string[]> {
  return readdir(test.backend.uploadFolder(), { recursive: true }).catch(() => []);
}

describe('an upload', () => {
  const put = (name: string, body: string | Uint8Array) =>
    withToken({ method: 'PUT', path: `/api/v1/uploads/${name}`, body });

  it('arrives byte for byte under its name, in a folder of its own', async () => {
    const first = await put('film.mp4', CONTENT);
    const second = await put('film.mp4', 'other');
    expect(first.status).toBe(201);
    expect(api.violation(api.operation('files.upload'), 201, first.json())).toBeNull();
    const { path, sizeBytes } = first.json() as { path: string; sizeBytes: number };
    expect(sizeBytes).toBe(1000);
    expect(path).toMatch(/\/film\.mp4$/);
    expect(await readFile(path)).toEqual(CONTENT);
    expect((second.json() as { path: string }).path).not.toBe(path);
  });

  it('may be empty, and of any declared type', async () => {
    const response = await withToken({
      method: 'PUT',
      path: '/api/v1/uploads/empty.mp4',
      headers: { 'content-type': 'application/json', 'content-length': '0' },
    });
    expect(response.json()).toMatchObject({ sizeBytes: 0 });
  });

  it('may be larger than any JSON body', async () => {
    const response = await put('large.bin', Buffer.alloc(40 * 1024 * 1024, 7));
    expect(response.json()).toMatchObject({ sizeBytes: 40 * 1024 * 1024 });
  });

  it.each([
    ['%2e%2e%2f%2e%2e%2fetc%2fpasswd', 'passwd'],
    ['..%5c..%5cboot.ini', 'boot.ini'],
    ['%00%0d%0aname', '___name'],
    ['%F0%9F%8E%AC%20film.mkv', '🎬 film.mkv'],
    ['.partial', 'partial'],
  ])('named %s stays in its folder', async (name, expected) => {
    const response = await put(name, 'x');
    const { path } = response.json() as { path: string };
    expect(dirname(dirname(path))).toBe(test.backend.uploadFolder());
    expect(path.endsWith(`/${expected}`)).toBe(true);
  });

  it('without a name has nowhere to go', async () => {
    expect((await put('', 'x')).status).toBe(404);
    expect(await uploads()).toEqual([]);
  });

  it('that breaks off leaves nothing, and is nobody’s fault', async () => {
    await startUpload((request) => request.destroy());
    await expect.poll(uploads).toEqual([]);
    expect(test.faults).toEqual([]);
  });

  it('is not to be seen under its name before all of it is there', async () => {
    await startUpload(async (request) => {
      expect((await uploads()).filter((name) => name.endsWith('film.mp4'))).toEqual([]);
      request.destroy();
    });
  });

  it('that is under way when the server stops leaves nothing', async () => {
    await startUpload(() => test.server.close());
    expect(await uploads()).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
    'that fills the disk is a 507, and leaves nothing (needs root, to mount a small disk)',
    async () => {
      const folder = test.backend.uploadFolder();
      await mkdir(folder);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
      try {
        const response = await put('film.mp4', Buffer.alloc(8 * 1024 * 1024));
        expect(response.status).toBe(507);
        expect(Problem.parse(response.json()).code).toBe('no-space');
        expect(await uploads()).toEqual([]);
        expect((await put('small.mp4', 'x')).status).toBe(201);
      } finally {
        execFileSync('umount', [folder]);
      }
    },
  );

  it('into a folder that cannot be made says so', async () => {
    test.backend.uploadFolder = () => '/dev/null/uploads';
    const response = await put('film.mp4', 'x');
    expect([response.status, Problem.parse(response.json()).code]).toEqual([422, 'output-folder-missing']);
  });

  it('that a kill cut off is removed at the next start; whole ones stay', async () => {
    const { path } = (await put('whole.mp4', 'x')).json() as { path: string };
    const cut = join(test.backend.uploadFolder(), 'upload-killed');
    await mkdir(cut);
    await writeFile(join(cut, '.partial'), 'half');
    await removePartialUploads(test.backend.uploadFolder());
    expect(await stat(cut).catch(() => null)).toBeNull();
    expect(await readFile(path, 'utf8')).toBe('x');
  });

  /** Sends the first part of an upload, waits until the server writes it, and hands the request over. */
  async function startUpload(then: (request: ReturnType<typeof httpRequest>) => unknown): Promise<void> {
    const request = httpRequest({
      host: '127.0.0.1',
      port: test.server.port,
      method: 'PUT',
      path: '/api/v1/uploads/film.mp4',
      headers: { ...bearer(test.server.token), 'content-length': '1000000' },
    });
    const isClosed = new Promise<void>((resolve) => request.on('close', resolve));
    request.on('error', () => {});
    request.write('x'.repeat(1000));
    await expect.poll(async () => (await uploads()).length).toBeGreaterThan(1);
    await then(request);
    await isClosed;
  }
});

describe('a download', () => {
  const NAME = 'Ünïcödé "film" (1).mp4';
  let path: string;

  beforeEach(async () => {
    path = join(test.folder, NAME);
    await writeFile(path, CONTENT);
    const body = JSON.stringify({ jobs: [{ source: '/a.mp4' }, { source: '/b.mp4' }] });
    await withToken({ method: 'POST', path: '/api/v1/jobs', body });
    await test.backend.finish('1' as JobId, path);
  });

  const get = (range?: string, extra: Record<string, string> = {}, method = 'GET') =>
    withToken({
      method,
      path: '/api/v1/jobs/1/output',
      headers: { ...(range === undefined ? {} : { range }), ...extra },
    });

  it('is the whole file, with its name in any script', async () => {
    const response = await get();
    expect(response.status).toBe(200);
    expect(response.body).toEqual(CONTENT);
    expect(response.headers).toMatchObject({
      'content-length': '1000',
      'content-type': 'video/mp4',
      'accept-ranges': 'bytes',
      'content-disposition':
        `attachment; filename="_n_c_d_ _film_ (1).mp4"; ` +
        `filename*=UTF-8''%C3%9Cn%C3%AFc%C3%B6d%C3%A9%20%22film%22%20%281%29.mp4`,
    });
  });

  it('HEAD tells the same without the bytes', async () => {
    const response = await get(undefined, {}, 'HEAD');
    expect(response.status).toBe(200);
    expect(response.headers['content-length']).toBe('1000');
    expect(response.body).toHaveLength(0);
  });

  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=100-199', 100, 199],
    ['bytes=990-', 990, 999],
    ['bytes=-5', 995, 999],
    ['bytes=500-5000', 500, 999],
  ])('%s is that part', async (range, first, last) => {
    const response = await get(range);
    expect(response.status).toBe(206);
    expect(response.headers['content-range']).toBe(`bytes ${first}-${last}/1000`);
    expect(response.body).toEqual(CONTENT.subarray(first, last + 1));
  });

  it('a range beyond the end is a 416 that tells the size', async () => {
    const response = await get('bytes=1000-');
    expect(response.status).toBe(416);
    expect(response.headers['content-range']).toBe('bytes */1000');
    Problem.parse(response.json());
  });

  it('a range of a file that has changed since gets the whole new file', async () => {
    const { etag } = (await get()).headers;
    expect((await get('bytes=0-9', { 'if-range': etag ?? '' })).status).toBe(206);
    await writeFile(path, `${'y'.repeat(50)}`);
    const response = await get('bytes=0-9', { 'if-range': etag ?? '' });
    expect(response.status).toBe(200);
    expect(response.body.toString()).toBe('y'.repeat(50));
  });

  it('an empty file is an empty answer', async () => {
    await writeFile(path, '');
    expect((await get()).body).toHaveLength(0);
    expect((await get('bytes=0-')).status).toBe(416);
  });

  it.each([
    ['999', 404, 'job-not-found'],
    ['2', 409, 'invalid-transition'],
    ['x', 400, 'invalid-request'],
  ])('of job %s has a reason why not', async (id, status, code) => {
    const response = await withToken({ path: `/api/v1/jobs/${id}/output` });
    if (id === '2')
      expect([response.status, Problem.parse(response.json()).code]).toEqual([409, 'invalid-transition']);
    else expect([response.status, Problem.parse(response.json()).code]).toEqual([status, code]);
  });

  it('of a file that somebody moved says so', async () => {
    await rm(path);
    const response = await get();
    expect(response.status).toBe(404);
    expect(Problem.parse(response.json()).code).toBe('output-not-found');
  });

  it('that the client leaves is nobody’s fault', async () => {
    await writeFile(path, Buffer.alloc(50_000_000));
    await new Promise<void>((resolve) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: test.server.port,
          path: '/api/v1/jobs/1/output',
          headers: bearer(test.server.token),
        },
        (response) => response.once('data', () => request.destroy()),
      );
      request.on('error', () => {});
      request.on('close', resolve);
      request.end();
    });
    // The server is well: it answers the next request.
    expect((await get('bytes=0-0')).status).toBe(206);
    expect(test.faults).toEqual([]);
  });

  describe('through a link', () => {
    async function link(id = '1'): Promise<{ url: string; expiresAt: string }> {
      const response = await withToken({ method: 'POST', path: `/api/v1/jobs/${id}/output-link` });
      expect(api.violation(api.operation('files.link'), response.status, response.json())).toBeNull();
      expect(response.status).toBe(200);
      return response.json() as { url: string; expiresAt: string };
    }
    const open = (url: string, headers: Record<string, string> = {}) =>
      send(test.server.port, { path: url, headers });

    it('needs no header, and takes ranges', async () => {
      const { url, expiresAt } = await link();
      expect(Date.parse(expiresAt)).toBe(nowMs + TICKET_LIFETIME_MS);
      expect((await open(url)).body).toEqual(CONTENT);
      expect((await open(url, { range: 'bytes=5-9' })).body).toEqual(CONTENT.subarray(5, 10));
    });

    it('works for ten minutes', async () => {
      const { url } = await link();
      nowMs += TICKET_LIFETIME_MS - 1;
      expect((await open(url)).status).toBe(200);
      nowMs += 1;
      expect((await open(url)).status).toBe(401);
      const told = await open(url, bearer(test.server.token));
      expect([told.status, Problem.parse(told.json()).code]).toEqual([404, 'output-not-found']);
    });

    it('opens this output and nothing else', async () => {
      const { url } = await link();
      const ticket = url.split('/').at(-1) ?? '';
      for (const path of [
        url.replace('/1.', '/2.'),
        `${url}/..`,
        `${url}/../../jobs`,
        `/api/v1/jobs/1/output?ticket=${ticket}`,
        `/api/v1/jobs?ticket=${ticket}`,
      ]) {
        expect((await open(path)).status, path).toBe(401);
      }
      expect((await open('/api/v1/jobs/1/output', bearer(ticket))).status).toBe(401);
      for (const method of ['POST', 'PUT', 'DELETE']) {
        expect((await send(test.server.port, { method, path: url })).status).toBe(401);
      }
    });

    it('is refused to another site’s page', async () => {
      const { url } = await link();
      expect((await open(url, { origin: 'http://evil.example' })).status).toBe(403);
      expect((await open(url, { host: 'evil.example' })).status).toBe(403);
    });

    it('is not made for a job without an output', async () => {
      const response = await withToken({ method: 'POST', path: '/api/v1/jobs/2/output-link' });
      expect(response.status).toBe(409);
    });

    it('ends with the server', async () => {
      const { url } = await link();
      await using other = await startTestServer({ nowMs: () => nowMs });
      expect((await send(other.server.port, { path: url })).status).toBe(401);
    });
  });
});
