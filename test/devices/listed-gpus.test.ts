import { describe, expect, it } from 'vitest';
import type { DeviceEntry } from '../../src/engine/devices/device-entry.ts';
import { countedSessions, gpusAfter, isGoneForGood } from '../../src/engine/devices/listed-gpus.ts';
import { type GpuListing, listGpus, NOT_INSTALLED } from '../../src/engine/devices/nvidia-smi.ts';
import { type Printed, StandInHost } from './stand-in-host.ts';
import { smiAnswers } from './stand-in-programs.ts';

const AT = '2026-01-01T00:00:00.000Z';
const PARENT = { uuid: 'GPU-p', 'mig.mode.current': 'Enabled', 'pci.bus_id': '00000000:C1:00.0' };

function listingOf(printed: Printed, slices: readonly string[] = []): Promise<GpuListing> {
  const lines = slices.map((uuid, at) => `  MIG 1g.24gb     Device  ${at}: (UUID: ${uuid})`);
  const host = new StandInHost({
    'nvidia-smi': ({ args }) =>
      args[0] === '-L' ? { stdout: ['GPU 0: NVIDIA L40S (UUID: GPU-p)', ...lines].join('\n') } : printed,
  });
  return listGpus(host, 'nvidia-smi');
}

const listedAs = async (before: readonly DeviceEntry[], printed: Printed, slices: readonly string[] = []) =>
  gpusAfter(before, await listingOf(printed, slices), AT);

const ids = (entries: readonly DeviceEntry[]) => entries.map(({ id }) => id);

describe('GPUs after a new listing', () => {
  it('keep their id when the driver tells no more than their place on the bus', async () => {
    const before = await listedAs([], smiAnswers({}));
    const lost = await listedAs(before, smiAnswers({ uuid: '[GPU is lost]', name: '[GPU is lost]' }));
    expect(lost).toMatchObject([{ id: 'GPU-a', name: 'NVIDIA L40S', listed: { code: 'gpu-lost' } }]);
  });

  it('have no second entry for one that was lost when it was first seen', async () => {
    const before = await listedAs([], smiAnswers({ uuid: '[GPU is lost]', name: '[GPU is lost]' }));
    expect(ids(before)).toEqual(['gpu-00000000:01:00.0']);
    expect(ids(await listedAs(before, smiAnswers({})))).toEqual(['GPU-a']);
  });

  it('keep what they proved under a driver that is not told for a moment, and lose it under another', async () => {
    const [gpu] = await listedAs([], smiAnswers({}));
    if (gpu === undefined) throw new Error('no GPU');
    const proven = [
      { ...gpu, decoding: { decoders: [], pipeline: { ok: true, reason: null, buildId: 'b' } } },
    ];
    const [silent] = await listedAs(proven, smiAnswers({ driver_version: '[N/A]' }));
    expect(silent).toMatchObject({ driverVersion: '595.80', decoding: { pipeline: { ok: true } } });
    const [updated] = await listedAs(proven, smiAnswers({ driver_version: '610.10' }));
    expect(updated).toMatchObject({ driverVersion: '610.10', decoding: null });
  });

  it('are not gone because nvidia-smi fails, hangs or was removed', async () => {
    const before = await listedAs([], smiAnswers({}));
    const failed = await listedAs(before, {
      exitCode: 255,
      stdout: 'Failed to initialize NVML: Unknown Error',
    });
    expect(failed).toMatchObject([{ id: 'GPU-a', listed: null, telemetry: null }]);
    expect(gpusAfter(before, { gpus: [], notice: NOT_INSTALLED }, AT)).toMatchObject([{ listed: null }]);
  });

  it('say what the driver says when that is gone, without promising the CPU', async () => {
    const before = await listedAs([], smiAnswers({}));
    const [gpu] = await listedAs(before, { exitCode: 9, stdout: 'NVIDIA-SMI has failed' });
    expect(gpu?.listed).toMatchObject({
      code: 'no-nvidia-driver',
      message: 'The NVIDIA driver is not running.',
    });
  });
});

describe('MIG slices', () => {
  it('stand for their GPU', async () => {
    expect(ids(await listedAs([], smiAnswers(PARENT), ['MIG-1', 'MIG-2']))).toEqual(['MIG-1', 'MIG-2']);
  });

  it('are not missing when the GPU is listed as a whole', async () => {
    const before = await listedAs([], smiAnswers(PARENT), ['MIG-1']);
    const whole: GpuListing = {
      gpus: (await listingOf(smiAnswers({ ...PARENT, 'mig.mode.current': 'Disabled' }))).gpus.map((gpu) =>
        gpu.kind === 'gpu' ? { ...gpu, isSliced: true } : gpu,
      ),
      notice: null,
    };
    expect(gpusAfter(before, whole, AT).find(({ id }) => id === 'MIG-1')).toMatchObject({ listed: null });
  });

  it('that were cut anew are gone for good; a GPU never is', async () => {
    const slices = await listedAs([], smiAnswers(PARENT), ['MIG-1', 'MIG-2']);
    const listing = await listingOf(smiAnswers(PARENT), ['MIG-2', 'MIG-3']);
    const kept = gpusAfter(slices, listing, AT).filter((entry) => !isGoneForGood(entry, listing));
    expect(ids(kept)).toEqual(['MIG-2', 'MIG-3']);

    const gpus = await listedAs([], smiAnswers({}, { uuid: 'GPU-b', 'pci.bus_id': '00000000:02:00.0' }));
    const without = await listingOf(smiAnswers({}));
    expect(gpusAfter(gpus, without, AT).some((entry) => isGoneForGood(entry, without))).toBe(false);
    // A driver that lists nothing at all says nothing about slices either.
    const nothing = await listingOf({ exitCode: 9 });
    expect(slices.some((entry) => isGoneForGood(entry, nothing))).toBe(false);
  });
});

it('sessions are counted where the driver counts them', async () => {
  const printed = smiAnswers(
    { 'encoder.stats.sessionCount': '2' },
    { uuid: 'GPU-b', 'pci.bus_id': '00000000:02:00.0', 'encoder.stats.sessionCount': '[N/A]' },
  );
  const entries = await listedAs([], printed);
  expect([...countedSessions(entries, await listingOf(printed))]).toEqual([
    ['GPU-a', 2],
    ['GPU-b', null],
  ]);
});
