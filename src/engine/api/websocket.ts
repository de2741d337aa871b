import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { RPCHandler } from '@orpc/server/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { WEBSOCKET_PROTOCOL } from './access.ts';
import { MAX_JSON_BYTES } from './json-body.ts';
import type { EngineRouter } from './router.ts';
import { explainMalformed, isRpcMessage } from './rpc-decoding.ts';

/** A peer that answers no ping within this time is gone. */
const HEARTBEAT_MS = 30_000;
/** How long a peer has to answer the closing handshake. */
const CLOSE_GRACE_MS = 300;

/** RPC over WebSockets, for connections that have proven who asks. */
export class WebSocketHost {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_JSON_BYTES,
    perMessageDeflate: false,
    // The protocol that carries the token is never sent back.
    handleProtocols: (offered) => (offered.has(WEBSOCKET_PROTOCOL) ? WEBSOCKET_PROTOCOL : false),
  });
  readonly #rpc: RPCHandler<Record<never, never>>;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #silent = new WeakSet<WebSocket>();

  constructor(router: EngineRouter) {
    this.#rpc = new RPCHandler(router, { interceptors: [explainMalformed] });
    this.#heartbeat = setInterval(() => this.#checkPeers(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (peer) => this.#serve(peer));
  }

  /** Ends every connection, and with them their subscriptions. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    const peers = [...this.#server.clients];
    const closed = Promise.all(peers.map((peer) => new Promise((resolve) => peer.once('close', resolve))));
    for (const peer of peers) peer.close(1001, 'The engine is stopping.');
    const timer = setTimeout(() => {
      for (const peer of peers) peer.terminate();
    }, CLOSE_GRACE_MS);
    await closed;
    clearTimeout(timer);
  }

  #serve(peer: WebSocket): void {
    // A protocol error closes the connection; without a listener it would end the process.
    peer.on('error', () => peer.terminate());
    peer.on('pong', () => this.#silent.delete(peer));
    const listen = (type: string, listener: (event: { data: string }) => void) => {
      if (type === 'message') onRpcMessage(peer, listener);
      else peer.on(type as 'close', listener as () => void);
    };
    void this.#rpc.upgrade({
      addEventListener: listen as WebSocket['addEventListener'],
      // oRPC waits for what `send` returns, so a slow reader holds its own subscription back.
      send: (data: string | Uint8Array) => new Promise<void>((resolve) => peer.send(data, () => resolve())),
    });
  }

  #checkPeers(): void {
    for (const peer of this.#server.clients) {
      if (this.#silent.has(peer)) peer.terminate();
      this.#silent.add(peer);
      peer.ping();
    }
  }
}

/** Hands well-formed messages on; a peer that sends anything else is cut off, before oRPC prints what it cannot read. */
function onRpcMessage(peer: WebSocket, listener: (event: { data: string }) => void): void {
  peer.on('message', (bytes, isBinary) => {
    const data = String(bytes);
    if (!isBinary && isRpcMessage(data)) listener({ data });
    else peer.close(1007, 'The message is malformed.');
  });
}
