import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectNoViolations } from './axe.ts';
import { expect, expectStatus, row, test } from './fixtures.ts';

for (const theme of ['light', 'dark'] as const) {
  test.describe(`in the ${theme} theme`, () => {
    // Colours are judged as they are at rest, not halfway through a fade.
    test.use({ colorScheme: theme, contextOptions: { reducedMotion: 'reduce' } });

    test('every page is free of accessibility faults', async ({ signedIn: page, server, folder, clips }) => {
      await expectNoViolations(page);
      copyFileSync(clips.short, join(folder, 'done.mp4'));
      copyFileSync(clips.short, join(folder, 'held.mp4'));
      await server.call('POST', '/jobs', {
        jobs: [{ source: join(folder, 'done.mp4') }, { source: join(folder, 'held.mp4'), paused: true }],
      });
      await expectStatus(page, 'done.mp4', 'done');
      await expectNoViolations(page);
      await row(page, 'done.mp4').click();
      await expect(page.getByText('320×240 · h264 · 25 fps')).toBeVisible();
      await expectNoViolations(page);
      await row(page, 'held.mp4').getByRole('checkbox').click();
      await expectNoViolations(page);
      for (const name of ['Devices', 'Bench', 'Presets', 'Settings']) {
        await page.getByRole('link', { name }).click();
        await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
        await expectNoViolations(page);
      }
    });

    test('the windows over the page are free of accessibility faults', async ({ signedIn: page, clips }) => {
      await page.getByRole('button', { name: 'Add', exact: true }).first().click();
      await page.getByRole('menuitem', { name: 'Choose on the engine’s machine…' }).click();
      await expect(page.getByLabel('Contents of the folder')).toBeFocused();
      await expectNoViolations(page);
      await page.keyboard.press('Escape');

      const choosing = page.waitForEvent('filechooser');
      await page.keyboard.press('Control+o');
      await (await choosing).setFiles([clips.short, clips.fake]);
      await expect(page.getByText('1 ready · 1 cannot be encoded and is left out')).toBeVisible();
      await expectNoViolations(page);
      await page.keyboard.press('Escape');

      await page.getByRole('link', { name: 'Bench' }).click();
      await page.getByRole('button', { name: 'New benchmark' }).first().click();
      await expect(page.getByRole('dialog', { name: 'New benchmark' })).toBeVisible();
      await expectNoViolations(page);
      await page.keyboard.press('Escape');

      await page.getByRole('link', { name: 'Presets' }).click();
      await page.getByRole('button', { name: 'Duplicate' }).click();
      await expect(page.getByRole('dialog', { name: 'New preset' })).toBeVisible();
      await expectNoViolations(page);
    });

    test('the page without its token is free of accessibility faults', async ({ page, server }) => {
      await page.goto(server.origin);
      await expect(page.getByRole('heading', { name: 'This page needs its token' })).toBeVisible();
      await expectNoViolations(page);
    });
  });
}
