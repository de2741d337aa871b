import { expect, it } from 'vitest';
import type { Problem } from '../../src/common/problem.ts';
import { gpuNoticeFor } from '../../src/engine/devices/gpu-notice.ts';

const notice: Problem = { code: 'no-nvidia-driver', message: 'No driver.', nextStep: 'Install one.' };

it('an NVIDIA GPU without a driver is named, since a driver would help', () => {
  const found = gpuNoticeFor(notice, [
    { isNvidia: false, name: 'UHD Graphics 630' },
    { isNvidia: true, name: 'GeForce RTX 3060' },
  ]);
  expect(found.message).toContain('GeForce RTX 3060');
  expect(found.nextStep).toContain('Install the NVIDIA driver');
});

it('a GPU of another make is named as not used, with nothing to do', () => {
  const found = gpuNoticeFor(notice, [{ isNvidia: false, name: 'UHD Graphics 630' }]);
  expect(found.message).toContain('UHD Graphics 630 is not used');
  expect(found.nextStep).toBe('Nothing needs to be done.');
});

it('nothing is added where nothing is known, or the notice has another cause', () => {
  expect(gpuNoticeFor(notice, [])).toBe(notice);
  const other: Problem = { ...notice, code: 'gpu-failed' };
  expect(gpuNoticeFor(other, [{ isNvidia: true, name: 'RTX' }])).toBe(other);
});
