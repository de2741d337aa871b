import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CPU_DEVICE_ID } from '../../src/common/ids.ts';
import { Preset } from '../../src/common/preset.ts';
import { doctorReport } from '../../src/engine/devices/doctor.ts';
import { CpuSampler } from '../../src/engine/devices/local-machine.ts';
import { NVENC_ENCODERS, probeCommand, probeEncoder } from '../../src/engine/devices/probe-encoder.ts';
import { DeviceRegistry } from '../../src/engine/devices/registry.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { runCommand } from '../../src/engine/hosts/run-command.ts';
import { classifyFailure } from '../../src/engine/media/classify-failure.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { memoryCache, smiAnswers } from './stand-in-programs.ts';

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
      home: tmpdir(),
      gantryVersion: '0.0.0',
      nodeVersion: process.versions.node,
    });
    expect(report.ok).toBe(true);
    expect(report.builds.length).toBeGreaterThan(0);
  });
});

const ABSENT_GPU = 'GPU-00000000-0000-0000-0000-000000000000';
/** What ffmpeg may say where there is no such GPU: about driver and GPU, never about the arguments. */
const NO_SUCH_GPU = /^(no-nvidia-driver|no-cuda-device|encode-library-missing|driver-too-old)$/;

describe('real probes that fail', () => {
  const nvencBuilds = () => registry.builds().filter((build) => build.encoders.includes('h264_nvenc'));
  const never = new AbortController().signal;

  it('NVENC on a GPU that is not there: a typed reason from what ffmpeg really printed', async () => {
    if (nvencBuilds().length === 0) return console.warn('Not proven: no build here has NVENC.');
    for (const build of nvencBuilds()) {
      const target = { kind: 'gpu', codec: 'h264', gpuUuid: ABSENT_GPU } as const;
      const proof = await probeEncoder(host, build, target, never);
      expect(proof).toMatchObject({ ok: false, tenBit: null, bFrames: null });
      expect(proof.reason?.code).toMatch(NO_SUCH_GPU);
      expect(proof.reason?.detail).toBeTruthy();
    }
  });

  it('every modern build takes the arguments of every NVENC probe: options are read before the driver is looked for', async () => {
    if (nvencBuilds().length === 0) return console.warn('Not proven: no build here has NVENC.');
    for (const build of nvencBuilds()) {
      for (const codec of ['h264', 'hevc', 'av1'] as const) {
        if (!build.encoders.includes(NVENC_ENCODERS[codec])) continue;
        for (const variant of ['plain', 'b-frames'] as const) {
          const command = probeCommand(
            build.ffmpegPath,
            { kind: 'gpu', codec, gpuUuid: ABSENT_GPU },
            variant,
          );
          const result = await runCommand(host, command);
          const stderr = result.stderr.split('\n');
          const found = classifyFailure({ exit: result, stderr, sourcePath: '', outputPath: '' });
          expect(found.code, result.stderr).toMatch(NO_SUCH_GPU);
        }
      }
    }
  });

  it('an encoder that the build lacks', async () => {
    const old = registry
      .builds()
      .find((build) => build.problem === null && !build.encoders.includes('libsvtav1'));
    if (!old) return console.warn('Not proven: every build here has SVT-AV1.');
    const proof = await probeEncoder(host, old, { kind: 'cpu', codec: 'av1' }, never);
    expect(proof).toMatchObject({ ok: false, reason: { code: 'encoder-missing' } });
  });

  it('a GPU that nvidia-smi lists and ffmpeg cannot use is unavailable and says why; the CPU goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-registry-'));
    const smiPath = join(folder, 'stand-in-nvidia-smi');
    const row = smiAnswers({ uuid: ABSENT_GPU, name: 'NVIDIA GeForce RTX 2080 SUPER' }).stdout;
    writeFileSync(smiPath, `#!/bin/sh\necho '${row}'\n`);
    chmodSync(smiPath, 0o755);
    const withGpu = new DeviceRegistry({ host, discover: async () => registry.builds(), cache, smiPath });
    const { devices, gpuNotice } = await withGpu.refresh();
    expect(gpuNotice).toBeNull();
    expect(devices).toMatchObject([
      { id: ABSENT_GPU, kind: 'gpu', name: 'NVIDIA GeForce RTX 2080 SUPER', status: 'unavailable' },
      { id: 'cpu', status: 'ready' },
    ]);
    const code = nvencBuilds().length > 0 ? NO_SUCH_GPU : /^encoder-missing$/;
    expect(devices[0]?.reason?.code).toMatch(code);
    await withGpu.dispose();
    rmSync(folder, { recursive: true });
  });
});
