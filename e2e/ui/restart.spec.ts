import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, expectStatus, row, test } from './fixtures.ts';

for (const how of ['ask', 'kill'] as const) {
  test(`a server that is ${how === 'ask' ? 'restarted' : 'killed and started'} in the middle loses nothing`, async ({
    signedIn: page,
    server,
    folder,
    clips,
  }) => {
    copyFileSync(clips.steady, join(folder, 'film.mp4'));
    copyFileSync(clips.short, join(folder, 'after.mp4'));
    await server.call('PATCH', '/settings', { cpuSlots: 1 });
    await server.call('POST', '/jobs', {
      jobs: [
        {
          source: join(folder, 'film.mp4'),
          preset: 'preview-480p',
          overrides: { 'video.effort': 'fastest' },
        },
        { source: join(folder, 'after.mp4') },
      ],
    });
    await expectStatus(page, 'film.mp4', 'running');
    await expect(row(page, 'film.mp4').getByRole('progressbar')).not.toHaveAttribute('aria-valuenow', '0');

    await server.stop(how);
    await expect(page.getByText('Reconnecting…')).toBeVisible();
    // What was known stays readable meanwhile.
    await expect(row(page, 'film.mp4')).toBeVisible();

    await server.start();
    await expect(page.getByText('Reconnecting…')).toBeHidden();
    await expectStatus(page, 'film.mp4', 'done');
    await expectStatus(page, 'after.mp4', 'done');
  });
}

test('an idle page comes back by itself when the server does', async ({ signedIn: page, server }) => {
  await server.stop();
  await expect(page.getByText('Reconnecting…')).toBeVisible();
  await server.start();
  await expect(page.getByRole('heading', { name: 'Drop videos here' })).toBeVisible();
});
