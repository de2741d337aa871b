import { createConnection } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { bearer, send, startTestServer, type TestServer } from './test-server.ts';

let test: TestServer;
beforeEach(async () => {
  test = await startTestServer();
});
afterEach(() => test[Symbol.asyncDispose]());

/** Whether anything still accepts connections on the port. */
function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Opens a connection, sends a request's head, and keeps what comes back. */
async function openRaw(lines: readonly string[]): Promise<{ received: () => string; closed: Promise<void> }> {
  const socket = createConnection({ host: '127.0.0.1', port: test.server.port });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('utf8');
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  await new Promise<void>((resolve) => socket.on('connect', () => resolve()));
  if (lines.length > 0) {
    const { port, token } = test.server;
    socket.write(
      [...lines, `host: 127.0.0.1:${port}`, `authorization: Bearer ${token}`, '', ''].join('\r\n'),
    );
  }
  return { received: () => text, closed };
}

it('frees the port, and may be called twice', async () => {
  const { port } = test.server;
  expect(await isListening(port)).toBe(true);
  await Promise.all([test.server.close(), test.server.close()]);
  expect(await isListening(port)).toBe(false);
});

it('ends event streams and forgets their subscriptions', async () => {
  const stream = await openRaw(['GET /api/v1/events HTTP/1.1']);
  await expect.poll(stream.received).toContain('data: ');
  await test.server.close();
  await stream.closed;
  await expect.poll(() => test.backend.batcher.subscriberCount).toBe(0);
});

it('ends WebSockets with a reason', async () => {
  const { port, token } = test.server;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/ws`, { headers: bearer(token) });
  await new Promise((resolve) => socket.on('open', resolve));
  const code = new Promise((resolve) => socket.on('close', resolve));
  await test.server.close();
  expect(await code).toBe(1001);
});

it('does not wait for a WebSocket that does not answer', async () => {
  const { port, token } = test.server;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/ws`, { headers: bearer(token) });
  await new Promise((resolve) => socket.on('open', resolve));
  socket.pause();
  await test.server.close();
  expect(await isListening(port)).toBe(false);
  socket.terminate();
});

it('lets a request that is being answered finish', async () => {
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
  const { health } = test.backend.system;
  test.backend.system.health = async (input, context) => {
    asked();
    await mayGoOn;
    return health(input, context);
  };
  const answer = send(test.server.port, { path: '/api/v1/health', headers: bearer(test.server.token) });
  await isAsked;
  const closed = test.server.close();
  goOn();
  expect((await answer).status).toBe(200);
  await closed;
});

it('does not wait for ever: not for a procedure that hangs, a request that never comes, nor one cut in half', async () => {
  test.backend.system.health = () => new Promise(() => {});
  const hanging = await openRaw(['GET /api/v1/health HTTP/1.1']);
  const silent = await openRaw([]);
  const half = await openRaw(['POST /api/v1/jobs HTTP/1.1', 'content-length: 1000']);
  await test.server.close();
  await Promise.all([hanging.closed, silent.closed, half.closed]);
  expect(test.faults).toEqual([]);
});
