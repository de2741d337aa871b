import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  type MessagePortMain,
  protocol,
  session,
  shell,
  utilityProcess,
  type WebContents,
} from 'electron';
import { gantryHome } from '../common/home-folder.ts';
import type { WindowChannels } from '../common/ipc-channels.ts';
import type { Problem } from '../common/problem.ts';
import { APP_ORIGIN, APP_SCHEME, serveAssets } from './app-protocol.ts';
import { applicationMenu } from './application-menu.ts';
import type { EngineStart } from './engine-messages.ts';
import { EngineSupervisor } from './engine-supervisor.ts';
import { denyPermissions } from './harden.ts';
import { registerIpcHandlers } from './ipc-handlers.ts';
import { openMainWindow } from './main-window.ts';
import { filesOf, SecondStart } from './opened-files.ts';
import { isTrustedSender } from './trusted-sender.ts';

const here = dirname(fileURLToPath(import.meta.url));
/** Set by `npm run dev`. */
const devServer = app.isPackaged ? null : (process.env['ELECTRON_RENDERER_URL'] ?? null);

const home = resolve(gantryHome({ platform: process.platform, env: process.env, homeFolder: homedir() }));
// One app to a home: the lock that keeps a second start away lies in this folder.
const userData = join(home, 'desktop');
mkdirSync(userData, { recursive: true, mode: 0o700 });
app.setPath('userData', userData);

let window: BrowserWindow | null = null;
/** The page that has asked for the engine is the one that can take files. */
let page: WebContents | null = null;
let filesToOpen = filesOf(process.argv, { cwd: process.cwd(), isPackaged: app.isPackaged });
let hasStopped = false;

function tellPage<C extends keyof WindowChannels>(
  contents: WebContents,
  channel: C,
  args: WindowChannels[C],
  ports: MessagePortMain[] = [],
): void {
  if (contents.isDestroyed()) return;
  if (ports.length > 0) contents.postMessage(channel, null, ports);
  else contents.send(channel, ...args);
}

function openFiles(paths: readonly string[]): void {
  filesToOpen.push(...paths);
  if (page === null || page.isDestroyed() || filesToOpen.length === 0) return;
  tellPage(page, 'gantry:files-opened', [filesToOpen]);
  filesToOpen = [];
}

const supervisor = new EngineSupervisor<MessagePortMain>({
  fork: () => {
    const start: EngineStart = {
      home,
      version: app.getVersion(),
      // What was shipped beside the archive is run from there; programs cannot be started from inside it.
      appFolder: app.isPackaged ? dirname(process.resourcesPath) : app.getAppPath(),
      staticFolder: join(here, '..', 'renderer'),
    };
    return utilityProcess.fork(join(here, 'engine-process.js'), [JSON.stringify(start)], {
      serviceName: 'Gantry engine',
    });
  },
  createChannel: () => new MessageChannelMain(),
  schedule: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  nowMs: () => performance.now(),
  onCrash: (exitCode) => void tellOfCrash(exitCode),
  onFailure: (problem) => void tellOfFailure(problem),
});

function showMessage(options: Electron.MessageBoxOptions): Promise<Electron.MessageBoxReturnValue> {
  return window === null ? dialog.showMessageBox(options) : dialog.showMessageBox(window, options);
}

async function tellOfCrash(exitCode: number): Promise<void> {
  await showMessage({
    type: 'warning',
    message: 'The engine stopped unexpectedly and is being started again.',
    detail: `Nothing is lost: what was running goes back to the queue. (Exit code ${exitCode}.)`,
    buttons: ['OK'],
  });
}

async function tellOfFailure(problem: Problem): Promise<void> {
  const { response } = await showMessage({
    type: 'error',
    message: problem.message,
    detail: problem.nextStep,
    buttons: ['Try again', 'Quit'],
    defaultId: 0,
    cancelId: 1,
  });
  if (response === 0) supervisor.start();
  else app.quit();
}

function openWindow(): void {
  window = openMainWindow({
    address: devServer ?? `${APP_ORIGIN}/`,
    preload: join(here, '..', 'preload', 'index.cjs'),
    stateFile: join(app.getPath('userData'), 'window.json'),
  });
  window.on('closed', () => {
    window = null;
    page = null;
  });
}

function showWindow(): void {
  if (window === null) {
    openWindow();
    return;
  }
  if (window.isMinimized()) window.restore();
  window.focus();
}

async function pick(
  sender: WebContents,
  properties: Electron.OpenDialogOptions['properties'],
): Promise<string[]> {
  const parent = BrowserWindow.fromWebContents(sender);
  const options: Electron.OpenDialogOptions = { properties: properties ?? [] };
  const result = await (parent === null
    ? dialog.showOpenDialog(options)
    : dialog.showOpenDialog(parent, options));
  return result.canceled ? [] : result.filePaths;
}

function registerServices(): void {
  registerIpcHandlers(ipcMain, (event) => isTrustedSender(event.senderFrame, devServer), {
    pickFiles: (sender) => pick(sender, ['openFile', 'multiSelections']),
    pickFolder: async (sender) => (await pick(sender, ['openDirectory', 'createDirectory']))[0] ?? null,
    showInFolder: (path) => shell.showItemInFolder(path),
    connectEngine: (sender) => {
      page = sender;
      supervisor.connect((port) => tellPage(sender, 'gantry:engine-port', [], [port]));
      openFiles([]);
    },
  });
}

function run(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  app.enableSandbox();
  app.on('second-instance', (_event, _argv, _cwd, data) => {
    showWindow();
    openFiles(SecondStart.safeParse(data).data?.paths ?? []);
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    openFiles([path]);
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('activate', showWindow);
  app.on('before-quit', (event) => {
    if (hasStopped) return;
    // Running work goes back to the queue before the app ends.
    event.preventDefault();
    void supervisor.stop().finally(() => {
      hasStopped = true;
      app.quit();
    });
  });
  void app.whenReady().then(() => {
    denyPermissions(session.defaultSession);
    protocol.handle(APP_SCHEME, serveAssets(join(here, '..', 'renderer')));
    Menu.setApplicationMenu(Menu.buildFromTemplate(applicationMenu(process.platform, app.isPackaged)));
    registerServices();
    supervisor.start();
    openWindow();
  });
}

// One app at a time: a second start hands over the files that it was given and ends.
const secondStart: SecondStart = { paths: filesToOpen };
if (app.requestSingleInstanceLock(secondStart)) run();
else app.quit();
