import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { JobId } from '../../src/common/ids.ts';
import { NewJob } from '../../src/common/job.ts';
import { Problem } from '../../src/common/problem.ts';
import { connect, inProcessClient, problemOf } from '../../src/engine/api/client.ts';
import { MAX_JSON_BYTES } from '../../src/engine/api/json-body.ts';
import { bearer, send, startTestServer, type TestServer } from './test-server.ts';

let test: TestServer;
beforeEach(async () => {
  test = await startTestServer();
});
afterEach(() => test[Symbol.asyncDispose]());

interface Handshake {
  readonly status: number;
  readonly protocol: string;
  readonly problem: Problem | null;
  readonly socket: WebSocket;
}

/** Tries to open a WebSocket; 101 when it opened. */
function handshake(
  options: { path?: string; protocols?: string[]; headers?: Record<string, string>; port?: number } = {},
): Promise<Handshake> {
  const url = `ws://127.0.0.1:${options.port ?? test.server.port}${options.path ?? '/api/v1/ws'}`;
  const socket = new WebSocket(url, options.protocols ?? [], { headers: options.headers ?? {} });
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve({ status: 101, protocol: socket.protocol, problem: null, socket }));
    socket.on('error', reject);
    socket.on('unexpected-response', async (_request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      const problem = Problem.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      resolve({ status: response.statusCode ?? 0, protocol: '', problem, socket });
    });
  });
}

const carrier = (token: string) => `gantry.token.${Buffer.from(token).toString('base64url')}`;

describe('who may open a WebSocket', () => {
  it('a program with the token in its header', async () => {
    const { status, socket } = await handshake({ headers: bearer(test.server.token) });
    expect(status).toBe(101);
    socket.close();
  });

  it('a page with the token beside the protocol, which is not sent back', async () => {
    const { status, protocol, socket } = await handshake({
      protocols: ['gantry.v1', carrier(test.server.token)],
      headers: { origin: `http://127.0.0.1:${test.server.port}` },
    });
    expect([status, protocol]).toEqual([101, 'gantry.v1']);
    socket.close();
  });

  it.each([
    ['no token', [], {}],
    ['the protocol alone', ['gantry.v1'], {}],
    ['a wrong token', ['gantry.v1', carrier('wrong')], {}],
    ['an empty token', ['gantry.v1', 'gantry.token.'], {}],
    ['a wrong header', [], { authorization: 'Bearer wrong' }],
  ])('nobody with %s', async (_name, protocols, headers) => {
    const { status, problem } = await handshake({ protocols, headers });
    expect([status, problem?.code]).toEqual([401, 'unauthorized']);
  });

  it('nobody with the token in the address', async () => {
    const { status } = await handshake({ path: `/api/v1/ws?token=${test.server.token}` });
    expect(status).toBe(401);
  });

  it('no page of another site, even with the token', async () => {
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1', 'file://']) {
      const { status, problem } = await handshake({ headers: { ...bearer(test.server.token), origin } });
      expect([status, problem?.code]).toEqual([403, 'forbidden']);
    }
  });

  it('nobody under a foreign host name', async () => {
    const { status } = await handshake({ headers: { ...bearer(test.server.token), host: 'evil.example' } });
    expect(status).toBe(403);
  });

  it('nobody elsewhere: 401 without the token, 404 with it', async () => {
    for (const path of ['/', '/api/v1/jobs', '/api/v1/ws/x', '/socket']) {
      expect((await handshake({ path })).status).toBe(401);
      expect((await handshake({ path, headers: bearer(test.server.token) })).status).toBe(404);
    }
  });
});

describe('a client over the WebSocket', () => {
  it('calls procedures, and gets what REST gives', async () => {
    const { api, close } = await connect(test.server);
    const added = await api.jobs.add({ jobs: [{ source: '/a.mp4' }] });
    expect(added.jobs[0]).toMatchObject({ id: '1', status: 'queued' });
    const rest = await send(test.server.port, { path: '/api/v1/jobs', headers: bearer(test.server.token) });
    expect(await api.jobs.list({})).toEqual(rest.json());
    close();
  });

  it('gets the problem of what fails, the same as in process', async () => {
    const remote = await connect(test.server);
    const local = inProcessClient(test.router);
    for (const { api } of [remote, local]) {
      expect(problemOf(await failure(api.jobs.show({ id: '7' as JobId })))).toEqual({
        code: 'job-not-found',
        message: 'There is no job 7.',
        nextStep: 'Check the name.',
      });
      const refused = problemOf(await failure(api.jobs.list({ limit: 5_000 })));
      expect(refused.code).toBe('invalid-request');
      expect(refused.message).toContain('limit');
      test.backend.fault = new Error('secret words');
      const fault = problemOf(await failure(api.system.doctor()));
      expect(fault.code).toBe('internal');
      expect(JSON.stringify(fault)).not.toContain('secret');
      expect(test.faults.splice(0)).toEqual([test.backend.fault]);
    }
    remote.close();
  });

  it('follows changes, until it leaves', async () => {
    const { api, close } = await connect(test.server);
    const events = await api.events.subscribe();
    expect((await events.next()).value).toMatchObject({ reset: true });
    await api.jobs.add({ jobs: [{ source: '/a.mp4' }] });
    expect((await events.next()).value).toMatchObject({ jobs: [{ id: '1' }], summary: { total: 1 } });
    expect(test.backend.batcher.subscriberCount).toBe(1);
    await events.return?.();
    await expect.poll(() => test.backend.batcher.subscriberCount).toBe(0);
    close();
  });

  it('that is cut off is forgotten', async () => {
    const { api, close } = await connect(test.server);
    await (await api.events.subscribe()).next();
    close();
    await expect.poll(() => test.backend.batcher.subscriberCount).toBe(0);
  });

  it('can call a subscription off', async () => {
    const { api, close } = await connect(test.server);
    const controller = new AbortController();
    const events = await api.events.subscribe(undefined, { signal: controller.signal });
    await events.next();
    const waiting = failure(events.next());
    controller.abort();
    expect(problemOf(await waiting).code).toBe('cancelled');
    await expect.poll(() => test.backend.batcher.subscriberCount).toBe(0);
    close();
  });

  it('gets the same problem in a subscription that fails', async () => {
    test.backend.events.subscribe = () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('secret words')) }),
    });
    const { api, close } = await connect(test.server);
    const events = await api.events.subscribe();
    expect(problemOf(await failure(events.next())).code).toBe('internal');
    expect(test.faults).toHaveLength(1);
    close();
  });
});

describe('a connection that fails', () => {
  it('nothing listens: unreachable', async () => {
    const { url, token } = test.server;
    await test.server.close();
    expect(problemOf(await failure(connect({ url, token }))).code).toBe('engine-unreachable');
  });

  it('another program listens: unreachable, saying so', async () => {
    const other = createServer((_request, response) => response.writeHead(200).end('hello'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const refusal = problemOf(await failure(connect({ url: `http://127.0.0.1:${port}`, token: 'x' })));
    expect(refusal).toMatchObject({
      code: 'engine-unreachable',
      message: expect.stringContaining('not a Gantry'),
    });
    other.close();
  });

  it('a wrong token: unauthorized', async () => {
    const refusal = await failure(connect({ url: test.server.url, token: 'wrong' }));
    expect(problemOf(refusal).code).toBe('unauthorized');
  });

  it('an address that is none: invalid', async () => {
    expect(problemOf(await failure(connect({ url: 'nonsense', token: 'x' }))).code).toBe('invalid-request');
  });

  it('the server stops: waiting calls and subscriptions end at once, and say why', async () => {
    const { api } = await connect(test.server);
    const events = await api.events.subscribe();
    await events.next();
    const waiting = failure(events.next());
    await test.server.close();
    expect(problemOf(await waiting).code).toBe('engine-unreachable');
    expect(problemOf(await failure(api.system.health())).code).toBe('engine-unreachable');
  });
});

describe('a peer that misbehaves', () => {
  it.each([
    ['no JSON', 'nonsense'],
    ['JSON that is cut off', '{"i":"1","p":'],
    ['JSON of another shape', '[]'],
    ['an empty object', '{}'],
    ['null', 'null'],
    ['an address elsewhere', '{"i":"1","p":{"u":"http://[","b":{}}}'],
    ['bytes', Buffer.from([0xff, 0x00, 0xff])],
  ])('that sends %s is cut off', async (_name, message) => {
    const { socket } = await handshake({ headers: bearer(test.server.token) });
    const code = new Promise((resolve) => socket.on('close', resolve));
    socket.send(message);
    expect(await code).toBe(1007);
  });

  it.each([
    ['an unknown procedure', '{"i":"1","p":{"u":"/nothing","b":{}}}'],
    ['a name of JavaScript’s own', '{"i":"1","p":{"u":"/__proto__/toString","b":{}}}'],
    ['input that is none', '{"i":"1","p":{"u":"/jobs/show","b":7}}'],
    [
      'metadata that points nowhere',
      '{"i":"1","p":{"u":"/jobs/show","b":{"json":{},"meta":[[1,"a","b","c"]]}}}',
    ],
    ['metadata that is none', '{"i":"1","p":{"u":"/jobs/show","b":{"json":{},"meta":"x"}}}'],
  ])('that asks for %s is refused', async (_name, message) => {
    const { socket } = await handshake({ headers: bearer(test.server.token) });
    const answer = new Promise<string>((resolve) => socket.on('message', (data) => resolve(String(data))));
    socket.send(message);
    const { s: status } = (JSON.parse(await answer) as { p: { s: number } }).p;
    expect([400, 404]).toContain(status);
    expect(test.faults).toEqual([]);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
    socket.close();
  });

  it('that never reads gets no further batches prepared, until it reads again', async () => {
    const jobs = Array.from({ length: 400 }, (_, i) => ({ source: `/${'x'.repeat(30_000)}${i}.mp4` }));
    const { jobs: added } = await test.backend.jobs.add({ jobs: jobs.map((job) => NewJob.parse(job)) }, {});
    const { socket } = await handshake({ headers: bearer(test.server.token) });
    socket.send('{"i":"1","p":{"u":"/events/subscribe","b":{}}}');
    await expect.poll(() => test.backend.batchesTaken).toBe(1);
    socket.pause();
    const changeAll = () => {
      test.backend.batcher.jobsChanged(added.map((job) => job.id));
      test.backend.batcher.summaryChanged();
    };
    // Each batch has 12 MB, more than the sockets between them hold.
    const ticker = setInterval(changeAll, 20);
    await delay(2_000);
    expect(test.backend.batchesTaken).toBeLessThanOrEqual(3);
    socket.resume();
    await expect.poll(() => test.backend.batchesTaken, { timeout: 20_000 }).toBeGreaterThan(4);
    clearInterval(ticker);
    socket.terminate();
  });

  it('that sends more than the limit is cut off', async () => {
    const { socket } = await handshake({ headers: bearer(test.server.token) });
    const code = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    socket.send('x'.repeat(MAX_JSON_BYTES + 1));
    expect([1006, 1009]).toContain(await code);
  });
});

/** What a promise is rejected with. */
async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail.');
}
