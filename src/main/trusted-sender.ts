import { APP_ORIGIN } from './app-protocol.ts';

/** The part of Electron's `WebFrameMain` that tells who sent a message. */
export interface SenderFrame {
  readonly url: string;
  readonly parent: unknown;
}

/**
 * Whether a message came from the app's own page in the top frame of a window. Anything else, a frame inside the page or a
 * page that was navigated to, gets no answer.
 *
 * @param devServer address of the development server while developing, else null
 */
export function isTrustedSender(frame: SenderFrame | null, devServer: string | null): boolean {
  if (frame === null || frame.parent !== null) return false;
  const url = URL.parse(frame.url);
  if (url === null) return false;
  if (`${url.protocol}//${url.host}` === APP_ORIGIN) return true;
  return devServer !== null && url.origin === URL.parse(devServer)?.origin;
}
