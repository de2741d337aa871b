import { describe, expect, it } from 'vitest';
import { type ProbeTarget, probeCommand, probeEncoder } from '../../src/engine/devices/probe-encoder.ts';
import type { Command } from '../../src/engine/hosts/host.ts';
import { type Printed, StandInHost } from './stand-in-host.ts';
import { buildOf, ENCODED, encoderIn, refused } from './stand-in-programs.ts';

const GPU: ProbeTarget = { kind: 'gpu', codec: 'hevc', gpuUuid: 'GPU-a' };
const CPU: ProbeTarget = { kind: 'cpu', codec: 'h264' };

function probe(target: ProbeTarget, answer: (command: Command) => Printed) {
  const host = new StandInHost({ '/new/ffmpeg': answer });
  const never = new AbortController().signal;
  return probeEncoder(host, buildOf('new'), target, never).then((result) => ({ ...result, host }));
}

const isTenBit = ({ args }: Command) => args.includes('p010le') || args.includes('yuv420p10le');
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
    const { proof, isLasting, host } = await probe(GPU, () => ENCODED);
    expect(proof).toEqual({
      codec: 'hevc',
      encoder: 'hevc_nvenc',
      ok: true,
      reason: null,
      tenBit: true,
      bFrames: true,
      buildId: 'new',
    });
    expect(isLasting).toBe(true);
    expect(host.ran).toHaveLength(3);
    expect(host.ran.every(({ options }) => options.priority === 'low')).toBe(true);
  });

  it('says nothing of B-frames on a CPU', async () => {
    const { proof, host } = await probe(CPU, () => ENCODED);
    expect(proof).toMatchObject({ encoder: 'libx264', ok: true, tenBit: true, bFrames: null });
    expect(host.ran).toHaveLength(2);
  });

  it('a GPU without 10-bit and B-frames still encodes 8-bit', async () => {
    const { proof, isLasting } = await probe(GPU, (command) => {
      if (isTenBit(command)) return refused('10 bit encode not supported');
      return hasBFrames(command) ? refused('Max B-frames 4 exceed 0') : ENCODED;
    });
    expect(proof).toMatchObject({ ok: true, tenBit: false, bFrames: false });
    expect(isLasting).toBe(true);
  });

  it('a session limit is busy, is not remembered and asks no more', async () => {
    const { proof, isLasting, host } = await probe(GPU, () =>
      refused('OpenEncodeSessionEx failed: out of memory (10): (no details)'),
    );
    expect(proof).toMatchObject({
      ok: false,
      reason: { code: 'session-limit' },
      tenBit: null,
      bFrames: null,
    });
    expect(isLasting).toBe(false);
    expect(host.ran).toHaveLength(1);
  });

  it('a session limit met on the way leaves the facts unknown and the proof not to be remembered', async () => {
    const { proof, isLasting } = await probe(GPU, (command) =>
      isTenBit(command) ? refused('OpenEncodeSessionEx failed: incompatible client key (21)') : ENCODED,
    );
    expect(proof).toMatchObject({ ok: true, tenBit: null, bFrames: true });
    expect(isLasting).toBe(false);
  });

  it('no NVENC on the GPU is remembered', async () => {
    const { proof, isLasting } = await probe(GPU, () =>
      refused('OpenEncodeSessionEx failed: unsupported device (2): (no details)'),
    );
    expect(proof.reason?.code).toBe('no-nvenc');
    expect(isLasting).toBe(true);
  });

  it('an exit without an error is no proof when the frames are missing', async () => {
    const { proof } = await probe(CPU, () => ({ stdout: 'frame=0\nprogress=end\n' }));
    expect(proof.ok).toBe(false);
  });

  it('a build that cannot be started is a reason, not an exception', async () => {
    const host = new StandInHost({});
    const { proof } = await probeEncoder(host, buildOf('gone'), CPU, new AbortController().signal);
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
