import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterAll, expect, it } from 'vitest';
import { messagePortClient, serveMessagePort } from '../../src/engine/api/message-port.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { hostEngine } from '../../src/main/engine-host.ts';
import { type EngineProcess, EngineSupervisor } from '../../src/main/engine-supervisor.ts';
import { makeClip } from '../support/clips.ts';
import { temporaryFolder } from '../support/engine.ts';

const folder = temporaryFolder('app');
afterAll(() => folder.remove());

/** The real engine behind the two ends of a line like that between Electron's main and utility process. */
function forkDouble(home: string): EngineProcess<MessagePort> {
  const toEngine = new EventEmitter();
  const toMain = new EventEmitter();
  void hostEngine<MessagePort>({
    parent: {
      on: (event, listener) => toEngine.on(event, listener),
      postMessage: (message) => toMain.emit('message', message),
    },
    open: () =>
      createEngine({
        home,
        env: process.env,
        version: '0.0.0-test',
        command: 'the Gantry app',
        staticFolder: null,
        appFolder: join(import.meta.dirname, '../..'),
      }),
    serve: (engine, port) => serveMessagePort(engine.router, port as never),
    exit: (code) => toMain.emit('exit', code),
  });
  return {
    on: (event, listener) => toMain.on(event, listener),
    once: (event, listener) => toMain.once(event, listener),
    postMessage: (data, ports = []) => toEngine.emit('message', { data, ports }),
    kill: () => false,
  };
}

it('carries a file from the window’s port through the engine to its output, and stops cleanly', async () => {
  const home = join(folder.path, 'home');
  const supervisor = new EngineSupervisor<MessagePort>({
    fork: () => forkDouble(home),
    createChannel: () => new MessageChannel(),
    schedule: (callback, delayMs) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    nowMs: () => performance.now(),
    onCrash: (code) => {
      throw new Error(`the engine ended with ${code}`);
    },
    onFailure: (problem) => {
      throw new Error(problem.message);
    },
  });
  supervisor.start();
  const port = await new Promise<MessagePort>((resolve) => supervisor.connect(resolve));
  const client = messagePortClient(port as never);
  const source = makeClip(join(folder.path, 'clip.mp4'), { seconds: 1 });
  const { jobs } = await client.api.jobs.add({ jobs: [{ source, preset: 'preview-480p' }] });
  const id = jobs[0]?.id;
  if (id === undefined) throw new Error('no job');
  for await (const _ of await client.api.events.subscribe()) {
    const job = await client.api.jobs.show({ id });
    if (job.status === 'done') break;
    expect(['queued', 'running']).toContain(job.status);
  }
  expect(existsSync(join(folder.path, 'clip-preview-480p.mp4'))).toBe(true);
  client.close();
  await supervisor.stop();
  const next = await createEngine({
    home,
    env: process.env,
    version: '0.0.0-test',
    command: 'test',
    staticFolder: null,
    appFolder: join(import.meta.dirname, '../..'),
  });
  if ('heldBy' in next) throw new Error('the home is still held');
  await next.stop();
});
