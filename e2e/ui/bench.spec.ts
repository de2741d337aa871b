import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchRun } from '../../src/common/bench.ts';
import { expectNoViolations } from './axe.ts';
import { expect, test } from './fixtures.ts';

/** The clip is drawn once, then encoded some times, on a machine that does other things as well. */
const BENCH_MS = 300_000;

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('a quick benchmark is started, watched, exported, compared with another one and deleted', async ({
  signedIn: page,
  server,
  folder,
}) => {
  test.setTimeout(2 * BENCH_MS);
  await page.getByRole('link', { name: 'Bench' }).click();
  await expect(page.getByRole('heading', { name: 'Nothing was measured yet' })).toBeVisible();

  const start = page.getByRole('banner').or(page.locator('header')).getByRole('button', {
    name: 'New benchmark',
  });
  await start.click();
  const dialog = page.getByRole('dialog', { name: 'New benchmark' });
  for (const codec of ['HEVC', 'AV1'])
    await dialog.getByRole('checkbox', { name: codec, exact: true }).click();
  const h264 = dialog.getByRole('checkbox', { name: 'H.264', exact: true });
  await h264.click();
  await expect(dialog.getByRole('button', { name: 'Start' })).toBeDisabled();
  await h264.click();
  await dialog.getByRole('button', { name: 'Start' }).click();
  await expect(dialog).toBeHidden();

  const run = page.getByRole('region', { name: 'Benchmark', exact: true });
  await expect(run.getByRole('progressbar')).toBeVisible();
  await expect(start).toBeDisabled();
  const table = run.getByRole('table', { name: 'What was measured with H.264' });
  await expect(table.getByRole('row', { name: /\d fps/ }).first()).toBeVisible({ timeout: BENCH_MS });
  await expect(run.getByText('Done', { exact: true })).toBeVisible({ timeout: BENCH_MS });
  await expect(run.getByRole('progressbar')).toBeHidden();

  // What is shown is what was measured.
  const [measured] = (await server.call<{ runs: BenchRun[] }>('GET', '/bench')).runs;
  const results = measured?.results ?? [];
  expect(results.length).toBeGreaterThan(2);
  expect(new Set(results.map(({ codec }) => codec))).toEqual(new Set(['h264']));
  await expect(table.locator('tbody tr')).toHaveCount(results.length);
  for (const { encoderPreset, fps } of results) {
    expect(fps).toBeGreaterThan(0);
    await expect(table.getByRole('row', { name: encoderPreset }).first()).toContainText('fps');
  }
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await expectNoViolations(page);
  }

  const saved = async (kind: string, name: string) => {
    const downloading = page.waitForEvent('download');
    await run.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: kind }).click();
    const file = join(folder, name);
    await (await downloading).saveAs(file);
    return readFileSync(file, 'utf8');
  };
  expect(JSON.parse(await saved('All data (JSON)', 'bench.json'))).toEqual(measured);
  const lines = (await saved('Table (CSV)', 'bench.csv')).trim().split('\r\n');
  expect(lines).toHaveLength(results.length + 1);

  // A second one is cancelled once it has measured something, and keeps that.
  await server.call('POST', '/bench', { codecs: ['h264'], quick: true });
  await page.reload();
  await expect(table.locator('tbody tr').first()).toBeVisible({ timeout: BENCH_MS });
  await run.getByRole('button', { name: 'Cancel the benchmark' }).click();
  await expect(run.getByText('Cancelled', { exact: true })).toBeVisible();
  await run.getByRole('combobox', { name: 'Compare with' }).click();
  await page.getByRole('option').nth(1).click();
  await expect(table.getByRole('columnheader', { name: 'Change', exact: true })).toBeVisible();
  await expect(table.locator('tbody tr').first()).toContainText(/[+−]?\d+ %/);
  await expectNoViolations(page);

  await run.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(run.getByText('Done', { exact: true })).toBeVisible();
  expect((await server.call<{ runs: BenchRun[] }>('GET', '/bench')).runs).toHaveLength(1);
});
