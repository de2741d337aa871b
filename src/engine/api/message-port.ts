import { createORPCClient } from '@orpc/client';
import { RPCLink, type SupportedMessagePort } from '@orpc/client/message-port';
import type { ContractRouterClient } from '@orpc/contract';
import { RPCHandler } from '@orpc/server/message-port';
import type { Contract } from '../../common/contract/index.ts';
import type { EngineRouter } from './router.ts';
import { explainMalformed } from './rpc-decoding.ts';

/**
 * Either end of a message channel: the web's `MessagePort`, that of Node's worker threads, or Electron's
 * `MessagePortMain`. They differ in how they announce messages and agree in the rest.
 */
export type EnginePort = Extract<SupportedMessagePort, { postMessage: unknown }> & {
  start(): void;
  close(): void;
};

/** Serves the router to whoever holds the other end. Calls and subscriptions end when the port closes. */
export function serveMessagePort(router: EngineRouter, port: EnginePort): void {
  new RPCHandler(router, { interceptors: [explainMalformed] }).upgrade(port);
  port.start();
}

/** A client of the router served at the other end. */
export function messagePortClient(port: EnginePort): { api: ContractRouterClient<Contract>; close(): void } {
  const api: ContractRouterClient<Contract> = createORPCClient(new RPCLink({ port }));
  port.start();
  return { api, close: () => port.close() };
}
