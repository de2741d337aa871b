import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect, type Locator, type Page } from '@playwright/test';
import { ffmpeg, makeClip } from '../../test/support/clips.ts';
import { CHROMIUM_ARGS, findChromium } from './chromium.ts';
import { GantryServer } from './serve.ts';

const executablePath = findChromium();
const noBrowser = 'no Chromium was found: install one, or name it in CHROMIUM_PATH';
if (executablePath === null)
  process.stdout.write(`SKIPPED: the page is not tested here, because ${noBrowser}.\n`);

interface Clips {
  /** Two seconds: done in a moment. */
  readonly short: string;
  /** Four minutes of picture: runs long enough to be paused, moved and cancelled on any machine. */
  readonly long: string;
  /** Ten small minutes: runs for seconds, twice in a row without tiring anybody. */
  readonly steady: string;
  /** A video by name only. */
  readonly fake: string;
}

/** Files are made once for all tests; each test has a server and a data folder of its own. */
export const test = base.extend<{ folder: string; server: GantryServer; signedIn: Page }, { clips: Clips }>({
  launchOptions: [
    { args: CHROMIUM_ARGS, ...(executablePath === null ? {} : { executablePath }) },
    { scope: 'worker' },
  ],
  clips: [
    // Playwright wants to see which fixtures are used; this one uses none that matters.
    async ({ browserName: _ }, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'gantry-clips-'));
      const short = makeClip(join(folder, 'short.mp4'), { seconds: 2 });
      const part = makeClip(join(folder, 'part.mp4'), { seconds: 8, size: '1280x720' });
      const long = join(folder, 'long.mp4');
      ffmpeg('-stream_loop', '29', '-i', part, '-c', 'copy', long);
      const steady = join(folder, 'steady.mp4');
      ffmpeg('-stream_loop', '299', '-i', short, '-c', 'copy', steady);
      const fake = join(folder, 'fake.mp4');
      writeFileSync(fake, 'Not a video.\n'.repeat(100));
      await use({ short, long, steady, fake });
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  folder: async ({ browserName: _ }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-ui-'));
    await use(folder);
    rmSync(folder, { recursive: true, force: true });
  },
  server: async ({ folder }, use) => {
    const server = await GantryServer.start(folder);
    await use(server);
    await server.stop();
  },
  page: async ({ page }, use) => {
    const broken: string[] = [];
    page.on('pageerror', (error) => broken.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (/Content Security Policy|Uncaught/.test(message.text())) broken.push(message.text());
    });
    await use(page);
    expect(broken, 'nothing breaks in the page behind the scenes').toEqual([]);
  },
  signedIn: async ({ page, server }, use) => {
    await page.goto(server.link);
    await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible();
    await use(page);
  },
});

test.skip(executablePath === null, `The page is not tested here, because ${noBrowser}.`);

export { expect };

/** The row of the job whose file has this name. */
export function row(page: Page, name: string): Locator {
  return page.locator('[role=row][data-status]').filter({ hasText: name });
}

export async function expectStatus(page: Page, name: string, status: string): Promise<void> {
  await expect(row(page, name)).toHaveAttribute('data-status', status, { timeout: 60_000 });
}

/** Names in the list from top to bottom, as far as rows are drawn. */
export async function namesInOrder(page: Page): Promise<string[]> {
  // Read at one moment: a row that goes away between two questions would be waited for. A string, because it runs in the page.
  const drawn = await page.evaluate<[index: number, label: string][]>(`
    [...document.querySelectorAll('[role=row][data-status]')].map((row) => [
      Number(row.getAttribute('aria-rowindex')),
      row.querySelector('[aria-label^="Select "]')?.getAttribute('aria-label') ?? '',
    ])`);
  return drawn.sort(([a], [b]) => a - b).map(([, label]) => label.replace('Select ', ''));
}
