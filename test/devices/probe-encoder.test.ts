import { describe, expect, it } from 'vitest';
import type { EncoderProof } from '../../src/common/device.ts';
import {
  openQuestions,
  type ProbeTarget,
  probeCommand,
  probeEncoder,
} from '../../src/engine/devices/probe-encoder.ts';
import type { Command } from '../../src/engine/hosts/host.ts';
import { type Printed, StandInHost } from './stand-in-host.ts';
import { buildOf, ENCODED, encoderIn, refused } from './stand-in-programs.ts';

const GPU: ProbeTarget = { kind: 'gpu', codec: 'hevc', gpuUuid: 'GPU-a' };
const CPU: ProbeTarget = { kind: 'cpu', codec: 'h264' };

async function probe(
  target: ProbeTarget,
  answer: (command: Command) => Printed,
  known: EncoderProof | null = null,
) {
  const host = new StandInHost({ '/new/ffmpeg': answer });
  const never = new AbortController().signal;
  return { proof: await probeEncoder(host, buildOf('new'), target, never, known), host };
}

const isTenBit = ({ args }: Command) => args.includes('+p010le') || args.includes('+yuv420p10le');
const hasBFrames = ({ args }: Command) => args.includes('-b_ref_mode');

describe('the test encode', () => {
  it('sees exactly the GPU that it is for, which is then number 0', () => {
    const command = probeCommand('/ffmpeg', GPU, 'plain');
    expect(command.env).toMatchObject({
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: 'GPU-a',
    });
    expect(command.args.join(' ')).toContain('-c:v hevc_nvenc -gpu 0');
  });

  it('is large enough for every GPU and prints warnings, where missing capabilities are told', () => {
    for (const target of [GPU, CPU]) {
      const { args } = probeCommand('/ffmpeg', target, 'plain');
      expect(args.join(' ')).toMatch(/size=256x256/);
      expect(args[args.indexOf('-v') + 1]).toBe('warning');
    }
  });
});

describe('probeEncoder', () => {
  it('is no true test of B-frames unless it asks for them, nor of the rest unless it does without', () => {
    const bf = (variant: 'plain' | 'ten-bit' | 'b-frames') => {
      const { args } = probeCommand('/ffmpeg', GPU, variant);
      return args[args.indexOf('-bf') + 1];
    };
    expect([bf('plain'), bf('ten-bit'), bf('b-frames')]).toEqual(['0', '0', '4']);
  });

  it('proves 8-bit, 10-bit and B-frames on a GPU, at low priority', async () => {
    const { proof, host } = await probe(GPU, () => ENCODED);
    expect(proof).toEqual({
      codec: 'hevc',
      encoder: 'hevc_nvenc',
      ok: true,
      reason: null,
      tenBit: true,
      tenBitReason: null,
      bFrames: true,
      bFramesReason: null,
      buildId: 'new',
      buildNote: null,
    });
    expect(openQuestions(proof, 'gpu')).toEqual([]);
    expect(host.ran).toHaveLength(3);
    expect(host.ran.every(({ options }) => options.priority === 'low')).toBe(true);
  });

  it('says nothing of B-frames on a CPU', async () => {
    const { proof, host } = await probe(CPU, () => ENCODED);
    expect(proof).toMatchObject({ encoder: 'libx264', ok: true, tenBit: true, bFrames: null });
    expect(openQuestions(proof, 'cpu')).toEqual([]);
    expect(host.ran).toHaveLength(2);
  });

  it('a GPU without 10-bit and B-frames still encodes 8-bit, and says why it lacks the rest', async () => {
    const { proof } = await probe(GPU, (command) => {
      if (isTenBit(command)) return refused('10 bit encode not supported');
      return hasBFrames(command) ? refused('Max B-frames 4 exceed 0') : ENCODED;
    });
    expect(proof).toMatchObject({
      ok: true,
      reason: null,
      tenBit: false,
      tenBitReason: { code: 'capability-missing', message: 'This GPU cannot encode 10-bit HEVC.' },
      bFrames: false,
      bFramesReason: { code: 'capability-missing', message: 'This GPU has no B-frames in HEVC.' },
    });
    expect(proof.bFramesReason?.detail).toContain('Max B-frames 4 exceed 0');
    expect(openQuestions(proof, 'gpu')).toEqual([]);
  });

  it('a session limit is busy, leaves the question open and asks no more', async () => {
    const { proof, host } = await probe(GPU, () =>
      refused('OpenEncodeSessionEx failed: out of memory (10): (no details)'),
    );
    expect(proof).toMatchObject({
      ok: false,
      reason: { code: 'session-limit' },
      tenBit: null,
      bFrames: null,
    });
    expect(openQuestions(proof, 'gpu')).toEqual(['plain']);
    expect(host.ran).toHaveLength(1);
  });

  it('a session limit met on the way leaves what came after open, and only that is asked the next time', async () => {
    const first = await probe(GPU, (command) =>
      isTenBit(command) ? refused('OpenEncodeSessionEx failed: incompatible client key (21)') : ENCODED,
    );
    expect(first.proof).toMatchObject({ ok: true, tenBit: null, tenBitReason: { code: 'session-limit' } });
    expect(openQuestions(first.proof, 'gpu')).toEqual(['ten-bit', 'b-frames']);
    expect(first.host.ran).toHaveLength(2);

    const second = await probe(GPU, () => ENCODED, first.proof);
    expect(second.proof).toMatchObject({ ok: true, tenBit: true, tenBitReason: null, bFrames: true });
    expect(second.host.ran.map(({ command }) => [isTenBit(command), hasBFrames(command)])).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it('a proof without 10-bit is no reason to try 8-bit again', async () => {
    const first = await probe(GPU, (command) =>
      hasBFrames(command) ? refused('OpenEncodeSessionEx failed: out of memory (10)') : ENCODED,
    );
    const second = await probe(GPU, () => refused('Max B-frames 4 exceed 0'), first.proof);
    expect(second.proof).toMatchObject({ ok: true, tenBit: true, bFrames: false });
    expect(second.host.ran).toHaveLength(1);
  });

  it('no NVENC on the GPU is an answer for good', async () => {
    const { proof } = await probe(GPU, () =>
      refused('OpenEncodeSessionEx failed: unsupported device (2): (no details)'),
    );
    expect(proof.reason?.code).toBe('no-nvenc');
    expect(openQuestions(proof, 'gpu')).toEqual([]);
  });

  it.each([
    ['ffmpeg 5', '[libx264 @ 0x1] Specified pixel format yuv420p10le is invalid or not supported'],
    [
      'ffmpeg 7',
      "The filters 'Parsed_null_0' and 'format' do not have a common format and automatic conversion is disabled.",
    ],
  ])('an encoder of %s that takes no 10-bit pictures is not given 8-bit ones instead', async (_, line) => {
    const { proof } = await probe(CPU, (command) =>
      isTenBit(command) ? { exitCode: 1, stderr: line } : ENCODED,
    );
    expect(proof).toMatchObject({
      ok: true,
      tenBit: false,
      tenBitReason: { code: 'invalid-argument', detail: line },
    });
    expect(openQuestions(proof, 'cpu')).toEqual([]);
  });

  it('an exit without an error is no proof when the frames are missing', async () => {
    const { proof } = await probe(CPU, () => ({ stdout: 'frame=0\nprogress=end\n' }));
    expect(proof.ok).toBe(false);
  });

  it('a build that cannot be started is a reason, not an exception', async () => {
    const host = new StandInHost({});
    const proof = await probeEncoder(host, buildOf('gone'), CPU, new AbortController().signal);
    expect(proof).toMatchObject({ ok: false, reason: { code: 'ffmpeg-missing' } });
  });

  it('asks for the right encoder of each codec', async () => {
    const asked: string[] = [];
    for (const codec of ['h264', 'hevc', 'av1'] as const) {
      asked.push(encoderIn(probeCommand('/f', { kind: 'cpu', codec }, 'plain')));
      asked.push(encoderIn(probeCommand('/f', { kind: 'gpu', codec, gpuUuid: 'GPU-a' }, 'plain')));
    }
    expect(asked).toEqual(['libx264', 'h264_nvenc', 'libx265', 'hevc_nvenc', 'libsvtav1', 'av1_nvenc']);
  });
});
