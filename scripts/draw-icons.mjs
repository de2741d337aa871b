// Draws the PNGs in resources/ from the SVGs beside them, with a Chromium that Playwright finds (or CHROMIUM_PATH).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const resources = join(import.meta.dirname, '..', 'resources');
const images = [
  { from: 'icon.svg', to: 'icon.png', size: 1024 },
  ...[16, 24, 32, 48, 64, 128, 256, 512].map((size) => ({
    from: 'icon.svg',
    to: `icons/${size}x${size}.png`,
    size,
  })),
  { from: 'tray/tray.svg', to: 'tray/trayTemplate.png', size: 16 },
  { from: 'tray/tray.svg', to: 'tray/trayTemplate@2x.png', size: 32 },
];

const executablePath = process.env.CHROMIUM_PATH;
const browser = await chromium.launch(executablePath === undefined ? {} : { executablePath });
const page = await browser.newPage();
for (const { from, to, size } of images) {
  await page.setViewportSize({ width: size, height: size });
  const svg = readFileSync(join(resources, from), 'utf8');
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${svg}`);
  writeFileSync(join(resources, to), await page.screenshot({ omitBackground: true }));
}
await browser.close();
