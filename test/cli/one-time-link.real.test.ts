import { expect, it } from 'vitest';
import { oneTimeLink } from '../../src/cli/one-time-link.ts';

const TARGET = 'http://127.0.0.1:4100/?token=secret';
const get = (url: string) => fetch(url, { redirect: 'manual' });

it('leads to its target once', async () => {
  const link = await oneTimeLink(TARGET);
  expect(link.url).not.toContain('secret');
  const first = await get(link.url);
  expect([first.status, first.headers.get('location')]).toEqual([302, TARGET]);
  await expect(get(link.url)).rejects.toThrow();
});

it('tells nothing to who does not know its address', async () => {
  const link = await oneTimeLink(TARGET);
  const guess = await get(new URL('/', link.url).href);
  expect(guess.status).toBe(404);
  expect((await get(link.url)).status).toBe(302);
  link.close();
});
