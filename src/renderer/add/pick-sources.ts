import { native } from '../connection/native.ts';
import { pickOnServer } from '../stores/picker-store.ts';
import { takeFiles, takePaths } from './take-files.ts';

/** Files by the system's dialog: real paths on the desktop, an upload in a browser. */
export async function pickFiles(): Promise<void> {
  if (native === null) takeFiles(await browserFiles());
  else takePaths(await native.pickFiles());
}

/** A folder by the system's dialog, on the desktop. */
export async function pickFolder(): Promise<void> {
  const folder = await native?.pickFolder();
  if (folder != null) takePaths([folder]);
}

/** Files and folders that are already on the engine's machine. */
export async function pickFromServer(): Promise<void> {
  takePaths(await pickOnServer('sources'));
}

function browserFiles(): Promise<File[]> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    input.addEventListener('change', () => resolve([...(input.files ?? [])]), { once: true });
    input.addEventListener('cancel', () => resolve([]), { once: true });
    input.click();
  });
}
