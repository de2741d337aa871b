import { describe, expect, it } from 'vitest';
import type { FfmpegBuild } from '../../src/common/device.ts';
import type { ProbeTarget } from '../../src/engine/devices/probe-encoder.ts';
import { knownProof, proveEncoder } from '../../src/engine/devices/prove-encoders.ts';
import type { Printed } from './stand-in-host.ts';
import { StandInHost } from './stand-in-host.ts';
import { buildOf, ENCODED, memoryCache, refused } from './stand-in-programs.ts';

const GPU: ProbeTarget = { kind: 'gpu', codec: 'h264', gpuUuid: 'GPU-a' };
const never = new AbortController().signal;

function setup(answers: Record<string, Printed>, builds: FfmpegBuild[] = [buildOf('new'), buildOf('old')]) {
  const host = new StandInHost(
    Object.fromEntries(Object.entries(answers).map(([id, printed]) => [`/${id}/ffmpeg`, () => printed])),
  );
  return { host, options: { host, builds, driverVersion: '550.1', cache: memoryCache() } };
}

const TOO_NEW = refused('Driver does not support the required nvenc API version. Required: 13.0 Found: 12.2');
const NO_NVENC = refused('OpenEncodeSessionEx failed: unsupported device (2): (no details)');
const FULL = refused('OpenEncodeSessionEx failed: incompatible client key (21): (no details)');

describe('proveEncoder', () => {
  it('a build that is too new for the driver gives way to an older one', async () => {
    const { options } = setup({ new: TOO_NEW, old: ENCODED });
    expect(await proveEncoder(GPU, options, never)).toMatchObject({ ok: true, buildId: 'old' });
  });

  it('a build too old for p1…p7 gives way to a newer one', async () => {
    const { options } = setup({
      new: {
        exitCode: 1,
        stderr: "[h264_nvenc @ 0x1] [Eval @ 0x2] Undefined constant or missing '(' in 'p4'",
      },
      old: ENCODED,
    });
    expect(await proveEncoder(GPU, options, never)).toMatchObject({ ok: true, buildId: 'old' });
  });

  it("tells the best build's reason when all fail", async () => {
    const { options } = setup({ new: TOO_NEW, old: { exitCode: 139, stderr: '' } });
    const proof = await proveEncoder(GPU, options, never);
    expect(proof).toMatchObject({ ok: false, buildId: 'new', reason: { code: 'driver-too-old' } });
  });

  it('what lies with the GPU is not tried with another build', async () => {
    for (const answer of [NO_NVENC, FULL]) {
      const { options, host } = setup({ new: answer, old: ENCODED });
      expect((await proveEncoder(GPU, options, never)).ok).toBe(false);
      expect(host.ran).toHaveLength(1);
    }
  });

  it('runs nothing for an encoder that no build has, and says so', async () => {
    const { options, host } = setup({ new: ENCODED }, [buildOf('new', { encoders: ['libx264'] })]);
    expect(await proveEncoder(GPU, options, never)).toMatchObject({
      ok: false,
      buildId: null,
      reason: { code: 'encoder-missing' },
    });
    expect(host.ran).toHaveLength(0);
  });

  it('leaves builds alone that do not run', async () => {
    const problem = { code: 'ffmpeg-broken' as const, message: 'It is broken.', nextStep: 'Repair it.' };
    const { options } = setup({ old: ENCODED }, [buildOf('new', { problem }), buildOf('old')]);
    expect(await proveEncoder(GPU, options, never)).toMatchObject({ ok: true, buildId: 'old' });
  });

  it('proves once: the second time the cache answers', async () => {
    const { options, host } = setup({ new: TOO_NEW, old: ENCODED });
    const first = await proveEncoder(GPU, options, never);
    const commands = host.ran.length;
    expect(await proveEncoder(GPU, options, never)).toEqual(first);
    expect(knownProof(GPU, options)).toEqual(first);
    expect(host.ran).toHaveLength(commands);
  });

  it('a new driver, GPU or build makes the cache silent', async () => {
    const { options } = setup({ new: ENCODED });
    await proveEncoder(GPU, options, never);
    expect(knownProof(GPU, options)).not.toBeNull();
    expect(knownProof(GPU, { ...options, driverVersion: '570.2' })).toBeNull();
    expect(knownProof({ ...GPU, gpuUuid: 'GPU-b' }, options)).toBeNull();
    expect(knownProof(GPU, { ...options, builds: [buildOf('newer')] })).toBeNull();
    expect(knownProof({ ...GPU, codec: 'av1' }, options)).toBeNull();
  });

  it('a session limit never enters the cache', async () => {
    const { options } = setup({ new: FULL });
    await proveEncoder(GPU, options, never);
    expect(options.cache.kept.size).toBe(0);
    expect(knownProof(GPU, options)).toBeNull();
  });
});
