import { contextBridge, type IpcRendererEvent, ipcRenderer, webUtils } from 'electron';
import type { InvokeChannels, TellChannels, WindowChannels } from '../common/ipc-channels.ts';
import { ENGINE_PORT_MESSAGE, FILES_OPENED_MESSAGE, type NativeBridge } from '../common/native-bridge.ts';

type Ports = IpcRendererEvent['ports'];

/** The page's window: the one thing of the DOM that is used here. */
declare const window: {
  postMessage(message: unknown, targetOrigin: string, transfer: Ports): void;
};

function invoke<C extends keyof InvokeChannels>(
  channel: C,
  ...args: InvokeChannels[C]['args']
): Promise<InvokeChannels[C]['result']> {
  return ipcRenderer.invoke(channel, ...args);
}

function tell<C extends keyof TellChannels>(channel: C, ...args: TellChannels[C]): void {
  ipcRenderer.send(channel, ...args);
}

function listen<C extends keyof WindowChannels>(
  channel: C,
  listener: (ports: Ports, ...args: WindowChannels[C]) => void,
): void {
  ipcRenderer.on(channel, (event, ...args) => listener(event.ports, ...(args as WindowChannels[C])));
}

const bridge: NativeBridge = {
  platform: process.platform as NativeBridge['platform'],
  requestEnginePort: () => tell('gantry:request-engine-port'),
  pathForFile: (file) => webUtils.getPathForFile(file),
  showInFolder: (path) => tell('gantry:show-in-folder', path),
  pickFiles: () => invoke('gantry:pick-files'),
  pickFolder: () => invoke('gantry:pick-folder'),
};
contextBridge.exposeInMainWorld('gantry', bridge);

// Neither ports nor events cross the context bridge; messages of the window do. Only this window hears them.
listen('gantry:engine-port', (ports) => window.postMessage(ENGINE_PORT_MESSAGE, '*', ports));
listen('gantry:files-opened', (_ports, paths) =>
  window.postMessage({ type: FILES_OPENED_MESSAGE, paths }, '*', []),
);
