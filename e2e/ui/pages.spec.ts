import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures.ts';

test('a preset is duplicated, changed, exported, deleted and imported', async ({
  signedIn: page,
  folder,
}) => {
  await page.getByRole('link', { name: 'Presets' }).click();
  await page
    .getByRole('button', { name: /^HEVC MP4|^HEVC MKV/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Duplicate' }).click();
  const editor = page.getByRole('dialog', { name: 'New preset' });
  await editor.getByRole('textbox', { name: 'Name' }).fill('For the shelf');
  await editor.getByRole('spinbutton', { name: 'Quality (CRF)' }).fill('19');
  await editor.getByRole('spinbutton', { name: 'Height at most' }).fill('1440');
  await editor.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'For the shelf' })).toBeVisible();
  await expect(page.getByText('Constant quality, CRF 19')).toBeVisible();
  await expect(page.getByText('At most 1440 lines high')).toBeVisible();

  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  const file = join(folder, 'shelf.json');
  await (await downloading).saveAs(file);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    id: 'for-the-shelf',
    video: { codec: 'hevc', rate: { mode: 'quality', quality: 19 }, maxHeight: 1440 },
  });

  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('button', { name: /For the shelf/ })).toHaveCount(0);

  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Import' }).click();
  await (await choosing).setFiles(file);
  await expect(page.getByRole('heading', { name: 'For the shelf' })).toBeVisible();
});

test('settings are kept, and a value that is not valid is not saved', async ({ signedIn: page, server }) => {
  await page.getByRole('link', { name: 'Settings' }).click();
  const slots = page.getByRole('spinbutton', { name: 'Encodes at once on the CPU' });
  await slots.fill('99');
  await expect(
    page.getByText('Encodes at once must be a whole number from 1 to 64, or empty.'),
  ).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled();
  await slots.fill('3');
  await page.getByRole('textbox', { name: 'File name' }).fill('{name}.small');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Changes are not saved yet.')).toBeHidden();
  expect(await server.call('GET', '/settings')).toMatchObject({
    cpuSlots: 3,
    output: { template: '{name}.small' },
    stallTimeoutSeconds: 120,
  });
  await page.reload();
  await expect(slots).toHaveValue('3');
  await expect(page.getByText(/^ffmpeg .*\d/).first()).toBeVisible();
});

test('what becomes of jobs when GPUs fail is chosen in the settings, and told where jobs are added', async ({
  signedIn: page,
  server,
  clips,
}) => {
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('combobox', { name: 'When GPUs fail' }).click();
  await page.getByRole('option', { name: 'Hold the jobs until a GPU is back' }).click();
  await page.getByRole('checkbox', { name: 'Let the CPU help while GPUs work' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Changes are not saved yet.')).toBeHidden();
  expect(await server.call('GET', '/settings')).toMatchObject({ onGpuFailure: 'hold', cpuBesideGpus: true });

  await page.getByRole('link', { name: 'Queue' }).click();
  const choosing = page.waitForEvent('filechooser');
  await page.keyboard.press('Control+o');
  await (await choosing).setFiles(clips.short);
  const sheet = page.getByRole('dialog', { name: 'Add to the queue' });
  await expect(sheet.getByText('While GPUs fail the job waits for one.')).toBeVisible();
  await sheet.getByRole('combobox', { name: 'Device' }).click();
  await expect(page.getByRole('option')).toContainText(['Auto', 'GPU only', 'CPU only']);
  await page.getByRole('option', { name: 'CPU only' }).click();
  await expect(sheet.getByText('Always the processor, also while a GPU is free.')).toBeVisible();
});

test('a theme that was chosen stays after a reload', async ({ signedIn: page }) => {
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('combobox', { name: 'Theme' }).click();
  await page.getByRole('option', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('the processor is listed with what it has proven, and is checked again', async ({ signedIn: page }) => {
  await page.getByRole('link', { name: 'Devices' }).click();
  const card = page.getByRole('article').filter({ hasText: 'libx264' });
  const proofs = card.getByRole('row', { name: /libx264/ });
  await expect(proofs.getByRole('img', { name: 'Yes' })).toHaveCount(2);
  await expect(card.getByText('Ready')).toBeVisible();
  await page.getByRole('button', { name: 'Check again' }).click();
  await expect(page.getByRole('button', { name: 'Checking…' })).toBeDisabled();
  await expect(page.getByRole('button', { name: 'Check again' })).toBeEnabled();
  await expect(proofs.getByRole('img', { name: 'Yes' })).toHaveCount(2);
});

test('the processor’s readings move on by themselves, and a moment of them is read by keyboard', async ({
  signedIn: page,
}) => {
  await page.getByRole('link', { name: 'Devices' }).click();
  const card = page.getByRole('article').filter({ hasText: 'libx264' });
  const moment = card.getByRole('slider', { name: 'Readings of CPU over time' });
  await expect(moment).toHaveAttribute('aria-valuetext', 'Now');
  const newest = Number(await moment.getAttribute('aria-valuemax'));
  await expect
    .poll(async () => Number(await moment.getAttribute('aria-valuemax')), { timeout: 60_000 })
    .toBeGreaterThan(newest + 1);
  await moment.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(moment).toHaveAttribute('aria-valuetext', /CPU \d+ %, Memory /);
  await page.keyboard.press('End');
  await expect(moment).toHaveAttribute('aria-valuetext', 'Now');
  await page.getByRole('button', { name: '2 h' }).click();
  await expect(page.getByRole('button', { name: '2 h' })).toHaveAttribute('aria-pressed', 'true');
  await expect(moment).toBeVisible();
});

test('the back button returns to the page before', async ({ signedIn: page }) => {
  await page.getByRole('link', { name: 'Devices' }).click();
  await page.getByRole('link', { name: 'Presets' }).click();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Devices' })).toBeVisible();
});
