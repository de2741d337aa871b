import type { ConnectionPhase } from '../stores/connection-store.ts';
import { backOffMs } from './back-off.ts';
import { type EngineConnection, NotAuthorized } from './engine-client.ts';

export interface KeepConnectedOptions {
  connect(): Promise<EngineConnection>;
  /** Uses an open connection until it ends; what it throws ends the connection. */
  live(connection: EngineConnection): Promise<void>;
  onPhase(phase: ConnectionPhase): void;
  /** Waits, or returns earlier when there is a reason to hope (the network is back, the tab is looked at again). */
  wait(ms: number): Promise<void>;
  random(): number;
}

/**
 * Keeps one connection open for as long as the window lives: opens it, hands it to `live`, and opens a new one when it
 * ends. Returns only when the server refuses the token.
 */
export async function keepConnected(options: KeepConnectedOptions): Promise<void> {
  let everOpen = false;
  let failedTries = 0;
  for (;;) {
    try {
      const connection = await options.connect();
      everOpen = true;
      failedTries = 0;
      options.onPhase({ kind: 'open', connection });
      try {
        await options.live(connection);
      } finally {
        connection.close();
      }
    } catch (error) {
      if (error instanceof NotAuthorized) {
        options.onPhase({ kind: 'unauthorized', reason: 'refused' });
        return;
      }
    }
    options.onPhase({ kind: 'reconnecting', everOpen });
    await options.wait(backOffMs(failedTries, options.random()));
    failedTries += 1;
  }
}

/** Waits until the time is up, the network came back or the window is looked at again. */
export function waitOrWake(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      window.removeEventListener('online', stop);
      document.removeEventListener('visibilitychange', stop);
      resolve();
    };
    const timer = setTimeout(stop, ms);
    window.addEventListener('online', stop);
    document.addEventListener('visibilitychange', stop);
  });
}
