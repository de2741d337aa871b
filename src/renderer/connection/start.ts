import { useConnection } from '../stores/connection-store.ts';
import { keepToken, takeToken } from './access-token.ts';
import type { EngineConnection } from './engine-client.ts';
import { connectEnginePort } from './engine-port.ts';
import { keepConnected, waitOrWake } from './keep-connected.ts';
import { live } from './live.ts';
import { native } from './native.ts';
import { connectWebSocket } from './web-socket.ts';

/** Connects this window to its engine and keeps it connected. */
export function startConnection(): void {
  if (native !== null) {
    const bridge = native;
    run(() => connectEnginePort(bridge));
    return;
  }
  const token = takeToken({
    href: window.location.href,
    replaceAddress: (href) => window.history.replaceState(null, '', href),
    storage: window.sessionStorage,
  });
  if (token === null) useConnection.setState({ phase: { kind: 'unauthorized', reason: 'missing' } });
  else openWithToken(token);
}

/** Connects with a token that a person pasted. */
export function connectWithToken(token: string): void {
  keepToken({ storage: window.sessionStorage }, token);
  useConnection.setState({ phase: { kind: 'connecting' } });
  openWithToken(token);
}

function openWithToken(token: string): void {
  run(() => connectWebSocket(window.location.origin, token));
}

function run(connect: () => Promise<EngineConnection>): void {
  void keepConnected({
    connect,
    live,
    onPhase: (phase) => useConnection.setState({ phase }),
    wait: waitOrWake,
    random: Math.random,
  });
}
