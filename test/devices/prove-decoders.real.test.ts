import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { canMakeSample, SAMPLE, withSamples } from '../../src/engine/devices/decode-samples.ts';
import { DECODED_CODECS, decodeCommand } from '../../src/engine/devices/probe-decoder.ts';
import { proveDecoders } from '../../src/engine/devices/prove-decoders.ts';
import type { Host } from '../../src/engine/hosts/host.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { runCommand } from '../../src/engine/hosts/run-command.ts';
import { discoverBuilds } from '../../src/engine/media/ffmpeg-builds.ts';
import { testFfprobe } from '../support/clips.ts';
import {
  startVirtualMachine,
  type VirtualGpu,
  type VirtualMachine,
  virtualGpuProblem,
} from '../support/virtual-gpu.ts';
import { memoryCache } from './stand-in-programs.ts';

const host = new LocalHost();
const never = new AbortController().signal;
const builds = (await discoverBuilds(host, { ffmpegPath: null, ffprobePath: null, env: process.env })).filter(
  (build) => build.problem === null,
);
const capable = builds.filter((build) => build.filters.includes('scale_cuda'));

/** Samples go to the system's temporary folder; here to one that can be looked at. */
const folder = mkdtempSync(join(tmpdir(), 'gantry-decoders-'));
const usualFolder = process.env['TMPDIR'];

beforeAll(() => {
  process.env['TMPDIR'] = folder;
  if (capable.length === 0) throw new Error('These tests need an ffmpeg with scale_cuda; npm installs one.');
});

afterAll(async () => {
  if (usualFolder === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = usualFolder;
  rmSync(folder, { recursive: true, force: true });
  await host.dispose();
});

function videoOf(path: string) {
  const entries = 'stream=codec_name,pix_fmt,width,height,nb_read_frames';
  const { stdout } = spawnSync(
    testFfprobe,
    ['-v', 'error', '-count_frames', '-show_entries', entries, '-of', 'json', `file:${path}`],
    { encoding: 'utf8' },
  );
  return JSON.parse(stdout).streams[0];
}

describe('clips to decode', () => {
  const wanted = capable.flatMap((build) =>
    DECODED_CODECS.filter((codec) => canMakeSample(codec, [build])).flatMap((codec) =>
      ([8, 10] as const)
        .filter((depth) => depth === 8 || !['h264', 'mpeg2video'].includes(codec))
        .map((depth) => ({ build, codec, depth })),
    ),
  );
  it.each(wanted)('ffmpeg $build.version makes $codec with $depth bits', async ({ build, codec, depth }) => {
    await withSamples(host, async (samples) => {
      const path = await samples.get(codec, depth, [build], never);
      expect(videoOf(path ?? 'none')).toMatchObject({
        codec_name: codec,
        pix_fmt: depth === 10 ? 'yuv420p10le' : 'yuv420p',
        ...{ width: SAMPLE.side, height: SAMPLE.side, nb_read_frames: String(SAMPLE.frames) },
      });
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.each(capable.map((build) => ({ build })))('ffmpeg $build.version', ({ build }) => {
  it('takes no frame that was not decoded on a GPU for one that was', async () => {
    await withSamples(host, async (samples) => {
      const path = (await samples.get('h264', 8, builds, never)) ?? '';
      const command = decodeCommand(build.ffmpegPath, 'GPU-a', { codec: 'h264', depth: 8, path });
      const isHwaccel = (arg: string) => /^-(?:hwaccel|threads)/.test(arg);
      const onCpu = command.args.filter((arg, i, all) => !isHwaccel(arg) && !isHwaccel(all[i - 1] ?? ''));
      const run = await runCommand(host, { ...command, args: onCpu });
      expect(run.exitCode).not.toBe(0);
      expect(run.stderr).toContain('Impossible to convert between the formats');
    });
  });

  it('without a driver, or with another GPU, proves nothing and says why', async () => {
    const options = { host, builds: [build], driverVersion: null, cache: memoryCache() };
    const { decoders, pipeline } = await proveDecoders({ gpuUuid: 'GPU-none' }, options, never);
    expect(decoders.length).toBeGreaterThan(0);
    for (const proof of [...decoders, pipeline]) {
      expect(proof.ok).toBe(false);
      expect(['no-nvidia-driver', 'no-cuda-device']).toContain(proof.reason?.code);
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

const why = virtualGpuProblem();

/** Runs ffmpeg on a machine with virtual GPUs, whose decoders are ffmpeg's own code around a made-up picture. */
function hostOn(machine: VirtualMachine): Host {
  return {
    id: host.id,
    name: host.name,
    files: host.files,
    exec: (command, options) => host.exec({ ...command, env: { ...command.env, ...machine.env } }, options),
    killLeftover: (identity) => host.killLeftover(identity),
    facts: () => host.facts(),
    dispose: async () => {},
  };
}

describe.skipIf(why !== null)(`on virtual GPUs${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let machine: VirtualMachine | null = null;
  // The one whose NVENC code the virtual GPUs serve.
  const debian = capable.filter((build) => /^5\.1/.test(build.version));

  afterEach(async () => {
    await machine?.dispose();
    machine = null;
  });

  async function prove(name: string, gpu: Partial<VirtualGpu> = {}, at = 0) {
    machine = await startVirtualMachine(name, { everyGpu: gpu });
    const gpuUuid = machine.machine.gpus[at]?.uuid ?? 'GPU-none';
    const options = { host: hostOn(machine), builds: debian, driverVersion: '1', cache: memoryCache() };
    const proof = await proveDecoders({ gpuUuid }, options, never);
    const { gpus } = await machine.state();
    const ok = proof.decoders
      .filter((decoder) => decoder.ok)
      .map(({ codec, tenBit }) => `${codec} ${tenBit}`);
    return { ...proof, ok, gpus, gpuUuid };
  }
  const EVERY_ONE = ['h264 null', 'hevc true', 'av1 true', 'vp9 true', 'mpeg2video null'];

  it('a laptop decodes every codec and keeps the frames', async () => {
    const { ok, pipeline } = await prove('laptop');
    expect(ok).toEqual(EVERY_ONE);
    expect(pipeline).toEqual({ ok: true, reason: null, buildId: debian[0]?.id });
  });

  it('only the GPU in question is used', async () => {
    const { pipeline, gpus, gpuUuid } = await prove('two-mixed', {}, 1);
    expect(pipeline.ok).toBe(true);
    const used = gpus.filter((gpu) => gpu.framesDecoded + gpu.framesEncoded > 0);
    expect(used).toMatchObject([{ uuid: gpuUuid, framesDecoded: 9 * SAMPLE.frames, framesEncoded: 8 }]);
  });

  it('an H100 decodes and does not encode', async () => {
    const { ok, decoders, pipeline } = await prove('h100');
    expect(ok).toEqual(EVERY_ONE.slice(0, 4));
    expect(decoders.at(-1)?.reason?.detail).toMatch(/Hardware is lacking required capabilities$/);
    expect(pipeline).toMatchObject({ ok: false, reason: { code: 'no-nvenc' } });
  });

  it('a GPU that decodes little is known for that', async () => {
    const { ok, pipeline } = await prove('laptop', { decoders: 'hevc, mpeg2' });
    expect(ok).toEqual(['hevc true', 'mpeg2video null']);
    expect(pipeline.ok).toBe(true);
  });

  it('a container without video decodes nothing and says why', async () => {
    const { ok, decoders, pipeline } = await prove('container-without-video');
    expect(ok).toEqual([]);
    for (const { reason } of [...decoders, pipeline]) {
      expect(reason?.nextStep).toContain('add "video" to NVIDIA_DRIVER_CAPABILITIES');
    }
  });

  it('a full GPU keeps its decoders, and the chain is asked about again', async () => {
    machine = await startVirtualMachine('laptop', { system: { sessionsAllowed: 1 } });
    const [gpu] = machine.machine.gpus;
    const options = { host: hostOn(machine), builds: debian, driverVersion: '1', cache: memoryCache() };
    const target = { gpuUuid: gpu?.uuid ?? '' };
    const other = await machine.holdSessions(target.gpuUuid, 1);
    const full = await proveDecoders(target, options, never);
    expect(full.decoders.every((decoder) => decoder.ok)).toBe(true);
    expect(full.pipeline.reason?.code).toBe('session-limit');
    await other.release();
    expect((await proveDecoders(target, options, never)).pipeline.ok).toBe(true);
  });
});
