import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceList } from '../../src/common/device.ts';
import type { Job } from '../../src/common/job.ts';
import {
  startVirtualMachine,
  type VirtualMachine,
  virtualGpuProblem,
} from '../../test/support/virtual-gpu.ts';
import { expectNoViolations } from './axe.ts';
import { expect, expectStatus, row, test as withPage } from './fixtures.ts';
import { GantryServer } from './serve.ts';

const problem = virtualGpuProblem();
if (problem !== null)
  process.stdout.write(`SKIPPED: the page is not tested with virtual GPUs here, because ${problem}.\n`);

/** Every encoder of every GPU is proven by an encode, on a machine that does other things as well. */
const PROVEN_MS = 180_000;

const test = withPage.extend<{ machineName: string; machine: VirtualMachine }>({
  machineName: ['laptop', { option: true }],
  machine: async ({ machineName }, use) => {
    const machine = await startVirtualMachine(machineName);
    await use(machine);
    await machine.dispose();
  },
  server: async ({ folder, machine }, use) => {
    const server = await GantryServer.start(folder, machine.env);
    await use(server);
    await server.stop();
  },
});
test.skip(problem !== null, problem ?? '');
test.use({ contextOptions: { reducedMotion: 'reduce' } });

test.describe('on a server with eight L40S', () => {
  test.use({ machineName: 'eight-l40s' });

  test('each GPU has its own card, number, readings and place in the strip, at every width', async ({
    signedIn: page,
    server,
    folder,
    clips,
  }) => {
    test.setTimeout(2 * PROVEN_MS);
    await page.getByRole('link', { name: 'Devices' }).click();
    for (let number = 1; number <= 8; number += 1) {
      const card = page.getByRole('article', { name: `L40S #${number}`, exact: true });
      await expect(card.getByText('Ready')).toBeVisible({ timeout: PROVEN_MS });
      const hevc = card.getByRole('row', { name: /HEVC/ });
      await expect(hevc.getByRole('img', { name: 'Yes' })).toHaveCount(3);
      await expect(card.getByText(/^GPU\d+ %$|^\d+ %$/).first()).toBeVisible();
      await expect(card.getByText(`GPU-40500000-000${number}`, { exact: false })).toHaveCount(1);
    }
    const strip = page.getByRole('complementary', { name: 'Devices at a glance' });
    await expect(strip.getByRole('link')).toHaveCount(9);
    for (const [width, scheme] of [
      [1600, 'light'],
      [1100, 'dark'],
      [720, 'light'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      await expectNoViolations(page);
      // Nothing is wider than the window: cards wrap, the strip scrolls in itself.
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    }

    await page.setViewportSize({ width: 1280, height: 800 });
    const names = Array.from({ length: 4 }, (_, n) => `film-${n}.mp4`);
    for (const name of names) copyFileSync(clips.short, join(folder, name));
    await server.call('POST', '/jobs', { jobs: names.map((name) => ({ source: join(folder, name) })) });
    await page.getByRole('link', { name: 'Queue' }).click();
    for (const name of names) {
      await expectStatus(page, name, 'done');
      await expect(row(page, name)).toContainText(/L40S #\d/);
      await expect(row(page, name).getByRole('img', { name: /in place of a GPU/ })).toHaveCount(0);
    }
  });
});

test.describe('on a GTX 1650', () => {
  test.use({ machineName: 'gtx-1650' });

  test('what the card cannot do is a no, with its reason for the keyboard and the pointer', async ({
    signedIn: page,
  }) => {
    test.setTimeout(PROVEN_MS);
    await page.getByRole('link', { name: 'Devices' }).click();
    const card = page.getByRole('article', { name: 'GTX 1650' });
    const no = card.getByRole('button', { name: /^HEVC B-frames: no\. .*B-frames/ });
    await expect(no).toBeVisible({ timeout: PROVEN_MS });
    await no.focus();
    await expect(page.getByRole('tooltip')).toContainText('HEVC B-frames: no.');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('tooltip')).toHaveCount(0);
    await card.getByRole('button', { name: /^AV1 8-bit: no\. / }).hover();
    await expect(page.getByRole('tooltip')).toContainText('AV1 8-bit: no.');
  });
});

test.describe('on an H100', () => {
  test.use({ machineName: 'h100' });

  test('the card is what it is: a GPU without an encoder, no fault of anybody', async ({
    signedIn: page,
  }) => {
    test.setTimeout(PROVEN_MS);
    await page.getByRole('link', { name: 'Devices' }).click();
    const card = page.getByRole('article', { name: /H100/ });
    await expect(card.getByText('No encoder')).toBeVisible({ timeout: PROVEN_MS });
    await expect(card.getByText('Decodes', { exact: true })).toBeVisible({ timeout: PROVEN_MS });
    await page.getByRole('link', { name: 'Queue' }).click();
    await expect(page.getByText('No GPU is in service.')).toHaveCount(0);
  });
});

test.describe('when the only GPU fails in mid-encode', () => {
  /** Slow enough that the driver can be taken away while a job runs. */
  const SLOW = { framesPerSecond: 12 };

  test('held jobs wait, the queue says so and where to change it, and all goes on when the GPU is back', async ({
    signedIn: page,
    server,
    machine,
    folder,
    clips,
  }) => {
    test.setTimeout(2 * PROVEN_MS);
    machine.setGpu(0, SLOW);
    await server.call('PATCH', '/settings', { onGpuFailure: 'hold' });
    await gpuIsReady(server);
    copyFileSync(clips.short, join(folder, 'film.mp4'));
    await server.call('POST', '/jobs', { jobs: [{ source: join(folder, 'film.mp4') }] });
    await expectStatus(page, 'film.mp4', 'running');
    await expect
      .poll(async () => (await machine.state()).system.encoding, { timeout: 60_000 })
      .toBeGreaterThan(0);
    machine.setSystem({ driver: 'gone' });

    const bar = page.getByRole('status').filter({ hasText: 'No GPU is in service.' });
    await expect(bar).toContainText('wait until one is back', { timeout: 60_000 });
    await expectStatus(page, 'film.mp4', 'queued');
    await expect(row(page, 'film.mp4')).toContainText('Waiting for');
    await expectNoViolations(page);
    await bar.getByRole('link', { name: 'See the devices' }).click();
    const card = page.getByRole('article', { name: /RTX 3050/ });
    await expect(card.getByText('Out of service')).toBeVisible();
    await expect(card.getByText(/^Tried again in \d+ s\.$|^Being tried again…$/)).toBeVisible();

    machine.setSystem({ driver: 'ok' });
    machine.setGpu(0, { framesPerSecond: 0 });
    await expect(card.getByText('Ready')).toBeVisible({ timeout: PROVEN_MS });
    await page.getByRole('link', { name: 'Queue' }).click();
    await expectStatus(page, 'film.mp4', 'done');
    await expect(bar).toHaveCount(0);
    await expect(row(page, 'film.mp4').getByRole('img', { name: /in place of a GPU/ })).toHaveCount(0);

    await row(page, 'film.mp4').click();
    const details = page.getByRole('complementary', { name: 'Job details' });
    await expect(details.getByText('Attempt 1')).toBeVisible();
    await expect(details.getByText(/^Then tried again on RTX 3050/)).toBeVisible();
    const [job] = (await server.call<{ jobs: Job[] }>('GET', '/jobs')).jobs;
    expect(job?.attempts.filter(({ device }) => device === 'cpu')).toEqual([]);
  });

  test('the CPU stands in where that is wanted, and the job says so in its row and its story', async ({
    signedIn: page,
    server,
    machine,
    folder,
    clips,
  }) => {
    test.setTimeout(2 * PROVEN_MS);
    machine.setGpu(0, SLOW);
    await gpuIsReady(server);
    copyFileSync(clips.short, join(folder, 'film.mp4'));
    await server.call('POST', '/jobs', { jobs: [{ source: join(folder, 'film.mp4') }] });
    await expectStatus(page, 'film.mp4', 'running');
    await expect
      .poll(async () => (await machine.state()).system.encoding, { timeout: 60_000 })
      .toBeGreaterThan(0);
    machine.setSystem({ driver: 'gone' });
    await expectStatus(page, 'film.mp4', 'done');
    await expect(row(page, 'film.mp4')).toContainText('CPU');
    const sentence = /^The CPU did the work in place of a GPU\. ./;
    await expect(row(page, 'film.mp4').getByRole('img', { name: sentence })).toBeVisible();
    await row(page, 'film.mp4').click();
    const details = page.getByRole('complementary', { name: 'Job details' });
    await expect(details.getByText('Then tried on CPU.')).toBeVisible();
    await expect(details.getByText(/^On the CPU in place of a GPU: ./)).toBeVisible();
    await expectNoViolations(page);
  });
});

async function gpuIsReady(server: GantryServer): Promise<void> {
  const status = async () => {
    const { devices } = await server.call<DeviceList>('GET', '/devices');
    return devices.find((device) => device.kind === 'gpu')?.status;
  };
  await expect.poll(status, { timeout: PROVEN_MS }).toBe('ready');
}
