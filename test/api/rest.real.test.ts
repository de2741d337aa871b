import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobPage } from '../../src/common/contract/jobs.ts';
import type { EventBatch } from '../../src/common/events.ts';
import type { JobId } from '../../src/common/ids.ts';
import { Problem, problem } from '../../src/common/problem.ts';
import { MAX_JSON_BYTES } from '../../src/engine/api/json-body.ts';
import { OpenApiCheck } from './openapi-check.ts';
import { bearer, type RawResponse, send, startTestServer, type TestServer } from './test-server.ts';

const PRESET = {
  name: 'Mine',
  container: 'mkv',
  video: { codec: 'hevc', rate: { mode: 'bit-rate', bitRateBps: 2_000_000 } },
  audio: {},
};

let test: TestServer;
let api: OpenApiCheck;

beforeEach(async () => {
  test = await startTestServer();
  api = await OpenApiCheck.load(test.server.port, test.server.token);
});
afterEach(() => test[Symbol.asyncDispose]());

/** Calls an operation of the document and checks the answer against it. */
async function call(
  id: string,
  options: { path?: Record<string, string>; query?: string; body?: unknown } = {},
): Promise<RawResponse> {
  const operation = api.operation(id);
  const path = operation.template.replace(
    /\{(\w+)\}/g,
    (_, name: string) => options.path?.[name] ?? 'missing',
  );
  const response = await send(test.server.port, {
    method: operation.method,
    path: `/api/v1${path}${options.query ?? ''}`,
    headers: { ...bearer(test.server.token), 'content-type': 'application/json' },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  expect(api.violation(operation, response.status, response.json())).toBeNull();
  return response;
}

async function page(query: string): Promise<JobPage> {
  const response = await call('jobs.list', { query });
  expect(response.status).toBe(200);
  return response.json() as JobPage;
}

async function problemOf(answer: Promise<RawResponse>): Promise<Problem & { status: number }> {
  const response = await answer;
  return { ...Problem.parse(response.json()), status: response.status };
}

describe('every operation answers as the document says', () => {
  it('jobs', async () => {
    const added = await call('jobs.add', {
      body: {
        jobs: [{ source: '/a.mp4' }, { source: '/b.mp4', paused: true }, { source: '/missing/c.mp4' }],
      },
    });
    expect(added.status).toBe(201);
    expect(added.json()).toMatchObject({
      jobs: [
        { id: '1', status: 'queued', priority: 0 },
        { id: '2', status: 'paused' },
      ],
      rejected: [{ source: '/missing/c.mp4', error: { code: 'source-not-found' } }],
    });
    expect(Object.keys(await page(''))).toEqual(['jobs', 'total', 'summary']);
    expect((await call('jobs.show', { path: { id: '1' } })).json()).toMatchObject({
      id: '1',
      source: '/a.mp4',
    });
    expect((await call('jobs.log', { path: { id: '1' } })).json()).toEqual({ text: 'log of 1' });
    for (const [id, status] of [
      ['jobs.pause', 'paused'],
      ['jobs.resume', 'queued'],
      ['jobs.cancel', 'cancelled'],
      ['jobs.retry', 'queued'],
    ] as const) {
      const answer = await call(id, { body: { ids: ['1', '999'] } });
      expect(answer.json()).toMatchObject({
        jobs: [{ id: '1', status }],
        rejected: [{ id: '999', error: { code: 'job-not-found' } }],
      });
    }
    expect((await call('jobs.setPriority', { body: { ids: ['1'], priority: 7 } })).json()).toMatchObject({
      jobs: [{ id: '1', priority: 7 }],
    });
    expect((await call('jobs.reorder', { body: { ids: ['1'], before: null } })).status).toBe(200);
    expect((await call('jobs.remove', { body: { ids: ['2'] } })).json()).toMatchObject({
      jobs: [{ id: '2' }],
    });
    await call('jobs.cancel', { body: { ids: ['1'] } });
    expect((await call('jobs.clear', { body: { status: ['cancelled'] } })).json()).toEqual({ removed: 1 });
    expect((await page('')).total).toBe(0);
  });

  it('queue, sources, devices, settings and system', async () => {
    expect((await call('queue.pause', { body: { now: false } })).json()).toMatchObject({ isPaused: true });
    expect((await call('queue.summary')).json()).toMatchObject({ isPaused: true });
    expect((await call('queue.resume')).json()).toMatchObject({ isPaused: false });
    expect((await call('sources.inspect', { body: { paths: ['/nowhere'] } })).json()).toMatchObject({
      sources: [{ path: '/nowhere', info: null, error: { code: 'source-not-found' } }],
    });
    expect((await call('sources.browse', { body: {} })).json()).toMatchObject({ path: '/' });
    expect(
      (await call('sources.commandPreview', { body: { path: '/a.mp4', preset: 'h264' } })).json(),
    ).toMatchObject({ commands: [['ffmpeg', '-i', 'file:/a.mp4']] });
    expect((await call('devices.list')).json()).toMatchObject({ devices: [{ id: 'cpu' }] });
    expect((await call('devices.refresh')).status).toBe(200);
    expect((await call('settings.update', { body: { cpuSlots: 3 } })).json()).toMatchObject({ cpuSlots: 3 });
    expect((await call('settings.get')).json()).toMatchObject({ cpuSlots: 3, defaultPreset: 'h264' });
    expect((await call('system.health')).json()).toMatchObject({ status: 'ok' });
    expect((await call('system.doctor')).json()).toMatchObject({ ok: true });
  });

  it('presets', async () => {
    const saved = await call('presets.save', { path: { id: 'mine' }, body: PRESET });
    expect(saved.json()).toMatchObject({ id: 'mine', builtIn: false, video: { rate: { twoPass: true } } });
    expect((await call('presets.show', { path: { id: 'mine' } })).json()).toEqual(saved.json());
    expect((await call('presets.list')).json()).toMatchObject({ presets: [{ id: 'h264' }, { id: 'mine' }] });
    expect((await call('presets.remove', { path: { id: 'mine' } })).json()).toEqual({ removed: true });
    // The path names the preset, whatever the body says.
    const other = await call('presets.save', { path: { id: 'mine' }, body: { ...PRESET, id: 'other' } });
    expect(other.json()).toMatchObject({ id: 'mine' });
  });
});

describe('query parameters', () => {
  beforeEach(async () => {
    const jobs = Array.from({ length: 12 }, (_, i) => ({ source: `/Film-${i}.mp4`, paused: i % 3 === 0 }));
    await call('jobs.add', { body: { jobs } });
    await call('jobs.cancel', { body: { ids: ['2'] } });
  });

  it('numbers are read from text', async () => {
    const { jobs, total } = await page('?limit=2&offset=3');
    expect(jobs.map((job) => job.id)).toEqual(['4', '5']);
    expect(total).toBe(12);
  });

  it('one state, or several by repeating it', async () => {
    expect((await page('?status=cancelled')).jobs.map((job) => job.id)).toEqual(['2']);
    expect((await page('?status=cancelled&status=paused')).total).toBe(5);
    expect((await page('?status%5B%5D=paused')).total).toBe(4);
  });

  it('text as it is, and an order', async () => {
    expect((await page('?search=film-1')).total).toBe(3);
    expect((await page('?search=Film-1%31')).total).toBe(1);
    expect((await page('?order=newest&limit=1')).jobs[0]?.id).toBe('12');
  });

  it.each([
    ['?limit=0', 'limit'],
    ['?limit=1001', 'limit'],
    ['?limit=', 'limit'],
    ['?limit=ten', 'limit'],
    ['?limit=1.5', 'limit'],
    ['?offset=-1', 'offset'],
    ['?status=done&status=lost', 'status'],
    ['?order=up', 'order'],
    ['?order[x]=queue', 'order'],
  ])('%s is refused, naming the field', async (query, field) => {
    const refusal = await problemOf(call('jobs.list', { query }));
    expect(refusal).toMatchObject({ status: 400, code: 'invalid-request' });
    expect(refusal.message).toContain(field);
  });

  it('a name of JavaScript’s own does no harm', async () => {
    expect((await page('?__proto__[polluted]=yes&constructor[prototype][polluted]=yes')).total).toBe(12);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('paths', () => {
  it('a fixed path and one with an id do not collide', async () => {
    await call('jobs.add', { body: { jobs: [{ source: '/a.mp4' }] } });
    expect((await call('jobs.pause', { body: { ids: ['1'] } })).json()).toMatchObject({
      jobs: [{ id: '1' }],
    });
    expect(await problemOf(call('jobs.show', { path: { id: 'pause' } }))).toMatchObject({
      status: 400,
      code: 'invalid-request',
    });
  });

  it('an id is decoded', async () => {
    await call('jobs.add', { body: { jobs: [{ source: '/a.mp4' }] } });
    expect((await call('jobs.show', { path: { id: '%31' } })).json()).toMatchObject({ id: '1' });
  });
});

describe('errors', () => {
  it('a problem comes with the status that fits it', async () => {
    expect(await problemOf(call('jobs.show', { path: { id: '5' } }))).toMatchObject({
      status: 404,
      code: 'job-not-found',
    });
    expect(await problemOf(call('presets.remove', { path: { id: 'h264' } }))).toMatchObject({
      status: 409,
      code: 'preset-is-built-in',
    });
    test.backend.fault = problem('no-space', 'The disk is full.', 'Free space.', 'ENOSPC');
    expect(await problemOf(call('system.doctor'))).toMatchObject({
      status: 422,
      code: 'no-space',
      detail: 'ENOSPC',
    });
  });

  it('an unforeseen fault tells the log everything and the client nothing', async () => {
    test.backend.fault = new Error('secret words');
    const response = await call('system.doctor');
    expect(response.status).toBe(500);
    expect(Problem.parse(response.json()).code).toBe('internal');
    expect(response.body.toString()).not.toMatch(/secret|\.ts|node_modules/);
    expect(test.faults).toEqual([test.backend.fault]);
  });

  it('a problem that carries a stack trace loses it on the way', async () => {
    test.backend.fault = problem('internal', 'It broke.', 'Retry.', new Error('x').stack);
    const response = await call('system.doctor');
    expect(response.json()).toEqual({ code: 'internal', message: 'It broke.', nextStep: 'Retry.' });
    expect(test.faults).toHaveLength(1);
  });

  it('an answer that breaks the contract is a fault of the engine, and is not sent', async () => {
    test.backend.system.doctor = () => ({ ok: 'yes' }) as never;
    expect((await call('system.doctor')).status).toBe(500);
    expect(test.faults).toHaveLength(1);
  });

  it('bad input names the first bad fields and counts the rest', async () => {
    const jobs = [{ source: 1 }, { source: '' }, { source: '/a', priority: 'high' }, { sources: '/a' }];
    const refusal = await problemOf(call('jobs.add', { body: { jobs } }));
    expect(refusal).toMatchObject({ status: 400, code: 'invalid-request' });
    expect(refusal.message).toMatch(/jobs\[0\]\.source.*jobs\[1\]\.source.*jobs\[2\]\.priority.*and 2 more/);
    expect(test.faults).toEqual([]);
  });

  it('a huge name of a field is cut', async () => {
    const refusal = await problemOf(call('settings.update', { body: { ['x'.repeat(100_000)]: 1 } }));
    expect(refusal.message.length).toBeLessThan(1_000);
  });
});

describe('bodies', () => {
  const post = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
    problemOf(
      send(test.server.port, {
        method: 'POST',
        path: '/api/v1/jobs',
        headers: { ...bearer(test.server.token), 'content-type': 'application/json', ...headers },
        body,
      }),
    );

  it.each([
    ['cut off', '{"jobs":['],
    ['not JSON', 'jobs=1'],
    ['two values', '{}{}'],
    ['with a NUL', '{"jobs":\u0000}'],
  ])('JSON that is %s is a 400', async (_name, body) => {
    expect(await post(body)).toMatchObject({ status: 400, code: 'invalid-request' });
  });

  it('text that is not UTF-8 is a 400', async () => {
    expect(await post(Buffer.from([0x22, 0xff, 0xfe, 0x22]))).toMatchObject({ status: 400 });
  });

  it.each(['null', '[]', '"jobs"', '1', 'true'])('%s where an object belongs is a 400', async (body) => {
    expect(await post(body)).toMatchObject({ status: 400, code: 'invalid-request' });
  });

  it('nesting of any depth is a 400', async () => {
    expect(await post(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`)).toMatchObject({ status: 400 });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'text/event-stream',
    'application/jsonp',
    'nonsense',
  ])('as %s is a 415', async (type) => {
    expect(await post('{"jobs":[]}', { 'content-type': type })).toMatchObject({ status: 415 });
  });

  it('with a content encoding is a 415', async () => {
    expect(await post('{"jobs":[]}', { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
  });

  it('JSON may name its charset', async () => {
    expect(await post('{"jobs":[]}', { 'content-type': 'application/json; charset=utf-8' })).toMatchObject({
      status: 400,
    });
  });

  it('none at all means no choices', async () => {
    const headers = bearer(test.server.token);
    const paused = await send(test.server.port, { method: 'POST', path: '/api/v1/queue/pause', headers });
    expect(paused.json()).toMatchObject({ isPaused: true });
  });

  it('larger than the limit is a 413, announced or not', async () => {
    const announced = await post('', { 'content-length': String(MAX_JSON_BYTES + 1) });
    expect(announced).toMatchObject({ status: 413, code: 'invalid-request' });
    const chunked = await post(Buffer.alloc(MAX_JSON_BYTES + 1, ' '), { 'transfer-encoding': 'chunked' });
    expect(chunked).toMatchObject({ status: 413, code: 'invalid-request' });
  });
});

describe('server-sent events', () => {
  it('the first one is a reset, and changes follow', async () => {
    const batches: EventBatch[] = [];
    const done = readEvents(test.server.port, test.server.token, (batch) => {
      batches.push(batch);
      if (batches.length === 1) void call('jobs.add', { body: { jobs: [{ source: '/a.mp4' }] } });
      return batches.length < 2;
    });
    await done;
    expect(batches[0]).toMatchObject({
      reset: true,
      summary: { total: 0 },
      devices: { devices: [{ id: 'cpu' }] },
    });
    expect(batches[1]).toMatchObject({ reset: false, jobs: [{ id: '1' }], summary: { total: 1 } });
    for (const batch of batches) expect(api.schemaViolation('EventBatch', batch)).toBeNull();
  });

  it('a client that leaves is forgotten', async () => {
    await readEvents(test.server.port, test.server.token, () => false);
    await expect.poll(() => test.backend.batcher.subscriberCount).toBe(0);
  });
});

it('nothing about a request is cached, guessed or framed', async () => {
  const { headers } = await call('system.health');
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  });
});

it('100,000 jobs fit in one request', async () => {
  const jobs = Array.from({ length: 100_000 }, (_, i) => ({
    source: `/films/a folder/film number ${i}.mp4`,
  }));
  const response = await send(test.server.port, {
    method: 'POST',
    path: '/api/v1/jobs',
    headers: { ...bearer(test.server.token), 'content-type': 'application/json' },
    body: JSON.stringify({ jobs }),
    timeoutMs: 60_000,
  });
  expect(response.status).toBe(201);
  expect((await page('?limit=1')).total).toBe(100_000);
  expect(await test.backend.jobs.show({ id: '100000' as JobId }, {})).toMatchObject({ status: 'queued' });
});

/** Reads server-sent events until `onBatch` says no. */
function readEvents(port: number, token: string, onBatch: (batch: EventBatch) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path: '/api/v1/events', headers: bearer(token) });
    request.on('error', reject);
    request.on('response', async (response) => {
      expect(response.headers['content-type']).toMatch(/^text\/event-stream/);
      let text = '';
      try {
        for await (const chunk of response as AsyncIterable<Buffer>) {
          text += chunk.toString('utf8');
          const events = text.split('\n\n');
          text = events.pop() ?? '';
          for (const event of events) {
            const data = /^data: (.+)$/m.exec(event)?.[1];
            if (data !== undefined && !onBatch(JSON.parse(data) as EventBatch)) return;
          }
        }
      } catch (error) {
        reject(error);
      } finally {
        request.destroy();
        resolve();
      }
    });
    request.end();
  });
}
