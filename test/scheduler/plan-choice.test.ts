import { describe, expect, it } from 'vitest';
import type { PlanInput } from '../../src/engine/scheduler/plan-input.ts';
import {
  A,
  B,
  CANNOT,
  CPU,
  cpu,
  FAILED,
  failedOn,
  fallbackOf,
  gpu,
  LOST,
  lots,
  NO_DRIVER,
  task,
  unable,
} from './plan-fixture.ts';

const hold: Partial<PlanInput> = { policy: { onGpuFailure: 'hold', cpuBesideGpus: false } };
const unchecked: Partial<PlanInput> = { devicesAreKnown: false };
const outOfService = { outOfService: LOST };
const FULL = { freeSlots: 0, busySeconds: 60 };
const OUT_OF_MEMORY = { freeMemoryBytes: 100 * 1024 * 1024 };

describe('a job for any device', () => {
  it('goes to a GPU, with nothing standing in for anything', () => {
    const one = { devices: [cpu(), gpu(A)], tasks: [task()] };
    expect(lots(one)).toEqual([A]);
    expect(fallbackOf(one)).toBeNull();
  });

  it('waits for a GPU that is merely full', () => {
    expect(lots({ devices: [cpu(), gpu(A, FULL)], tasks: [task()] })).toEqual([
      'waits for a free GPU session',
    ]);
  });

  it('goes to the CPU where there is no GPU, and says why there is none', () => {
    const one = { devices: [cpu()], tasks: [task()] };
    expect(fallbackOf(one, { gpuNotice: NO_DRIVER })).toEqual(NO_DRIVER);
    expect(fallbackOf(one)?.message).toBe('There is no GPU here.');
  });

  it('goes to the CPU where no GPU is able, held jobs or not: none ever could', () => {
    const one = { devices: [cpu(), gpu(A)], tasks: [task()], abilities: { [A]: unable } };
    expect(lots(one)).toEqual([CPU]);
    expect(fallbackOf(one)).toEqual(CANNOT);
    expect(fallbackOf(one, hold)).toEqual(CANNOT);
  });

  it('goes to the CPU while every able GPU is out of service, and says why', () => {
    const devices = [cpu(), gpu(A), gpu(B, outOfService)];
    const one = { devices, tasks: [task()], abilities: { [A]: unable } };
    expect(lots(one)).toEqual([CPU]);
    expect(fallbackOf(one)).toEqual(LOST);
  });

  it('waits for a GPU while all are out of service, if GPU jobs are to be held', () => {
    expect(lots({ devices: [cpu(), gpu(A, outOfService)], tasks: [task()] }, hold)).toEqual([
      'waits for a GPU: Card A failed, and GPU jobs are held',
    ]);
  });

  it('waits for a full GPU rather than for one out of service', () => {
    const devices = [cpu(), gpu(A, outOfService), gpu(B, FULL)];
    expect(lots({ devices, tasks: [task()] })).toEqual(['waits for a free GPU session']);
  });

  it('tries another GPU than the one it failed on, and waits for it where that is full', () => {
    const tasks = [task('auto', failedOn(A))];
    expect(lots({ devices: [cpu(), gpu(A), gpu(B, { freeSlots: 1 })], tasks })).toEqual([B]);
    expect(lots({ devices: [cpu(), gpu(A), gpu(B, FULL)], tasks })).toEqual(['waits for a free GPU session']);
  });

  it('goes to the CPU once it failed on every GPU in service, and says why', () => {
    const one = { devices: [cpu(), gpu(A), gpu(B, outOfService)], tasks: [task('auto', failedOn(A))] };
    expect(lots(one)).toEqual([CPU]);
    expect(fallbackOf(one)).toEqual(FAILED);
  });

  it('is tried on the same GPU again where jobs are held, or the CPU cannot', () => {
    const one = { devices: [cpu(), gpu(A)], tasks: [task('auto', failedOn(A))] };
    expect(lots(one, hold)).toEqual([A]);
    expect(lots({ ...one, abilities: { [CPU]: unable } })).toEqual([A]);
  });

  it('goes to the CPU where other programs hold the memory of every GPU', () => {
    const one = { devices: [cpu(), gpu(A, OUT_OF_MEMORY)], tasks: [task()] };
    expect(lots(one)).toEqual([CPU]);
    expect(fallbackOf(one)?.code).toBe('gpu-out-of-memory');
  });

  it('stays with a GPU whose memory is held by encodes of ours, or is not told', () => {
    const ours = { ...OUT_OF_MEMORY, freeSlots: 1, busySeconds: 60 };
    expect(lots({ devices: [cpu(), gpu(A, ours)], tasks: [task()] })).toEqual([A]);
    expect(lots({ devices: [cpu(), gpu(A, { ...ours, busySeconds: null })], tasks: [task()] })).toEqual([A]);
    expect(lots({ devices: [cpu(), gpu(A, { freeMemoryBytes: null })], tasks: [task()] })).toEqual([A]);
  });

  it('waits for a GPU with memory rather than start on one without', () => {
    const devices = [cpu(), gpu(A, OUT_OF_MEMORY), gpu(B, FULL)];
    expect(lots({ devices, tasks: [task()] })).toEqual(['waits for a free GPU session']);
  });

  it('is tried on a GPU without memory where jobs are held', () => {
    expect(lots({ devices: [cpu(), gpu(A, OUT_OF_MEMORY)], tasks: [task()] }, hold)).toEqual([A]);
  });

  it('goes to the CPU where one GPU failed it and the other has no memory', () => {
    const devices = [cpu(), gpu(A, OUT_OF_MEMORY), gpu(B)];
    const one = { devices, tasks: [task('auto', failedOn(B))] };
    expect(lots(one)).toEqual([CPU]);
    expect(fallbackOf(one)).toEqual(FAILED);
    expect(lots(one, hold)).toEqual([A]);
  });

  it('can never be done where no device can, and the reason is that of the GPU', () => {
    const devices = [cpu(), gpu(A)];
    const tasks = [task()];
    const other = { kind: 'unable', reason: NO_DRIVER } as const;
    expect(lots({ devices, tasks, abilities: { [CPU]: other, [A]: unable } })).toEqual(['no-nvenc']);
    expect(lots({ devices: [], tasks })).toEqual(['encoder-missing']);
  });

  it('waits for a GPU out of service where the CPU cannot do it', () => {
    const devices = [cpu(), gpu(A, outOfService)];
    expect(lots({ devices, tasks: [task()], abilities: { [CPU]: unable } })).toEqual([
      'waits for Card A, which is out of service (the GPU is lost)',
    ]);
  });
});

describe('while devices are still being checked', () => {
  it('a GPU that proved itself is used', () => {
    expect(lots({ devices: [cpu(), gpu(A)], tasks: [task(), task('gpu')] }, unchecked)).toEqual([A, A]);
  });

  it('the CPU stands in for nothing yet', () => {
    const waits = ['waits for the devices to be checked'];
    const tasks = [task()];
    expect(lots({ devices: [cpu()], tasks }, unchecked)).toEqual(waits);
    expect(lots({ devices: [cpu(), gpu(A, outOfService)], tasks }, unchecked)).toEqual(waits);
    expect(lots({ devices: [cpu(), gpu(A, OUT_OF_MEMORY)], tasks }, unchecked)).toEqual(waits);
    expect(lots({ devices: [cpu(), gpu(A)], tasks: [task('auto', failedOn(A))] }, unchecked)).toEqual(waits);
  });

  it('the CPU does what asked for it', () => {
    expect(lots({ devices: [cpu()], tasks: [task('cpu')] }, unchecked)).toEqual([CPU]);
  });

  it('nothing is impossible', () => {
    const devices = [cpu(), gpu(A)];
    const abilities = { [CPU]: unable, [A]: unable };
    const tasks = [task(), task('gpu'), task('cpu'), task(A), task('GPU-elsewhere')];
    const result = lots({ devices, tasks, abilities }, unchecked);
    expect(result).toEqual(tasks.map(() => 'waits for the devices to be checked'));
  });
});

describe('a job for GPUs only', () => {
  const tasks = [task('gpu')];

  it('waits with a free CPU beside it, whatever is wrong with the GPUs', () => {
    const [withoutDriver] = lots({ devices: [cpu()], tasks }, { gpuNotice: NO_DRIVER });
    expect(withoutDriver).toBe('waits for a GPU that can encode this (no driver)');
    const [withoutEncoder] = lots({ devices: [cpu(), gpu(A)], tasks, abilities: { [A]: unable } });
    expect(withoutEncoder).toMatch(/^waits for a GPU that can encode this \(.*[^.]\)$/);
    expect(lots({ devices: [cpu(), gpu(A, outOfService)], tasks })).toEqual([
      'waits for Card A, which is out of service (the GPU is lost)',
    ]);
    expect(lots({ devices: [cpu(), gpu(A, FULL)], tasks })).toEqual(['waits for a free GPU session']);
  });

  it('is tried where it failed when no other GPU is left', () => {
    const again = [task('gpu', failedOn(A, B))];
    expect(lots({ devices: [cpu(), gpu(A, FULL), gpu(B)], tasks: again })).toEqual([B]);
  });

  it('prefers a GPU that it did not fail on', () => {
    expect(lots({ devices: [gpu(A), gpu(B)], tasks: [task('gpu', failedOn(A))] })).toEqual([B]);
  });
});

describe('a job for the CPU', () => {
  it('takes the CPU, and nothing stands in for anything', () => {
    const one = { devices: [cpu(), gpu(A)], tasks: [task('cpu')] };
    expect(lots(one)).toEqual([CPU]);
    expect(fallbackOf(one)).toBeNull();
  });

  it('waits for a slot, for its service, or for a CPU to be listed; and fails where the CPU cannot', () => {
    const tasks = [task('cpu')];
    expect(lots({ devices: [cpu(FULL), gpu(A)], tasks })).toEqual(['waits for a free CPU slot']);
    expect(lots({ devices: [cpu(outOfService), gpu(A)], tasks })).toEqual([
      'waits for CPU, which is out of service (the GPU is lost)',
    ]);
    expect(lots({ devices: [gpu(A)], tasks })).toEqual(['waits for the CPU, which is not listed here']);
    expect(lots({ devices: [cpu(), gpu(A)], tasks, abilities: { [CPU]: unable } })).toEqual(['no-nvenc']);
  });
});

describe('a job that names a device', () => {
  it('waits for that device with others free', () => {
    const devices = [cpu(), gpu(A), gpu(B, FULL)];
    expect(lots({ devices, tasks: [task(B)] })).toEqual(['waits for a free session on Card B']);
    expect(lots({ devices: [cpu(), gpu(A), gpu(B, outOfService)], tasks: [task(B)] })).toEqual([
      'waits for Card B, which is out of service (the GPU is lost)',
    ]);
    expect(lots({ devices, tasks: [task('GPU-gone')] })).toEqual([
      'waits for device GPU-gone, which is not here',
    ]);
  });

  it('is tried there again though it failed there', () => {
    expect(lots({ devices: [cpu(), gpu(A)], tasks: [task(A, failedOn(A))] })).toEqual([A]);
  });

  it('fails where that device can never do it, and not while that device is out of service', () => {
    const one = { devices: [gpu(A), gpu(B)], tasks: [task(A)], abilities: { [A]: unable } };
    expect(lots(one)).toEqual(['no-nvenc']);
    expect(lots({ ...one, devices: [gpu(A, outOfService), gpu(B)] })[0]).toContain('out of service');
  });

  it('says that the sessions of all GPUs together are used up', () => {
    const over = { hosts: [{ id: gpu(A).host, freeGpuSessions: 0 }] };
    expect(lots({ devices: [gpu(A)], tasks: [task(A)] }, over)).toEqual(['waits for a free GPU session']);
  });
});
