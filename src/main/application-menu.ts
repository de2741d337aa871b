import type { MenuItemConstructorOptions } from 'electron';

/** The menu with what every app has: editing, zoom, window and quit. The app's own commands are in its window. */
export function applicationMenu(platform: string, isPackaged: boolean): MenuItemConstructorOptions[] {
  const view: MenuItemConstructorOptions[] = [
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { type: 'separator' },
    { role: 'togglefullscreen' },
  ];
  if (!isPackaged) view.push({ role: 'toggleDevTools' });
  const menu: MenuItemConstructorOptions[] = [
    { role: 'editMenu' },
    { label: 'View', submenu: view },
    { role: 'windowMenu' },
  ];
  return platform === 'darwin' ? [{ role: 'appMenu' }, ...menu] : [{ role: 'fileMenu' }, ...menu];
}
