import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, expectStatus, namesInOrder, row, test } from './fixtures.ts';
import type { GantryServer } from './serve.ts';

/** Queues copies of a clip under these names, held or not. */
async function queue(
  server: GantryServer,
  folder: string,
  clip: string,
  names: string[],
  more: Record<string, unknown> = {},
): Promise<void> {
  const jobs = names.map((name) => {
    const source = join(folder, name);
    copyFileSync(clip, source);
    return { source, ...more };
  });
  await server.call('POST', '/jobs', { jobs });
}

/** Presses a key of the list on a row: the list has the focus, the row is the active one. */
async function pressOn(page: Page, name: string, key: string): Promise<void> {
  await row(page, name).click();
  await page.getByRole('grid').focus();
  await page.keyboard.press(key);
}

test('a job is watched from start to end', async ({ signedIn: page, server, folder, clips }) => {
  await queue(server, folder, clips.short, ['film.mp4']);
  await expectStatus(page, 'film.mp4', 'done');
  await row(page, 'film.mp4').click();
  const details = page.getByRole('complementary', { name: 'Job details' });
  await expect(details.getByText('320×240 · h264 · 25 fps')).toBeVisible();
  await expect(details.getByText(join(folder, 'film-h264.mp4'))).toBeVisible();
  await details.getByRole('button', { name: 'Command' }).click();
  await expect(details.getByText(/ffmpeg .*libx264/)).toBeVisible();
  await details.getByRole('button', { name: 'What the encoder said' }).click();
  await expect(details.getByText(/libx264|Stream mapping|frame=/).last()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Done 1' })).toBeVisible();
});

test('progress moves while a job runs; it is paused, goes on, and is cancelled', async ({
  signedIn: page,
  server,
  folder,
  clips,
}) => {
  await queue(server, folder, clips.long, ['film.mp4']);
  await expectStatus(page, 'film.mp4', 'running');
  const bar = row(page, 'film.mp4').getByRole('progressbar');
  await expect(bar).not.toHaveAttribute('aria-valuenow', '0', { timeout: 60_000 });
  await expect(row(page, 'film.mp4').getByText(/\d×$/)).toBeVisible();

  await row(page, 'film.mp4').hover();
  await page.getByRole('button', { name: 'Pause film.mp4' }).click();
  await expectStatus(page, 'film.mp4', 'paused');
  const heldAt = Number(await bar.getAttribute('aria-valuenow'));
  expect(heldAt).toBeGreaterThan(0);

  await page.getByRole('button', { name: 'Resume film.mp4' }).click();
  await expectStatus(page, 'film.mp4', 'running');
  await expect
    .poll(async () => Number(await bar.getAttribute('aria-valuenow')), { timeout: 60_000 })
    .toBeGreaterThan(heldAt);

  await row(page, 'film.mp4').hover();
  await page.getByRole('button', { name: 'Cancel film.mp4' }).click();
  await expectStatus(page, 'film.mp4', 'cancelled');
});

test('the whole queue is paused and goes on', async ({ signedIn: page, server, folder, clips }) => {
  await queue(server, folder, clips.steady, ['film.mp4'], {
    preset: 'preview-480p',
    overrides: { 'video.effort': 'fastest' },
  });
  await expectStatus(page, 'film.mp4', 'running');
  const bar = row(page, 'film.mp4').getByRole('progressbar');
  await expect(bar).not.toHaveAttribute('aria-valuenow', '0', { timeout: 60_000 });
  await page.getByRole('button', { name: 'Pause all' }).click();
  const goOn = page.getByRole('button', { name: 'Resume', exact: true });
  await expect(goOn).toBeVisible();
  await queue(server, folder, clips.short, ['later.mp4']);
  await expectStatus(page, 'later.mp4', 'queued');
  expect(await server.call('GET', '/queue')).toMatchObject({ isPaused: true, counts: { done: 0 } });

  await page.reload();
  await goOn.click();
  await expectStatus(page, 'later.mp4', 'done');
  await expectStatus(page, 'film.mp4', 'done');
});

test('a running job is removed only after a question, and its details close', async ({
  signedIn: page,
  server,
  folder,
  clips,
}) => {
  await queue(server, folder, clips.long, ['film.mp4']);
  await expectStatus(page, 'film.mp4', 'running');
  await pressOn(page, 'film.mp4', 'Delete');
  const question = page.getByRole('alertdialog', { name: 'Remove 1 job?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(question).toBeHidden();
  await expectStatus(page, 'film.mp4', 'running');

  await pressOn(page, 'film.mp4', 'Delete');
  await question.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('heading', { name: 'Drop videos here' })).toBeVisible();
  await expect(page.getByRole('complementary', { name: 'Job details' })).toBeHidden();
});

test('a failure names its cause, and a retry after the cure succeeds', async ({
  signedIn: page,
  server,
  folder,
  clips,
}) => {
  await server.call('POST', '/queue/pause', { now: true });
  await queue(server, folder, clips.short, ['film.mp4']);
  renameSync(join(folder, 'film.mp4'), join(folder, 'away.mp4'));
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await expectStatus(page, 'film.mp4', 'failed');
  const { jobs } = await server.call<{ jobs: { error: { code: string; message: string } }[] }>(
    'GET',
    '/jobs',
  );
  expect(jobs[0]?.error.code).toBe('source-not-found');
  await expect(row(page, 'film.mp4')).toContainText(jobs[0]?.error.message ?? 'a message');
  await expect(page.getByRole('button', { name: 'Failed 1' })).toBeVisible();

  renameSync(join(folder, 'away.mp4'), join(folder, 'film.mp4'));
  await page.getByRole('button', { name: 'Retry film.mp4' }).click();
  await expectStatus(page, 'film.mp4', 'done');
});

test('waiting jobs are put in another order, by keyboard and by pointer, for good', async ({
  signedIn: page,
  server,
  folder,
  clips,
}) => {
  await queue(server, folder, clips.short, ['a.mp4', 'b.mp4', 'c.mp4', 'd.mp4'], { paused: true });
  await expect.poll(() => namesInOrder(page)).toEqual(['a.mp4', 'b.mp4', 'c.mp4', 'd.mp4']);

  await pressOn(page, 'c.mp4', 'Alt+ArrowUp');
  await expect.poll(() => namesInOrder(page)).toEqual(['a.mp4', 'c.mp4', 'b.mp4', 'd.mp4']);
  await page.keyboard.press('Alt+ArrowDown');
  await page.keyboard.press('Escape');
  await expect.poll(() => namesInOrder(page)).toEqual(['a.mp4', 'b.mp4', 'c.mp4', 'd.mp4']);

  const from = await row(page, 'd.mp4').boundingBox();
  const to = await row(page, 'b.mp4').boundingBox();
  if (from === null || to === null) throw new Error('rows are not drawn');
  await page.mouse.move(from.x + 200, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(from.x + 200, from.y - 10, { steps: 4 });
  await page.mouse.move(to.x + 200, to.y + 4, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => namesInOrder(page)).toEqual(['a.mp4', 'd.mp4', 'b.mp4', 'c.mp4']);

  await row(page, 'b.mp4').hover();
  await page.getByRole('button', { name: 'More for b.mp4' }).click();
  await page.getByRole('menuitem', { name: 'Move to top' }).click();
  await expect.poll(() => namesInOrder(page)).toEqual(['b.mp4', 'a.mp4', 'd.mp4', 'c.mp4']);

  await page.reload();
  await expect.poll(() => namesInOrder(page)).toEqual(['b.mp4', 'a.mp4', 'd.mp4', 'c.mp4']);
});

test('many jobs are selected and cancelled together', async ({ signedIn: page, server, folder, clips }) => {
  await queue(server, folder, clips.short, ['a.mp4', 'b.mp4', 'c.mp4', 'd.mp4'], { paused: true });
  await row(page, 'a.mp4').getByRole('checkbox').click();
  await row(page, 'c.mp4').click({ modifiers: ['Shift'] });
  const bar = page.getByRole('toolbar', { name: 'Actions for the selection' });
  await expect(bar.getByText('3 selected')).toBeVisible();
  await bar.getByRole('button', { name: 'Cancel' }).click();
  for (const name of ['a.mp4', 'b.mp4', 'c.mp4']) await expectStatus(page, name, 'cancelled');
  await expectStatus(page, 'd.mp4', 'paused');

  await page.getByRole('button', { name: 'Cancelled 3' }).click();
  await expect(row(page, 'd.mp4')).toHaveCount(0);
  await page.getByRole('searchbox', { name: 'Search' }).fill('b.mp');
  await expect.poll(() => namesInOrder(page)).toEqual(['b.mp4']);
});

test('a queue of thousands draws only the rows on screen and reaches its end', async ({
  signedIn: page,
  server,
  folder,
  clips,
}) => {
  const source = join(folder, 'film.mp4');
  copyFileSync(clips.short, source);
  const jobs = Array.from({ length: 3_000 }, () => ({ source, paused: true }));
  await server.call('POST', '/jobs', { jobs });
  await expect(page.getByRole('button', { name: 'All 3,000' })).toBeVisible();
  expect(await page.locator('[role=row][data-status]').count()).toBeLessThan(60);
  await page.getByRole('grid').focus();
  await page.keyboard.press('End');
  await expect(page.locator('[aria-rowindex="3001"][data-status=paused]')).toBeVisible();
  expect(await page.locator('[role=row][data-status]').count()).toBeLessThan(60);
});
