/**
 * What the desktop shell gives the window besides the contract, as `window.gantry`. The browser has none of it: the
 * renderer looks for the object and uses uploads, the folder browser and downloads where it is absent.
 */
export interface NativeBridge {
  readonly platform: 'linux' | 'darwin' | 'win32';
  /**
   * Asks for a new port to the engine. A `MessagePort` cannot cross the context bridge as a value, so it arrives as a
   * `message` event of the window: `event.source === window`, `event.data === ENGINE_PORT_MESSAGE`,
   * `event.ports[0]` is the port. Asked again after the engine restarted; the newest port is the one that counts.
   */
  requestEnginePort(): void;
  /** Absolute path of a file or folder that was dropped; empty when it has none (made by a page). */
  pathForFile(file: File): string;
  /** Opens the file manager with this file selected. */
  showInFolder(path: string): void;
  /** The system's dialog; empty when the person cancelled. */
  pickFiles(): Promise<string[]>;
  /** The system's dialog; null when the person cancelled. */
  pickFolder(): Promise<string | null>;
}

/** `event.data` of the window message that carries the engine's port. */
export const ENGINE_PORT_MESSAGE = 'gantry:port';

/**
 * `event.data.type` of the window message that says which files the app was opened with, by a second start or by the
 * file manager; `event.data.paths` are their absolute paths.
 */
export const FILES_OPENED_MESSAGE = 'gantry:files-opened';
