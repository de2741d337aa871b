import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EncoderProof } from '../../src/common/device.ts';
import { CPU_DEVICE_ID } from '../../src/common/ids.ts';
import { Preset } from '../../src/common/preset.ts';
import { doctorReport } from '../../src/engine/devices/doctor.ts';
import { CpuSampler } from '../../src/engine/devices/local-machine.ts';
import { probeEncoder } from '../../src/engine/devices/probe-encoder.ts';
import { DeviceRegistry } from '../../src/engine/devices/registry.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { memoryCache } from './stand-in-programs.ts';

const host = new LocalHost();
const cache = memoryCache();
/** A name that no program has: this machine's GPUs, if any, are not the subject here. */
const registry = new DeviceRegistry({
  host,
  discover: () => discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env }),
  cache,
  smiPath: 'no-such-nvidia-smi',
});

beforeAll(async () => {
  await registry.refresh();
});
afterAll(async () => {
  await registry.dispose();
  await host.dispose();
});

describe('this machine', () => {
  it('proves libx264 on its CPU with a real encode, 10-bit included where the build has it', () => {
    const [cpu] = registry.list().devices;
    expect(cpu).toMatchObject({ id: 'cpu', kind: 'cpu', status: 'ready', reason: null });
    const proof = cpu?.encoders.find((entry) => entry.codec === 'h264');
    expect(proof).toMatchObject({ encoder: 'libx264', ok: true, reason: null });
    expect(registry.builds().some((build) => build.id === proof?.buildId)).toBe(true);
    expect(cpu?.encoders).toHaveLength(3);
  });

  it('each codec is proven, or has a reason with a next step', () => {
    for (const proof of registry.list().devices[0]?.encoders ?? []) {
      if (proof.ok) expect(proof.reason).toBeNull();
      else expect(proof.reason?.nextStep).toMatch(/\.$/);
    }
  });

  it('gives a target for the simplest preset', () => {
    const preset = Preset.parse({
      id: 'p',
      name: 'P',
      container: 'mp4',
      video: { codec: 'h264', rate: { mode: 'quality', quality: 23 } },
      audio: {},
    });
    expect(registry.targetFor(CPU_DEVICE_ID, preset)).toMatchObject({
      target: { kind: 'cpu', encoder: 'libx264' },
      build: { problem: null },
    });
  });

  it('the proofs went into the cache under device, build and encoder', () => {
    const [build] = registry.builds();
    expect([...cache.kept.keys()]).toContain(`cpu|-|${build?.id}|libx264`);
  });

  it('without a driver there is one calm sentence', () => {
    expect(registry.list().gpuNotice).toMatchObject({ code: 'no-nvidia-driver' });
    expect(registry.list().gpuNotice?.message).toContain('so encoding runs on the CPU.');
  });

  it('reads the memory and the load of the machine', async () => {
    await registry.readTelemetry();
    const telemetry = registry.list().devices[0]?.telemetry;
    expect(telemetry?.memoryTotalBytes).toBeGreaterThan(100_000_000);
    expect(telemetry?.memoryUsedBytes).toBeLessThan(telemetry?.memoryTotalBytes ?? 0);

    const sampler = new CpuSampler();
    expect((await sampler.read()).utilizationPercent).toBeNull();
    const until = performance.now() + 1500;
    while (performance.now() < until) Math.sqrt(until);
    const { utilizationPercent } = await sampler.read();
    expect(utilizationPercent).toBeGreaterThan(0);
    expect(utilizationPercent).toBeLessThanOrEqual(100);
  });

  it('the doctor finds that encoding works', async () => {
    const report = await doctorReport({
      registry,
      host,
      home: process.env['TMPDIR'] ?? '/tmp',
      gantryVersion: '0.0.0',
      nodeVersion: process.versions.node,
    });
    expect(report.ok).toBe(true);
    expect(report.builds.length).toBeGreaterThan(0);
  });
});

describe('real probes that fail', () => {
  async function probeNvenc(): Promise<EncoderProof | null> {
    const build = registry.builds().find((entry) => entry.encoders.includes('h264_nvenc'));
    if (!build) return null;
    const target = {
      kind: 'gpu',
      codec: 'h264',
      gpuUuid: 'GPU-00000000-0000-0000-0000-000000000000',
    } as const;
    return (await probeEncoder(host, build, target, new AbortController().signal)).proof;
  }

  it('NVENC on a GPU that is not there: a typed reason from what ffmpeg really printed', async () => {
    const proof = await probeNvenc();
    if (proof === null) return console.warn('Not proven: no build here has NVENC.');
    expect(proof).toMatchObject({ ok: false, tenBit: null, bFrames: null });
    expect(proof.reason?.code).toMatch(
      /^(no-nvidia-driver|no-cuda-device|encode-library-missing|driver-too-old)$/,
    );
    expect(proof.reason?.detail).toBeTruthy();
  });

  it('an encoder that the build lacks', async () => {
    const old = registry
      .builds()
      .find((build) => build.problem === null && !build.encoders.includes('libsvtav1'));
    if (!old) return console.warn('Not proven: every build here has SVT-AV1.');
    const { proof } = await probeEncoder(
      host,
      old,
      { kind: 'cpu', codec: 'av1' },
      new AbortController().signal,
    );
    expect(proof).toMatchObject({ ok: false, reason: { code: 'encoder-missing' } });
  });
});
