import { expect, it } from 'vitest';
import type { DeviceId } from '../../src/common/ids.ts';
import { DeviceUse } from '../../src/engine/scheduler/device-use.ts';

const GPU = 'GPU-a' as DeviceId;

it('tells the mean number of encodes on a device over the time of one of them', () => {
  const use = new DeviceUse();
  use.set(GPU, 1, 1_000);
  const mark = use.mark(GPU, 1_000);
  use.set(GPU, 3, 2_000);
  use.set(GPU, 2, 3_000);
  expect(use.meanSince(GPU, mark, 5_000)).toBe((1 + 3 + 2 + 2) / 4);
});

it('never says less than one, and knows nothing of a device that nobody used', () => {
  const use = new DeviceUse();
  expect(use.meanSince(GPU, use.mark(GPU, 0), 0)).toBe(1);
  expect(use.meanSince(GPU, use.mark(GPU, 0), 1_000)).toBe(1);
});
