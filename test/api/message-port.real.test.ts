import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobId } from '../../src/common/ids.ts';
import { problemOf } from '../../src/engine/api/client.ts';
import { type EnginePort, messagePortClient, serveMessagePort } from '../../src/engine/api/message-port.ts';
import { createRouter } from '../../src/engine/api/router.ts';
import { BackendDouble } from './backend-double.ts';

/**
 * Electron's `MessagePortMain` over a port of Node: an event emitter without `addEventListener`, whose events carry the
 * message as `data`, and which delivers nothing before `start()`.
 */
class PortLikeElectrons extends EventEmitter {
  readonly #port: MessagePort;
  constructor(port: MessagePort) {
    super();
    this.#port = port;
  }
  start(): void {
    this.#port.on('message', (data: unknown) => this.emit('message', { data, ports: [] }));
    this.#port.on('close', () => this.emit('close'));
  }
  postMessage(message: unknown): void {
    this.#port.postMessage(message);
  }
  close(): void {
    this.#port.close();
  }
}

let folder: string;
let backend: BackendDouble;
let served: MessageChannel;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-port-'));
  backend = new BackendDouble(folder);
  served = new MessageChannel();
});
afterEach(async () => {
  served.port1.close();
  await rm(folder, { recursive: true });
});

describe.each([
  ['Node or the web', (port: MessagePort): EnginePort => port],
  ['Electron', (port: MessagePort): EnginePort => new PortLikeElectrons(port)],
])('over a message channel, the engine’s end as in %s', (_name, wrap) => {
  it('calls and their problems make the round trip', async () => {
    serveMessagePort(createRouter(backend), wrap(served.port1));
    const { api, close } = messagePortClient(served.port2);
    const { jobs } = await api.jobs.add({ jobs: [{ source: '/a.mp4' }] });
    expect(jobs).toMatchObject([{ id: '1', status: 'queued' }]);
    expect(await api.jobs.list({ status: 'queued' })).toMatchObject({ total: 1, summary: { total: 1 } });
    const missing = await api.jobs.show({ id: '9' as JobId }).catch(problemOf);
    expect(missing).toMatchObject({ code: 'job-not-found' });
    const invalid = await api.jobs.list({ limit: -1 }).catch(problemOf);
    expect(invalid).toMatchObject({ code: 'invalid-request', message: expect.stringContaining('limit') });
    close();
  });

  it('changes are followed until the reader leaves', async () => {
    serveMessagePort(createRouter(backend), wrap(served.port1));
    const { api, close } = messagePortClient(served.port2);
    const events = await api.events.subscribe();
    expect((await events.next()).value).toMatchObject({ reset: true });
    await api.jobs.add({ jobs: [{ source: '/a.mp4' }] });
    expect((await events.next()).value).toMatchObject({ jobs: [{ id: '1' }] });
    await events.return?.();
    await expect.poll(() => backend.batcher.subscriberCount).toBe(0);
    close();
  });

  it('a reader whose port closes is forgotten', async () => {
    serveMessagePort(createRouter(backend), wrap(served.port1));
    const { api, close } = messagePortClient(served.port2);
    await (await api.events.subscribe()).next();
    close();
    await expect.poll(() => backend.batcher.subscriberCount).toBe(0);
  });

  it('messages sent before the engine listens are answered', async () => {
    const { api, close } = messagePortClient(served.port2);
    const health = api.system.health();
    serveMessagePort(createRouter(backend), wrap(served.port1));
    expect(await health).toMatchObject({ status: 'ok' });
    close();
  });
});

it('a client in another thread is served', async () => {
  serveMessagePort(createRouter(backend), served.port1);
  const client = new URL('../../src/engine/api/message-port.ts', import.meta.url).href;
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads');
     import(${JSON.stringify(client)}).then(async ({ messagePortClient }) => {
       const { api, close } = messagePortClient(workerData.port);
       const { jobs } = await api.jobs.add({ jobs: [{ source: '/from the worker.mp4' }] });
       parentPort.postMessage(jobs[0]);
       close();
     });`,
    { eval: true, workerData: { port: served.port2 }, transferList: [served.port2] },
  );
  const job = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  expect(job).toMatchObject({ id: '1', source: '/from the worker.mp4' });
  await worker.terminate();
});
