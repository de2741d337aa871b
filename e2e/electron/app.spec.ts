import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ElectronApplication, _electron as electron, expect, type Page, test } from '@playwright/test';
import { makeClip } from '../../test/support/clips.ts';

const electronFolder = join('node_modules', 'electron');

/** Why the desktop app cannot be opened here; null when it can. */
function whyNot(): string | null {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) {
    return 'there is no display';
  }
  if (process.platform === 'linux' && process.getuid?.() === 0) return 'Electron does not run as root';
  const pathFile = join(electronFolder, 'path.txt');
  if (!existsSync(pathFile)) return 'the binary of Electron was not fetched';
  return existsSync(join(electronFolder, 'dist', readFileSync(pathFile, 'utf8')))
    ? null
    : 'the binary of Electron was not fetched';
}

const reason = whyNot();
if (reason !== null)
  process.stdout.write(`SKIPPED: the desktop app is not tested here, because ${reason}.\n`);
test.skip(reason !== null, `The desktop app is not tested here, because ${reason}.`);

let folder = '';
let app: ElectronApplication;
let page: Page;

test.beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-app-'));
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env;
  app = await electron.launch({
    args: ['.'],
    env: { ...(env as Record<string, string>), GANTRY_HOME: join(folder, 'home') },
  });
  page = await app.firstWindow();
});

test.afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

test('opens a window that is kept from Node and from leaving', async () => {
  await expect(page).toHaveTitle('Gantry');
  expect(page.url()).toBe('app://gantry/');
  const inside = await page.evaluate(() => ({
    bridge: Object.keys((globalThis as unknown as { gantry: object }).gantry).sort(),
    hasRequire: 'require' in globalThis,
    hasProcess: 'process' in globalThis,
  }));
  expect(inside).toEqual({
    bridge: ['pathForFile', 'pickFiles', 'pickFolder', 'platform', 'requestEnginePort', 'showInFolder'],
    hasRequire: false,
    hasProcess: false,
  });
  await page.evaluate(() => {
    (globalThis as unknown as { location: { href: string } }).location.href = 'https://example.org/';
  });
  expect(page.url()).toBe('app://gantry/');
});

test('encodes a file that was picked', async () => {
  const clip = makeClip(join(folder, 'clip.mp4'), { seconds: 1 });
  await app.evaluate(({ dialog }, path) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
  }, clip);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Files…' }).click();
  await page.getByRole('button', { name: 'Start 1 encode' }).click();
  await expect(page.getByRole('button', { name: 'Show in folder' })).toBeVisible({ timeout: 60_000 });
  expect(existsSync(join(folder, 'clip-h264.mp4'))).toBe(true);
});

test('hands the files of a second start to the first window', async () => {
  const clip = makeClip(join(folder, 'second.mp4'), { seconds: 1 });
  await expect(page.getByRole('button', { name: 'Add', exact: true })).toBeVisible();
  await app.evaluate(({ app: shell }, path) => {
    shell.emit('second-instance', {}, [], '/', { paths: [path] });
  }, clip);
  await expect(page.getByText('second.mp4')).toBeVisible();
});
