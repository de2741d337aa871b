import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { ENGINE_PORT_MESSAGE, type NativeBridge } from '../../common/native-bridge.ts';
import type { EngineApi, EngineConnection } from './engine-client.ts';

const PORT_TIMEOUT_MS = 20_000;

/** Opens a connection to the engine of the desktop app, over a port that the shell hands out. */
export async function connectEnginePort(bridge: NativeBridge): Promise<EngineConnection> {
  const port = await nextPort(bridge);
  const api: EngineApi = createORPCClient(new RPCLink({ port }));
  let settle: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    settle = resolve;
  });
  port.addEventListener('close', settle);
  port.start();
  return {
    api,
    transfer: null,
    closed,
    close: () => {
      port.close();
      // A port tells only its other end that it was closed.
      settle();
    },
  };
}

function nextPort(bridge: NativeBridge): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      window.removeEventListener('message', receive);
    };
    const receive = (event: MessageEvent) => {
      const port = event.ports[0];
      if (event.source !== window || event.data !== ENGINE_PORT_MESSAGE || port === undefined) return;
      stop();
      resolve(port);
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error('The engine gave no port.'));
    }, PORT_TIMEOUT_MS);
    window.addEventListener('message', receive);
    bridge.requestEnginePort();
  });
}
