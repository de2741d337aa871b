import { describe, expect, it } from 'vitest';
import type { Device, DeviceList, EncoderProof, FfmpegBuild } from '../../src/common/device.ts';
import { DoctorReport } from '../../src/common/device.ts';
import { CPU_DEVICE_ID, LOCAL_HOST_ID } from '../../src/common/ids.ts';
import { type Problem, problem } from '../../src/common/problem.ts';
import { doctorReport } from '../../src/engine/devices/doctor.ts';
import { StandInHost } from './stand-in-host.ts';
import { buildOf } from './stand-in-programs.ts';

const h264: EncoderProof = {
  codec: 'h264',
  encoder: 'libx264',
  ok: true,
  reason: null,
  tenBit: true,
  tenBitReason: null,
  bFrames: null,
  bFramesReason: null,
  buildId: 'new',
  buildNote: null,
};

function deviceOf(changes: Partial<Device> = {}): Device {
  return {
    id: CPU_DEVICE_ID,
    kind: 'cpu',
    name: 'Some CPU',
    host: LOCAL_HOST_ID,
    uuid: null,
    status: 'ready',
    reason: null,
    encoders: [h264],
    retryAt: null,
    decoders: [],
    gpuPipeline: null,
    sessions: { used: 0, others: 0, limit: 2 },
    telemetry: null,
    driverVersion: null,
    ...changes,
  };
}

function reason(code: Problem['code']): Problem {
  return { code, message: `It is ${code}.`, nextStep: 'Do something.' };
}

async function report(parts: { builds?: FfmpegBuild[]; devices?: Device[]; host?: StandInHost } = {}) {
  const list: DeviceList = {
    devices: parts.devices ?? [deviceOf()],
    gpuNotice: reason('no-nvidia-driver'),
    gpuSessions: { used: 0, limit: null },
  };
  const made = await doctorReport({
    registry: { builds: () => parts.builds ?? [buildOf('new')], list: () => list },
    host: parts.host ?? new StandInHost({}),
    home: '/home/of/gantry',
    gantryVersion: '1.2.3',
    nodeVersion: '24.0.0',
  });
  expect(DoctorReport.parse(made)).toEqual(made);
  return made;
}

describe('doctorReport', () => {
  it('is well with a build, an ffprobe and a CPU that encodes; a missing GPU is not wrong', async () => {
    const made = await report();
    expect(made).toMatchObject({ ok: true, problems: [], platform: 'linux-x64', gantryVersion: '1.2.3' });
    expect(made.gpuNotice?.code).toBe('no-nvidia-driver');
  });

  it('is not well without ffmpeg or ffprobe, and puts that first', async () => {
    const broken = buildOf('new', { problem: reason('ffmpeg-broken'), ffprobePath: null });
    const made = await report({ builds: [broken] });
    expect(made.ok).toBe(false);
    expect(made.problems.map((found) => found.code)).toEqual([
      'ffmpeg-missing',
      'ffmpeg-missing',
      'ffmpeg-broken',
    ]);
    expect(made.problems[1]?.message).toContain('ffprobe');
  });

  it('a broken choice of the person comes before a broken build that nobody chose', async () => {
    const made = await report({
      builds: [
        buildOf('good'),
        buildOf('a', { origin: 'npm', problem: { ...reason('ffmpeg-broken'), message: 'npm' } }),
        buildOf('b', { origin: 'configured', problem: { ...reason('ffmpeg-missing'), message: 'chosen' } }),
      ],
    });
    expect(made.ok).toBe(true);
    expect(made.problems.map((found) => found.message)).toEqual(['chosen', 'npm']);
  });

  it('is not well when no device can encode, and says why', async () => {
    const made = await report({
      devices: [deviceOf({ status: 'unavailable', reason: reason('encoder-missing') })],
    });
    expect(made.ok).toBe(false);
    expect(made.problems[0]?.message).toBe('Nothing can encode here. It is encoder-missing.');
  });

  it('names the device with a fault, and keeps quiet about what a GPU simply cannot do', async () => {
    const failing = (code: Problem['code']): EncoderProof => ({ ...h264, ok: false, reason: reason(code) });
    const made = await report({
      devices: [
        deviceOf({ kind: 'gpu', name: 'Old GPU', encoders: [h264, failing('capability-missing')] }),
        deviceOf({ kind: 'gpu', name: 'H100', status: 'unavailable', reason: reason('no-nvenc') }),
        deviceOf({ kind: 'gpu', name: 'Lost GPU', status: 'unavailable', reason: reason('gpu-lost') }),
        deviceOf({ encoders: [h264, failing('encoder-missing')] }),
      ],
    });
    expect(made.ok).toBe(true);
    expect(made.problems.map((found) => found.message)).toEqual([
      'Lost GPU: It is gpu-lost.',
      'Some CPU: It is encoder-missing.',
    ]);
  });

  it('tells once what is wrong with several devices alike', async () => {
    const failing: EncoderProof = { ...h264, ok: false, reason: reason('encoder-missing') };
    const gpu = deviceOf({ kind: 'gpu', name: 'L40S', encoders: [h264, failing] });
    const made = await report({ devices: [gpu, gpu, { ...gpu, name: 'T4' }, deviceOf()] });
    expect(made.problems.map((found) => found.message)).toEqual(['2 × L40S, T4: It is encoder-missing.']);
  });

  it('says after the faults what could work better: a build that is passed over, sources decoded on the CPU', async () => {
    const note = { ...reason('driver-too-old'), message: 'ffmpeg 7.0 is too new.' };
    const made = await report({
      devices: [
        deviceOf({
          kind: 'gpu',
          name: 'T4',
          encoders: [
            { ...h264, buildNote: note },
            { ...h264, codec: 'hevc', buildNote: note },
          ],
          decoders: [{ codec: 'h264', ok: true, reason: null, tenBit: null, buildId: 'new' }],
          gpuPipeline: { ok: false, reason: reason('filter-graph-failed'), buildId: 'new' },
        }),
        deviceOf({ kind: 'gpu', name: 'Lost GPU', status: 'unavailable', reason: reason('gpu-lost') }),
      ],
    });
    expect(made.ok).toBe(true);
    expect(made.problems.map((found) => found.message)).toEqual([
      'Lost GPU: It is gpu-lost.',
      'T4: ffmpeg 7.0 is too new.',
      'T4: Sources are decoded on the CPU. It is filter-graph-failed.',
    ]);
  });

  it('says nothing of what a GPU that cannot encode does not decode', async () => {
    const made = await report({
      devices: [
        deviceOf(),
        deviceOf({
          kind: 'gpu',
          name: 'H100',
          status: 'unavailable',
          reason: reason('no-nvenc'),
          decoders: [
            { codec: 'h264', ok: false, reason: reason('gpu-decode-failed'), tenBit: null, buildId: 'new' },
          ],
          gpuPipeline: { ok: false, reason: reason('gpu-decode-failed'), buildId: 'new' },
        }),
      ],
    });
    expect(made.problems).toEqual([]);
  });

  it('finds a home that cannot be written', async () => {
    const host = new StandInHost({});
    host.files.writeText = async () => {
      throw problem('output-not-writable', 'No permission.', 'Choose another folder.');
    };
    const made = await report({ host });
    expect(made).toMatchObject({ ok: false, problems: [{ code: 'output-not-writable' }] });
  });
});
