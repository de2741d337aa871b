import { describe, expect, it } from 'vitest';
import type { FfmpegBuild } from '../../src/common/device.ts';
import { decodeCommand, pipelineCommand } from '../../src/engine/devices/probe-decoder.ts';
import { knownDecoding, proveDecoders } from '../../src/engine/devices/prove-decoders.ts';
import type { Command } from '../../src/engine/hosts/host.ts';
import { type Printed, StandInHost } from './stand-in-host.ts';
import { buildOf, memoryCache } from './stand-in-programs.ts';

const GPU = { gpuUuid: 'GPU-a' };
const never = new AbortController().signal;

/** ffmpeg's last progress block. */
const frames = (count: number): Printed => ({ stdout: `frame=${count}\nprogress=end\n` });

function failed(...stderr: string[]): Printed {
  return { exitCode: 1, stderr: stderr.join('\n') };
}

const LACKING = failed(
  '[av1 @ 0x5581] Hardware is lacking required capabilities',
  '[av1 @ 0x5581] Failed setup for format cuda: hwaccel initialisation returned error.',
  "Impossible to convert between the formats supported by the filter 'graph 0 input from stream 0:0' and the filter 'auto_scale_0'",
);
const NO_LIBRARY = failed(
  '[h264 @ 0x5581] Cannot load libnvcuvid.so.1',
  '[h264 @ 0x5581] Failed loading nvcuvid.',
  '[h264 @ 0x5581] Failed setup for format cuda: hwaccel initialisation returned error.',
);
const FULL = failed(
  '[h264_nvenc @ 0x5581] OpenEncodeSessionEx failed: incompatible client key (21): (no details)',
);
const NO_NVENC = failed(
  '[h264_nvenc @ 0x5581] OpenEncodeSessionEx failed: unsupported device (2): (no details)',
);
const TOO_OLD = failed(
  '[h264_nvenc @ 0x5581] Driver does not support the required nvenc API version. Required: 13.0 Found: 12.2',
);

type Step = 'sample' | 'decode' | 'pipeline';
const stepOf = ({ args }: Command): Step =>
  args.includes('lavfi') ? 'sample' : args.join(' ').includes('scale_cuda') ? 'pipeline' : 'decode';
/** Which sample a command reads or writes, e.g. `hevc-10`. */
const sampleIn = ({ args }: Command): string =>
  /([a-z0-9]+-(?:8|10))\.mkv$/.exec(args.find((arg) => arg.endsWith('.mkv')) ?? '')?.[1] ?? '';

/** A GPU on which everything works but what `answer` says otherwise. */
function setup(
  answer: (step: Step, sample: string, build: string) => Printed | undefined = () => undefined,
  builds: FfmpegBuild[] = [capable('new')],
) {
  const run = (id: string) => (command: Command) => {
    const step = stepOf(command);
    return answer(step, sampleIn(command), id) ?? frames(step === 'pipeline' ? 8 : 16);
  };
  const host = new StandInHost(Object.fromEntries(builds.map(({ id }) => [`/${id}/ffmpeg`, run(id)])));
  const options = { host, builds, driverVersion: '570.1', cache: memoryCache() };
  const ran = (step: Step) => host.ran.filter(({ command }) => stepOf(command) === step).length;
  return { host, options, ran };
}

function capable(id: string, changes: Partial<FfmpegBuild> = {}): FfmpegBuild {
  const encoders = [
    'libx264',
    'libx265',
    'libsvtav1',
    'libvpx-vp9',
    'mpeg2video',
    'h264_nvenc',
    'hevc_nvenc',
  ];
  return buildOf(id, { encoders, filters: ['scale', 'hwdownload', 'scale_cuda'], ...changes });
}

describe('the test decode', () => {
  it('sees the GPU that it is for, and takes frames from nowhere else', () => {
    const { args, env } = decodeCommand('/ffmpeg', 'GPU-a', {
      codec: 'h264',
      depth: 8,
      path: '/tmp/h264-8.mkv',
    });
    expect(env).toMatchObject({ CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: 'GPU-a' });
    expect(args.join(' ')).toContain(
      '-hwaccel:v:0 cuda -hwaccel_device:v:0 0 -hwaccel_output_format:v:0 cuda',
    );
    expect(args.join(' ')).toContain('-vf hwdownload,format=nv12 ');
    expect(
      decodeCommand('/ffmpeg', 'GPU-a', { codec: 'hevc', depth: 10, path: '/tmp/hevc-10.mkv' }).args.join(
        ' ',
      ),
    ).toContain('format=p010le');
  });

  it('of the whole chain encodes at a size that every GPU takes', () => {
    const { args } = pipelineCommand('/ffmpeg', 'h264_nvenc', 'GPU-a', {
      codec: 'h264',
      depth: 8,
      path: '/tmp/h264-8.mkv',
    });
    expect(args[args.indexOf('-vf') + 1]).toMatch(/scale_cuda=w=256:h=256:interp_algo=lanczos,setsar=1$/);
    expect(args.join(' ')).toContain('-c:v h264_nvenc -gpu 0');
  });
});

describe('proveDecoders', () => {
  it('proves each codec, 10 bits where sources have them, and the chain, at low priority', async () => {
    const { options, host, ran } = setup();
    const { decoders, pipeline } = await proveDecoders(GPU, options, never);
    expect(decoders.map(({ codec, ok, tenBit }) => `${codec} ${ok} ${tenBit}`)).toEqual([
      'h264 true null',
      'hevc true true',
      'av1 true true',
      'vp9 true true',
      'mpeg2video true null',
    ]);
    expect(pipeline).toEqual({ ok: true, reason: null, buildId: 'new' });
    expect([ran('sample'), ran('decode'), ran('pipeline')]).toEqual([8, 8, 1]);
    expect(host.ran.every(({ options: { priority } }) => priority === 'low')).toBe(true);
  });

  it('tells a codec that the GPU lacks from one of which it lacks the 10 bits', async () => {
    const { options } = setup((step, sample) =>
      step === 'decode' && ['av1-8', 'vp9-10'].includes(sample) ? LACKING : undefined,
    );
    const { decoders, pipeline } = await proveDecoders(GPU, options, never);
    const of = (codec: string) => decoders.find((proof) => proof.codec === codec);
    expect(of('av1')).toMatchObject({ ok: false, tenBit: null, reason: { code: 'gpu-decode-failed' } });
    expect(of('vp9')).toMatchObject({ ok: true, tenBit: false, reason: null });
    expect(of('hevc')).toMatchObject({ ok: true, tenBit: true });
    expect(pipeline.ok).toBe(true);
  });

  it('believes no decoder whose frames did not all come out', async () => {
    const { options } = setup((step, sample) =>
      step === 'decode' && sample === 'hevc-8' ? frames(3) : undefined,
    );
    const { decoders } = await proveDecoders(GPU, options, never);
    expect(decoders.find(({ codec }) => codec === 'hevc')?.ok).toBe(false);
  });

  it('a GPU without NVENC still decodes', async () => {
    const { options } = setup((step) => (step === 'pipeline' ? NO_NVENC : undefined));
    const { decoders, pipeline } = await proveDecoders(GPU, options, never);
    expect(decoders.every(({ ok }) => ok)).toBe(true);
    expect(pipeline).toMatchObject({ ok: false, reason: { code: 'no-nvenc' }, buildId: 'new' });
  });

  it('what every decoder lacks is met once and told of all', async () => {
    const { options, ran } = setup((step) => (step === 'decode' ? NO_LIBRARY : undefined));
    const { decoders, pipeline } = await proveDecoders(GPU, options, never);
    expect([ran('sample'), ran('decode'), ran('pipeline')]).toEqual([1, 1, 0]);
    expect(decoders).toHaveLength(5);
    for (const proof of [...decoders, pipeline]) {
      expect(proof).toMatchObject({ ok: false, reason: { code: 'gpu-decode-failed' } });
      expect(proof.reason?.message).toContain('without its video decoding part');
    }
  });

  it('uses the build with which the whole chain works, as the encoders do', async () => {
    const { options } = setup(
      (step, _, build) => (step === 'pipeline' && build === 'new' ? TOO_OLD : undefined),
      [capable('new'), capable('old')],
    );
    const { decoders, pipeline } = await proveDecoders(GPU, options, never);
    expect(pipeline).toMatchObject({ ok: true, buildId: 'old' });
    expect(new Set(decoders.map(({ buildId }) => buildId))).toEqual(new Set(['old']));
  });

  it('says why no chain works with any build: of the best one', async () => {
    const builds = [capable('new', { filters: ['hwdownload'] }), capable('old')];
    const { options } = setup((step) => (step === 'pipeline' ? TOO_OLD : undefined), builds);
    const { pipeline } = await proveDecoders(GPU, options, never);
    expect(pipeline).toMatchObject({ ok: false, buildId: 'new', reason: { code: 'filter-graph-failed' } });
  });

  it('leaves out a codec that no build can make a clip of', async () => {
    const { options } = setup(undefined, [capable('new', { encoders: ['libx264', 'h264_nvenc'] })]);
    const { decoders, pipeline } = await proveDecoders(GPU, options, never);
    expect(decoders.map(({ codec }) => codec)).toEqual(['h264']);
    expect(pipeline.ok).toBe(true);
  });

  it('says that nothing could be tried where no build decodes on GPUs or makes clips', async () => {
    const blind = setup(undefined, [capable('new', { filters: ['scale'] })]);
    expect(await proveDecoders(GPU, blind.options, never)).toMatchObject({
      decoders: [],
      pipeline: { ok: false, reason: { code: 'ffmpeg-missing' }, buildId: null },
    });
    const mute = setup(undefined, [capable('new', { encoders: ['h264_nvenc'] })]);
    expect(await proveDecoders(GPU, mute.options, never)).toMatchObject({
      decoders: [],
      pipeline: { ok: false, reason: { code: 'encoder-missing' } },
    });
    expect(blind.host.ran.length + mute.host.ran.length).toBe(0);
  });

  it('GPUs that are tried at the same time share the clips', async () => {
    const { options, ran } = setup();
    await Promise.all(
      ['GPU-a', 'GPU-b', 'GPU-c'].map((gpuUuid) => proveDecoders({ gpuUuid }, options, never)),
    );
    expect([ran('sample'), ran('decode')]).toEqual([8, 24]);
  });

  it('ends at once when aborted', async () => {
    const abort = new AbortController();
    const { options } = setup((step) => {
      if (step === 'decode') abort.abort();
      return undefined;
    });
    await expect(proveDecoders(GPU, options, abort.signal)).rejects.toThrow();
    expect(options.cache.getDecoding('')).toBeNull();
  });
});

describe('what is remembered', () => {
  it('answers the second time, for the same driver, GPU and builds', async () => {
    const { options, host } = setup((step) => (step === 'pipeline' ? NO_NVENC : undefined));
    const first = await proveDecoders(GPU, options, never);
    const commands = host.ran.length;
    expect(knownDecoding(GPU, options)).toEqual(first);
    expect(await proveDecoders(GPU, options, never)).toEqual(first);
    expect(host.ran).toHaveLength(commands);
    expect(knownDecoding({ gpuUuid: 'GPU-b' }, options)).toBeNull();
    expect(knownDecoding(GPU, { ...options, driverVersion: '580.1' })).toBeNull();
    expect(knownDecoding(GPU, { ...options, builds: [capable('newer')] })).toBeNull();
  });

  it('is tried again where it may have passed, and only there', async () => {
    let isFull = true;
    const { options, ran } = setup((step) => (step === 'pipeline' && isFull ? FULL : undefined));
    const first = await proveDecoders(GPU, options, never);
    expect(first.pipeline.reason?.code).toBe('session-limit');
    expect(knownDecoding(GPU, options)).toBeNull();
    isFull = false;
    const second = await proveDecoders(GPU, options, never);
    expect(second.pipeline.ok).toBe(true);
    expect(second.decoders).toEqual(first.decoders);
    expect([ran('decode'), ran('pipeline')]).toEqual([8, 2]);
  });
});
