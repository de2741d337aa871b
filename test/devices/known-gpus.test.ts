import { describe, expect, it } from 'vitest';
import type { DeviceId } from '../../src/common/ids.ts';
import type { Problem } from '../../src/common/problem.ts';
import { failingGpus, type KnownGpu } from '../../src/engine/devices/known-gpus.ts';
import { NOT_INSTALLED } from '../../src/engine/devices/nvidia-smi.ts';

const DAY_MS = 24 * 3600 * 1000;
const seen: KnownGpu = {
  id: 'GPU-a' as DeviceId,
  name: 'NVIDIA L40S',
  uuid: 'GPU-a',
  driverVersion: '595.80',
  pciBusId: '00000000:01:00.0',
  seenAtMs: 0,
};
const notRunning: Problem = { code: 'no-nvidia-driver', message: 'It is not running.', nextStep: 'Restart.' };

describe('GPUs of the last start', () => {
  it('are failing, not absent, while a driver that is there does not work', () => {
    const [entry] = failingGpus([seen], { gpus: [], notice: notRunning }, DAY_MS);
    expect(entry).toMatchObject({ id: 'GPU-a', kind: 'gpu', name: 'NVIDIA L40S', driverVersion: '595.80' });
  });

  it('are forgotten where the driver works without them, or was removed', () => {
    expect(failingGpus([seen], { gpus: [], notice: null }, DAY_MS)).toEqual([]);
    expect(failingGpus([seen], { gpus: [], notice: NOT_INSTALLED }, DAY_MS)).toEqual([]);
  });

  it('are forgotten after a month', () => {
    expect(failingGpus([seen], { gpus: [], notice: notRunning }, 31 * DAY_MS)).toEqual([]);
  });
});
