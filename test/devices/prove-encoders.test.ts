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
const INVALID_VERSION = refused('OpenEncodeSessionEx failed: invalid version (15): (no details)');
const TWO_VERSIONS = [buildOf('new', { version: '8.1' }), buildOf('old', { version: '5.1' })];
const NO_NVENC = refused('OpenEncodeSessionEx failed: unsupported device (2): (no details)');
const FULL = refused('OpenEncodeSessionEx failed: incompatible client key (21): (no details)');

describe('proveEncoder', () => {
  it('a build that is too new for the driver gives way to an older one, and that is said', async () => {
    const { options } = setup({ new: TOO_NEW, old: ENCODED }, TWO_VERSIONS);
    expect(await proveEncoder(GPU, options, never)).toMatchObject({
      ok: true,
      reason: null,
      buildId: 'old',
      buildNote: {
        code: 'driver-too-old',
        message: 'ffmpeg 8.1 needs NVENC API 13.0 and the driver offers 12.2; ffmpeg 5.1 is used instead.',
        nextStep: 'Update the NVIDIA driver to 570 or newer to use ffmpeg 8.1.',
      },
    });
  });

  it('so does one whose structures the driver does not know, with no number to tell', async () => {
    const { options } = setup({ new: INVALID_VERSION, old: ENCODED }, TWO_VERSIONS);
    expect(await proveEncoder(GPU, options, never)).toMatchObject({
      ok: true,
      buildId: 'old',
      buildNote: {
        code: 'driver-too-old',
        message: 'ffmpeg 8.1 is too new for the NVIDIA driver; ffmpeg 5.1 is used instead.',
        nextStep: 'Update the NVIDIA driver to use ffmpeg 8.1.',
      },
    });
  });

  it('a build too old for p1…p7 gives way to a newer one', async () => {
    const { options } = setup({
      new: {
        exitCode: 1,
        stderr: "[h264_nvenc @ 0x1] [Eval @ 0x2] Undefined constant or missing '(' in 'p4'",
      },
      old: ENCODED,
    });
    expect(await proveEncoder(GPU, options, never)).toMatchObject({
      ok: true,
      buildId: 'old',
      buildNote: {
        code: 'invalid-argument',
        // Two builds of one version are told apart by where they are.
        message:
          'ffmpeg 7.1 does not take the settings of this encoder; ffmpeg at /old/ffmpeg is used instead.',
      },
    });
  });

  it('a build that crashes gives way as well, and its reason is told', async () => {
    const { options } = setup({ new: { exitCode: 139, stderr: '' }, old: ENCODED }, TWO_VERSIONS);
    const proof = await proveEncoder(GPU, options, never);
    expect(proof).toMatchObject({ ok: true, buildId: 'old' });
    expect(proof.buildNote?.message).toMatch(/^ffmpeg 8\.1 failed here; ffmpeg 5\.1 is used instead\. ./);
  });

  it('the best build needs no note', async () => {
    const { options } = setup({ new: ENCODED, old: ENCODED }, TWO_VERSIONS);
    expect(await proveEncoder(GPU, options, never)).toMatchObject({ buildId: 'new', buildNote: null });
  });

  it("tells the best build's reason when all fail", async () => {
    const { options } = setup({ new: TOO_NEW, old: { exitCode: 139, stderr: '' } });
    const proof = await proveEncoder(GPU, options, never);
    expect(proof).toMatchObject({ ok: false, buildId: 'new', reason: { code: 'driver-too-old' } });
    expect(proof.reason?.message).toContain('too old for ffmpeg 7.1: it offers NVENC API 12.2');
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

  it('a session limit never enters the cache as a "no"', async () => {
    const { options } = setup({ new: FULL });
    await proveEncoder(GPU, options, never);
    expect(options.cache.kept.size).toBe(0);
    expect(knownProof(GPU, options)).toBeNull();
  });

  it('what was proven before the GPU was full is kept, and only the rest is tried the next time', async () => {
    const answers: Printed[] = [ENCODED, FULL, ENCODED, ENCODED];
    const host = new StandInHost({ '/new/ffmpeg': () => answers.shift() ?? ENCODED });
    const options = { host, builds: [buildOf('new')], driverVersion: '550.1', cache: memoryCache() };
    const first = await proveEncoder(GPU, options, never);
    expect(first).toMatchObject({ ok: true, tenBit: null, tenBitReason: { code: 'session-limit' } });
    expect(knownProof(GPU, options)).toEqual(first);
    expect(await proveEncoder(GPU, options, never)).toMatchObject({ ok: true, tenBit: true, bFrames: true });
    expect(host.ran).toHaveLength(4);
  });
});
