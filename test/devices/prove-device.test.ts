import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeviceId } from '../../src/common/ids.ts';
import { DeviceRegistry } from '../../src/engine/devices/registry.ts';
import type { Command } from '../../src/engine/hosts/host.ts';
import { type Printed, StandInHost } from './stand-in-host.ts';
import { buildOf, ENCODED, encoderIn, memoryCache, refused, smiAnswers } from './stand-in-programs.ts';

const A = 'GPU-a' as DeviceId;
const FULL = refused('OpenEncodeSessionEx failed: incompatible client key (21): (no details)');
const gpus = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    index: `${at}`,
    uuid: `GPU-${'abcdefgh'[at]}`,
    'pci.bus_id': `00000000:0${at}:00.0`,
  }));

const open: DeviceRegistry[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((registry) => registry.dispose()));
  vi.useRealTimers();
});

/** A machine whose probes on GPUs can be watched and held. */
function registryWith(count: number) {
  const machine = { answer: (_command: Command): Printed => ENCODED, holds: false };
  const held: (() => void)[] = [];
  const running = new Set<Command>();
  const seen = { most: 0, mostOnOne: 0 };
  const gpuOf = (command: Command) => command.env?.['CUDA_VISIBLE_DEVICES'];
  const host = new StandInHost({
    'nvidia-smi': () => smiAnswers(...gpus(count)),
    '/new/ffmpeg': async (command) => {
      if (!encoderIn(command).endsWith('nvenc')) return ENCODED;
      running.add(command);
      seen.most = Math.max(seen.most, running.size);
      const onOne = [...running].filter((other) => gpuOf(other) === gpuOf(command)).length;
      seen.mostOnOne = Math.max(seen.mostOnOne, onOne);
      if (machine.holds) await new Promise<void>((resolve) => held.push(resolve));
      else await Promise.resolve();
      running.delete(command);
      return machine.answer(command);
    },
  });
  const registry = new DeviceRegistry({
    host,
    discover: async () => [buildOf('new')],
    cache: memoryCache(),
    smiPath: 'nvidia-smi',
  });
  open.push(registry);
  const probes = () => host.ran.filter(({ command }) => encoderIn(command).endsWith('nvenc')).length;
  const proofs = (id = A) => registry.list().devices.find((device) => device.id === id)?.encoders ?? [];
  const release = () => {
    for (const go of held.splice(0)) go();
  };
  return { registry, machine, seen, probes, proofs, release };
}

describe('probing', () => {
  it('runs one probe at a time on each GPU, and on a few GPUs at a time', async () => {
    const { registry, seen } = registryWith(8);
    await registry.refresh();
    expect(seen).toEqual({ most: 4, mostOnOne: 1 });
  });

  it('runs on one GPU at a time where the driver limits the sessions of the host', async () => {
    const { registry, seen } = registryWith(2);
    await registry.refresh();
    for (const id of [A, 'GPU-b' as DeviceId]) {
      for (const other of [A, 'GPU-b' as DeviceId]) registry.setSessions(other, other === id ? 2 : 1);
      registry.sessionRefused(id);
    }
    expect(registry.list().gpuSessions.limit).toBe(2);
    for (const id of [A, 'GPU-b' as DeviceId]) registry.setSessions(id, 0);
    seen.most = 0;
    await registry.refresh({ forgetProofs: true });
    expect(seen.most).toBe(1);
  });

  it('waits with a GPU whose sessions this engine has all in use, and keeps what was proven', async () => {
    const { registry, probes, proofs } = registryWith(1);
    await registry.refresh();
    registry.setSessions(A, 2);
    registry.sessionRefused(A);
    registry.setSessions(A, 1);
    const before = probes();
    await registry.refresh({ forgetProofs: true });
    expect(probes()).toBe(before);
    expect(proofs().every(({ ok }) => ok)).toBe(true);
    registry.setSessions(A, 0);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(probes()).toBe(before + 9);
  });

  it('takes one word for all codecs where GPU and driver have no encoder', async () => {
    for (const line of [
      'OpenEncodeSessionEx failed: unsupported device (2): (no details)',
      'Cannot load libnvidia-encode.so.1',
    ]) {
      const { registry, machine, probes, proofs } = registryWith(1);
      machine.answer = () => refused(line);
      await registry.refresh();
      expect(probes()).toBe(1);
      expect(new Set(proofs().map(({ reason }) => reason?.code)).size).toBe(1);
      expect(proofs()).toHaveLength(3);
    }
  });

  it('remembers that a GPU has no NVENC, for each of its codecs', async () => {
    const { registry, machine, probes, proofs } = registryWith(1);
    machine.answer = () => refused('OpenEncodeSessionEx failed: unsupported device (2): (no details)');
    await registry.refresh();
    await registry.refresh();
    expect(probes()).toBe(1);
    expect(proofs().map(({ reason }) => reason?.code)).toEqual(['no-nvenc', 'no-nvenc', 'no-nvenc']);
  });

  it('comes back by itself to what a full GPU left open', async () => {
    const { registry, machine, probes, proofs } = registryWith(1);
    machine.answer = (command) => (encoderIn(command) === 'hevc_nvenc' ? FULL : ENCODED);
    await registry.refresh();
    expect(proofs().map(({ ok, reason }) => [ok, reason?.code])).toEqual([
      [true, undefined],
      [false, 'session-limit'],
      // The refusal said that nothing more fits on the GPU just now.
      [false, 'session-limit'],
    ]);
    expect(registry.isSettled).toBe(true);
    const before = probes();
    machine.answer = () => ENCODED;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(proofs().every(({ ok, tenBit, bFrames }) => ok && tenBit && bFrames)).toBe(true);
    expect(probes()).toBe(before + 6);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(probes()).toBe(before + 6);
  });

  it('asks again, less and less often, what failed for a reason that may pass', async () => {
    const { registry, machine, probes, proofs } = registryWith(1);
    machine.answer = (command) =>
      encoderIn(command) === 'av1_nvenc'
        ? refused('EncodePicture failed!: generic error (20): EncodeAPI Internal Error.')
        : ENCODED;
    await registry.refresh();
    expect(proofs()[2]).toMatchObject({ ok: false, reason: { code: 'gpu-failed' } });
    for (const minutes of [1, 5, 15, 15]) {
      const before = probes();
      await vi.advanceTimersByTimeAsync(minutes * 60_000 - 1);
      expect(probes()).toBe(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(probes()).toBe(before + 1);
    }
  });

  it('means that nothing is settled, whenever it happens', async () => {
    const { registry, machine, release } = registryWith(1);
    machine.answer = () => FULL;
    await registry.refresh();
    expect(registry.isSettled).toBe(true);
    machine.holds = true;
    machine.answer = () => ENCODED;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(registry.isSettled).toBe(false);
    machine.holds = false;
    const told = vi.fn(() => registry.isSettled);
    registry.onChange(told);
    release();
    await vi.advanceTimersByTimeAsync(0);
    expect(registry.isSettled).toBe(true);
    expect(told).toHaveLastReturnedWith(true);
  });
});
