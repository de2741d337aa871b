import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceList } from '../../src/common/device.ts';
import { expect, expectStatus, row, test } from './fixtures.ts';

test('without a GPU, a job that may use one says that the CPU did it, and a job for the CPU says nothing', async ({
  signedIn: page,
  server,
  folder,
  clips,
}) => {
  const { devices } = await server.call<DeviceList>('GET', '/devices');
  test.skip(
    devices.some((device) => device.kind === 'gpu'),
    'this machine has a GPU',
  );
  for (const name of ['any.mp4', 'cpu.mp4']) copyFileSync(clips.short, join(folder, name));
  await server.call('POST', '/jobs', {
    jobs: [
      { source: join(folder, 'any.mp4'), device: 'auto' },
      { source: join(folder, 'cpu.mp4'), device: 'cpu' },
    ],
  });
  await expectStatus(page, 'any.mp4', 'done');
  await expectStatus(page, 'cpu.mp4', 'done');
  const sentence = /^The CPU did the work in place of a GPU\. ./;
  await expect(row(page, 'any.mp4').getByRole('img', { name: sentence })).toBeVisible();
  await expect(row(page, 'cpu.mp4').getByRole('img', { name: sentence })).toHaveCount(0);
  // No GPU failed here, so nothing is held up and no bar says so.
  await expect(page.getByText('No GPU is in service.')).toHaveCount(0);

  await row(page, 'any.mp4').click();
  const details = page.getByRole('complementary', { name: 'Job details' });
  await expect(details.getByText(sentence)).toBeVisible();
  await expect(details.getByText(/^On the CPU in place of a GPU: ./)).toBeVisible();

  // In a narrow window the device has no column, and the mark stands beside the name.
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 720, height: 800 });
  await expect(row(page, 'any.mp4').getByRole('img', { name: sentence })).toBeVisible();
});
