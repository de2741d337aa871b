import { isAbsolute } from 'node:path';
import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent, WebContents } from 'electron';
import type { InvokeChannels, TellChannels } from '../common/ipc-channels.ts';

/** What the window may ask of the shell. */
export interface ShellServices {
  pickFiles(sender: WebContents): Promise<string[]>;
  pickFolder(sender: WebContents): Promise<string | null>;
  showInFolder(path: string): void;
  connectEngine(sender: WebContents): void;
}

/** Registers every handler of the window's channels. Each drops what a frame sent that is not the app's own page. */
export function registerIpcHandlers(
  ipc: Pick<IpcMain, 'handle' | 'on'>,
  isTrusted: (event: IpcMainEvent | IpcMainInvokeEvent) => boolean,
  services: ShellServices,
): void {
  const answer = <C extends keyof InvokeChannels>(
    channel: C,
    handler: (sender: WebContents) => Promise<InvokeChannels[C]['result']>,
  ) => {
    ipc.handle(channel, (event) => {
      if (!isTrusted(event)) throw new Error('The sender is not the app.');
      return handler(event.sender);
    });
  };
  const hear = (
    channel: keyof TellChannels,
    // What a page sent is looked at before it is believed.
    handler: (sender: WebContents, ...args: unknown[]) => void,
  ) => {
    ipc.on(channel, (event, ...args: unknown[]) => {
      if (isTrusted(event)) handler(event.sender, ...args);
    });
  };

  answer('gantry:pick-files', (sender) => services.pickFiles(sender));
  answer('gantry:pick-folder', (sender) => services.pickFolder(sender));
  hear('gantry:request-engine-port', (sender) => services.connectEngine(sender));
  hear('gantry:show-in-folder', (_sender, path) => {
    if (typeof path === 'string' && isAbsolute(path)) services.showInFolder(path);
  });
}
