import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { tokenProtocol } from './access-token.ts';
import { type EngineApi, type EngineConnection, NotAuthorized } from './engine-client.ts';
import { httpTransfer } from './http-transfer.ts';

const OPEN_TIMEOUT_MS = 10_000;

/**
 * Opens a connection to `gantry serve` at `origin`. Throws `NotAuthorized` when the token is refused, any other error
 * when the server cannot be reached.
 */
export async function connectWebSocket(origin: string, token: string): Promise<EngineConnection> {
  // A browser does not tell a page why a WebSocket was refused, so the token is tried over HTTP first.
  const health = await fetch(new URL('/api/v1/health', origin), {
    headers: { authorization: `Bearer ${token}` },
    cache: 'no-store',
    signal: AbortSignal.timeout(OPEN_TIMEOUT_MS),
  });
  if (health.status === 401 || health.status === 403) throw new NotAuthorized();
  if (!health.ok) throw new Error(`The server answered ${health.status}.`);

  const address = new URL('/api/v1/ws', origin);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address, ['gantry.v1', tokenProtocol(token)]);
  await opened(socket);

  const api: EngineApi = createORPCClient(new RPCLink({ websocket: socket }));
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => resolve(), { once: true });
  });
  return { api, transfer: httpTransfer(origin, token), closed, close: () => socket.close() };
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.close(), OPEN_TIMEOUT_MS);
    const settle = () => {
      clearTimeout(timer);
      if (socket.readyState === WebSocket.OPEN) resolve();
      else reject(new Error('The connection was not accepted.'));
    };
    socket.addEventListener('open', settle, { once: true });
    socket.addEventListener('close', settle, { once: true });
  });
}
