import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Page } from '@playwright/test';
import { measure } from '../../test/support/clips.ts';
import { expect, expectStatus, row, test } from './fixtures.ts';

/** Letters typed after a longer pause than this begin a new word in a list. */
const TYPING_STARTS_ANEW_MS = 1_000;

async function upload(page: Page, files: string[]): Promise<void> {
  // The page listens for keys a moment after it shows: a person comes later than that, a script may not.
  await expect(async () => {
    const choosing = page.waitForEvent('filechooser', { timeout: 2_000 });
    await page.keyboard.press('Control+o');
    await (await choosing).setFiles(files);
  }).toPass();
}

test('an uploaded file is inspected, encoded and downloaded', async ({ signedIn: page, clips }) => {
  await upload(page, [clips.short]);
  const sheet = page.getByRole('dialog', { name: 'Add to the queue' });
  await expect(sheet.getByText('320×240 · h264 · 1 audio track')).toBeVisible();
  await sheet.getByRole('combobox', { name: 'Preset' }).click();
  await page.getByRole('option', { name: /HEVC/ }).first().click();
  await sheet.getByRole('button', { name: 'Start 1 encode' }).click();
  await expect(sheet).toBeHidden();
  await expectStatus(page, 'short.mp4', 'done');

  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the result of short.mp4' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('short-hevc.mp4');
  const result = measure(await download.path());
  expect(result).toMatchObject({ frames: 50, width: 320, height: 240 });
  expect(result.codecs).toEqual(['hevc', 'aac']);
});

test('files dropped on the window are added, and what is no video says why', async ({
  signedIn: page,
  clips,
}) => {
  const files = await Promise.all(
    [clips.short, clips.fake].map(async (file) => ({
      name: basename(file),
      base64: (await readFile(file)).toString('base64'),
    })),
  );
  // A string, because it runs in the page: the types here are Node's.
  const dropped = await page.evaluateHandle(`(() => {
    const data = new DataTransfer();
    for (const { name, base64 } of ${JSON.stringify(files)}) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      data.items.add(new File([bytes], name));
    }
    return data;
  })()`);
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: dropped });
  await expect(page.getByText('Drop to add to the queue')).toBeVisible();
  await page.dispatchEvent('body', 'drop', { dataTransfer: dropped });

  const sheet = page.getByRole('dialog', { name: 'Add to the queue' });
  await expect(sheet.getByText('1 ready · 1 cannot be encoded and is left out')).toBeVisible();
  await expect(sheet.getByRole('listitem').filter({ hasText: 'fake.mp4' })).toContainText(/not|no /);
  await sheet.getByRole('button', { name: 'Start 1 encode' }).click();
  await expectStatus(page, 'short.mp4', 'done');
  await expect(row(page, 'fake.mp4')).toHaveCount(0);
});

test('a folder of the engine’s machine is added by keyboard alone', async ({
  signedIn: page,
  clips,
  folder,
}) => {
  const films = join(folder, 'films');
  mkdirSync(join(films, 'more'), { recursive: true });
  copyFileSync(clips.short, join(films, 'one.mp4'));
  copyFileSync(clips.short, join(films, 'more', 'two.mkv.mp4'));
  copyFileSync(clips.fake, join(films, 'notes.txt'));

  const add = page.getByRole('button', { name: 'Add', exact: true }).first();
  await add.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('menuitem', { name: 'Choose on the engine’s machine…' })).toBeFocused();
  await page.keyboard.press('Enter');
  const picker = page.getByRole('dialog', { name: 'Choose on the engine’s machine' });
  const entries = picker.getByLabel('Contents of the folder');
  await expect(entries).toBeFocused();
  const up = picker.getByRole('button', { name: 'One folder up' });
  while (await up.isEnabled()) {
    const before = await picker.getByRole('navigation', { name: 'Folders above' }).textContent();
    await page.keyboard.press('Backspace');
    await expect(picker.getByRole('navigation', { name: 'Folders above' })).not.toHaveText(before ?? '');
    await expect(entries).toBeFocused();
  }
  for (const name of folder.split('/').filter(Boolean)) {
    // Only rows near the visible ones are drawn: typing brings the folder into view, once the list has been read.
    await expect(async () => {
      await page.keyboard.type(name);
      const active = await entries.getAttribute('aria-activedescendant', { timeout: 1_000 });
      await expect(page.locator(`#${active}`)).toHaveText(name, { timeout: 1_000 });
    }).toPass({ intervals: [TYPING_STARTS_ANEW_MS] });
    await page.keyboard.press('Enter');
    await expect(picker.getByRole('button', { name, exact: true })).toHaveAttribute(
      'aria-current',
      'location',
    );
    await expect(entries).toBeFocused();
  }
  await page.keyboard.type('films');
  await page.keyboard.press('Space');
  await expect(entries.getByRole('option', { name: 'films' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Control+Enter');

  const sheet = page.getByRole('dialog', { name: 'Add to the queue' });
  await expect(sheet.getByText('2 ready')).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expectStatus(page, 'one.mp4', 'done');
  await expectStatus(page, 'two.mkv.mp4', 'done');
  expect(statSync(join(films, 'one-h264.mp4')).size).toBeGreaterThan(0);
  expect(statSync(join(films, 'more', 'two.mkv-h264.mp4')).size).toBeGreaterThan(0);
});

test('outputs go to the folder that was chosen', async ({ signedIn: page, clips, folder }) => {
  await upload(page, [clips.short]);
  const sheet = page.getByRole('dialog', { name: 'Add to the queue' });
  await sheet.getByRole('textbox', { name: 'Output folder' }).fill(join(folder, 'out'));
  await sheet.getByRole('textbox', { name: 'File name' }).fill('{name} in {codec}');
  await sheet.getByRole('button', { name: 'Start 1 encode' }).click();
  await expectStatus(page, 'short.mp4', 'done');
  expect(statSync(join(folder, 'out', 'short in h264.mp4')).size).toBeGreaterThan(0);
});

test('without its token the page says how to get in, and takes a pasted link', async ({ page, server }) => {
  await page.goto(server.origin);
  await expect(page.getByRole('heading', { name: 'This page needs its token' })).toBeVisible();
  const field = page.getByLabel('Or paste the link or the token here');
  await field.fill('not a token');
  await page.getByRole('button', { name: 'Connect' }).click();
  await expect(page.getByText('That is neither a link with a token nor a token.')).toBeVisible();
  await field.fill('wrong');
  await page.getByRole('button', { name: 'Connect' }).click();
  await expect(page.getByRole('heading', { name: 'The token is not valid any more' })).toBeVisible();
  await page.getByLabel('Or paste the link or the token here').fill(server.link);
  await page.getByRole('button', { name: 'Connect' }).click();
  await expect(page.getByRole('heading', { name: 'Drop videos here' })).toBeVisible();
});

test('the token leaves the address and outlives a reload', async ({ signedIn: page, server }) => {
  expect(page.url()).not.toContain(server.token);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Drop videos here' })).toBeVisible();
});
