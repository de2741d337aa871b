import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BrowserWindow, screen } from 'electron';
import { confinePage, pagePreferences } from './harden.ts';
import { MINIMUM_SIZE, openingBounds, parseWindowState, type WindowState } from './window-state.ts';

export interface MainWindowOptions {
  /** What the window shows. */
  readonly address: string;
  readonly preload: string;
  /** Where size and place are remembered. */
  readonly stateFile: string;
}

/** Opens the window where it was left, and remembers where it is when it closes. */
export function openMainWindow(options: MainWindowOptions): BrowserWindow {
  const saved = readState(options.stateFile);
  const window = new BrowserWindow({
    ...openingBounds(
      saved,
      screen.getAllDisplays().map((display) => display.workArea),
    ),
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    title: 'Gantry',
    show: false,
    autoHideMenuBar: true,
    webPreferences: pagePreferences(options.preload),
  });
  if (saved?.isMaximized === true) window.maximize();
  confinePage(window.webContents);
  window.once('ready-to-show', () => window.show());
  window.on('close', () =>
    writeState(options.stateFile, { bounds: window.getNormalBounds(), isMaximized: window.isMaximized() }),
  );
  void window.loadURL(options.address);
  return window;
}

function readState(file: string): WindowState | null {
  try {
    return parseWindowState(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function writeState(file: string, state: WindowState): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(state)}\n`);
  } catch {
    // A window that opens in its usual place is no reason to keep the app from closing.
  }
}
