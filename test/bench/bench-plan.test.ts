import { describe, expect, it } from 'vitest';
import type { BenchRequest } from '../../src/common/bench.ts';
import { CPU_REFERENCE } from '../../src/common/bench-table.ts';
import type { Device } from '../../src/common/device.ts';
import { CPU_DEVICE_ID, type DeviceId } from '../../src/common/ids.ts';
import type { Problem } from '../../src/common/problem.ts';
import { benchCases, benchPreset } from '../../src/engine/bench/bench-cases.ts';
import { planBench } from '../../src/engine/bench/bench-plan.ts';
import { FULL_SOURCE, QUICK_SOURCE } from '../../src/engine/bench/bench-source.ts';
import { planEncode } from '../../src/engine/media/encode-plan.ts';
import { cpu, MODERN_BUILD, nvenc, optionValue, source, video } from '../media/plan-request.ts';
import { aDevice, devicesOf, GPU_ID, proof } from './bench-fixture.ts';

const GPU = aDevice({
  ...{ id: GPU_ID, kind: 'gpu', name: 'A GPU', uuid: GPU_ID, driverVersion: '550.54' },
  encoders: [proof('h264', 'h264_nvenc'), proof('hevc', 'hevc_nvenc')],
});
const LOST: Problem = {
  code: 'gpu-lost',
  message: 'The GPU stopped answering.',
  nextStep: 'Restart the computer.',
};
const LOST_GPU = { ...GPU, status: 'unavailable', reason: LOST } as const;

function planOf(devices: Device[], request: Partial<BenchRequest> = {}) {
  const registry = devicesOf([MODERN_BUILD], () => devices);
  return planBench({ quick: false, ...request }, registry, FULL_SOURCE);
}

describe('what is measured of an encoder', () => {
  it('is every NVENC preset at constant quality, and one of them at a bit rate', () => {
    const cases = benchCases(nvenc('hevc_nvenc'), false);
    expect(cases.filter(({ rate }) => rate === 'quality').map((one) => one.encoderPreset)).toEqual([
      ...['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'],
    ]);
    expect(cases.filter(({ rate }) => rate !== 'quality')).toEqual([
      { encoderPreset: 'p5', rate: 'bit-rate' },
    ]);
  });

  it.each(['libx264', 'libx265'] as const)('is one pass against two of %s, at one preset', (encoder) => {
    const cases = benchCases(cpu(encoder), false).filter(({ rate }) => rate !== 'quality');
    expect(cases.map(({ rate }) => rate)).toEqual(['bit-rate', 'two-pass']);
    expect(new Set(cases.map((one) => one.encoderPreset)).size).toBe(1);
  });

  it('is one pass only of SVT-AV1, which has no second', () => {
    expect(benchCases(cpu('libsvtav1'), false).map(({ rate }) => rate)).not.toContain('two-pass');
  });

  it.each([true, false])('has what GPUs are told against, at each of their rates (quick: %s)', (quick) => {
    for (const [codec, encoder] of [
      ['h264', 'libx264'],
      ['hevc', 'libx265'],
      ['av1', 'libsvtav1'],
    ] as const) {
      const ofCpu = benchCases(cpu(encoder), quick);
      for (const { rate } of benchCases(nvenc(`${codec}_nvenc`), quick)) {
        expect(ofCpu).toContainEqual({ encoderPreset: CPU_REFERENCE[codec].encoderPreset, rate });
      }
    }
  });

  it('is less when it shall be quick', () => {
    for (const target of [nvenc('h264_nvenc'), cpu('libx264'), cpu('libx265'), cpu('libsvtav1')]) {
      expect(benchCases(target, true).length).toBeLessThan(benchCases(target, false).length);
    }
    expect(QUICK_SOURCE.frameCount).toBeLessThan(FULL_SOURCE.frameCount);
  });
});

describe('the commands of a benchmark', () => {
  const clip = source([video({ width: 1920, height: 1080, frameRate: { num: 30, den: 1 } })]);
  const planned = (
    target: ReturnType<typeof cpu>,
    encoderPreset: string,
    rate: 'quality' | 'bit-rate' | 'two-pass',
  ) =>
    planEncode({
      ...{ preset: benchPreset('h264', rate, FULL_SOURCE), encoderPreset, source: clip, target },
      ...{ build: MODERN_BUILD, outputPath: '/out.mp4', statsPath: '/pass' },
    });

  it('are those of the product with the encoder’s own preset', () => {
    const { args } = planned(nvenc('h264_nvenc'), 'p3', 'quality').encode;
    expect(optionValue(args, '-preset:v:0')).toBe('p3');
    expect(optionValue(args, '-cq:v:0')).toBe('23');
  });

  it('aim for the same bits with one pass and with two', () => {
    const [one, two] = (['bit-rate', 'two-pass'] as const).map((rate) =>
      planned(cpu('libx264'), 'medium', rate),
    );
    expect([one?.prepare, two?.prepare === null]).toEqual([null, false]);
    const aims = [one, two].map((plan) => optionValue(plan?.encode.args ?? [], '-b:v:0'));
    expect(aims).toEqual([aims[0], aims[0]]);
    expect(Number(aims[0])).toBeGreaterThan(1_000_000);
  });
});

describe('a benchmark without wishes', () => {
  it('measures every codec that each device has proven', () => {
    const { devices, skipped } = planOf([GPU, aDevice()]);
    expect(
      devices.map(({ device, encodes }) => [device.id, [...new Set(encodes.map((e) => e.encoder))]]),
    ).toEqual([
      [GPU_ID, ['h264_nvenc', 'hevc_nvenc']],
      [CPU_DEVICE_ID, ['libx264', 'libx265', 'libsvtav1']],
    ]);
    expect(skipped).toEqual([]);
  });

  it('leaves out a device that is out of service, with the reason', () => {
    const { devices, skipped } = planOf([LOST_GPU, aDevice()]);
    expect(devices.map(({ device }) => device.id)).toEqual([CPU_DEVICE_ID]);
    expect(skipped).toEqual([{ deviceId: GPU_ID, deviceName: 'A GPU', reason: LOST }]);
  });
});

describe('a benchmark with wishes', () => {
  it('measures the named devices and codecs only', () => {
    const { devices } = planOf([GPU, aDevice()], { devices: [GPU_ID], codecs: ['hevc'] });
    expect(devices.map(({ device }) => device.id)).toEqual([GPU_ID]);
    expect(new Set(devices[0]?.encodes.map(({ codec }) => codec))).toEqual(new Set(['hevc']));
  });

  it('measures a device that was named twice once', () => {
    expect(planOf([GPU, aDevice()], { devices: [GPU_ID, GPU_ID] }).devices).toHaveLength(1);
  });

  it('is refused when a device is not there', () => {
    expect(() => planOf([aDevice()], { devices: ['GPU-away' as DeviceId] })).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ code: 'device-not-found' }) }),
    );
  });

  it('is refused with the device’s reason when nothing is left to measure', () => {
    expect(() => planOf([LOST_GPU, aDevice()], { devices: [GPU_ID] })).toThrow(
      expect.objectContaining({
        problem: expect.objectContaining({
          ...{ code: 'device-unavailable', message: expect.stringContaining(LOST.message) },
          nextStep: LOST.nextStep,
        }),
      }),
    );
  });

  it('says why a device lacks the codec that was asked for, and measures the others', () => {
    const noAv1: Problem = {
      code: 'capability-missing',
      message: 'No AV1.',
      nextStep: 'Use another device.',
    };
    const gpu = { ...GPU, encoders: [{ ...proof('av1', 'av1_nvenc'), ok: false, reason: noAv1 }] };
    const registry = devicesOf([MODERN_BUILD], () => [gpu, aDevice()]);
    const plan = planBench(
      { quick: true, codecs: ['av1'] },
      { ...registry, targetFor: (id, preset) => (id === GPU_ID ? noAv1 : registry.targetFor(id, preset)) },
      QUICK_SOURCE,
    );
    expect(plan.devices.map(({ device }) => device.id)).toEqual([CPU_DEVICE_ID]);
    expect(plan.skipped).toEqual([{ deviceId: GPU_ID, deviceName: 'A GPU', reason: noAv1 }]);
  });
});
