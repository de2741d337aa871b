import { describe, expect, it } from 'vitest';
import { deviceListText, doctorText } from '../../src/cli/text/device-text.ts';
import type { Device, DeviceList, EncoderProof, FfmpegBuild } from '../../src/common/device.ts';
import { type DeviceId, LOCAL_HOST_ID } from '../../src/common/ids.ts';
import type { Problem, ProblemCode } from '../../src/common/problem.ts';

const why = (code: ProblemCode, message: string): Problem => ({ code, message, nextStep: 'Do something.' });

function proof(codec: 'h264' | 'hevc' | 'av1', changes: Partial<EncoderProof> = {}): EncoderProof {
  return {
    codec,
    encoder: `${codec}_nvenc`,
    ok: true,
    reason: null,
    tenBit: true,
    tenBitReason: null,
    bFrames: true,
    bFramesReason: null,
    buildId: 'debian',
    buildNote: null,
    ...changes,
  };
}

const gtx1650: Device = {
  id: 'GPU-1650' as DeviceId,
  kind: 'gpu',
  name: 'NVIDIA GeForce GTX 1650',
  host: LOCAL_HOST_ID,
  uuid: 'GPU-1650',
  status: 'ready',
  reason: null,
  retryAt: null,
  encoders: [
    proof('h264', {
      tenBit: false,
      tenBitReason: why('capability-missing', 'This GPU cannot encode 10-bit H.264.'),
    }),
    proof('hevc', {
      bFrames: false,
      bFramesReason: why('capability-missing', 'This GPU has no B-frames in HEVC.'),
    }),
    proof('av1', { ok: false, reason: why('encoder-missing', 'No ffmpeg here has the encoder av1_nvenc.') }),
  ],
  decoders: [
    { codec: 'h264', ok: true, reason: null, tenBit: null, buildId: 'debian' },
    { codec: 'hevc', ok: true, reason: null, tenBit: true, buildId: 'debian' },
    { codec: 'av1', ok: false, reason: why('gpu-decode-failed', 'No.'), tenBit: null, buildId: 'debian' },
  ],
  gpuPipeline: { ok: true, reason: null, buildId: 'debian' },
  sessions: { used: 3, others: 1, limit: 4 },
  telemetry: null,
  driverVersion: '550.163.01',
};

function listOf(devices: Device[], changes: Partial<DeviceList> = {}): DeviceList {
  return { devices, gpuNotice: null, gpuSessions: { used: 0, limit: null }, ...changes };
}

const build: FfmpegBuild = {
  id: 'debian',
  ffmpegPath: '/usr/bin/ffmpeg',
  ffprobePath: '/usr/bin/ffprobe',
  version: '5.1.9',
  majorVersion: 5,
  origin: 'path',
  encoders: ['h264_nvenc'],
  filters: [],
  problem: null,
};

describe('devices as text', () => {
  it('tells at one glance what a GPU does and what it does not', () => {
    expect(deviceListText(listOf([gtx1650]))).toBe(
      [
        'NVIDIA GeForce GTX 1650  ready, 3 of 4 sessions in use, 1 of them by other programs',
        '  id GPU-1650',
        '  driver 550.163.01',
        '  h264  h264_nvenc  works, no 10-bit, B-frames',
        '  hevc  hevc_nvenc  works, 10-bit, no B-frames',
        '  av1   av1_nvenc   No ffmpeg here has the encoder av1_nvenc.',
        '  decodes h264, hevc with 10-bit',
        '  frames stay on the GPU from its decoder over its scaler to its encoder',
        '',
      ].join('\n'),
    );
  });

  it('tells of a GPU that only decodes one reason, not three', () => {
    const reason = why('no-nvenc', 'This GPU has no video encoder (NVENC).');
    const none = (codec: 'h264' | 'hevc' | 'av1') =>
      proof(codec, { ok: false, reason, tenBit: null, bFrames: null });
    const h100: Device = {
      ...gtx1650,
      name: 'NVIDIA H100',
      status: 'unavailable',
      reason,
      encoders: [none('h264'), none('hevc'), none('av1')],
      gpuPipeline: { ok: false, reason, buildId: 'debian' },
      sessions: { used: 0, others: 0, limit: 3 },
    };
    expect(deviceListText(listOf([h100]))).toBe(
      [
        'NVIDIA H100  unavailable',
        '  id GPU-1650',
        '  driver 550.163.01',
        '  This GPU has no video encoder (NVENC).',
        '  Do something.',
        '  decodes h264, hevc with 10-bit',
        '',
      ].join('\n'),
    );
  });

  it('says why a GPU is out of service and when it is tried again', () => {
    const retryAt = new Date(2026, 0, 1, 14, 3, 5).toISOString();
    const lost: Device = {
      ...gtx1650,
      status: 'unavailable',
      reason: why('gpu-lost', 'The GPU stopped answering its driver.'),
      retryAt,
    };
    const text = deviceListText(listOf([lost]));
    expect(text).toContain(
      '  The GPU stopped answering its driver.\n  Do something.\n  It is tried again at 14:03:05.\n',
    );
    expect(text).toContain('h264_nvenc  works');
  });

  it('says what is not known yet', () => {
    const busy = why('session-limit', 'All sessions were in use.');
    const encoders = [
      proof('h264', { tenBit: null, tenBitReason: busy, bFrames: null }),
      proof('hevc', { ok: false, reason: busy }),
    ];
    const text = deviceListText(listOf([{ ...gtx1650, encoders, decoders: [], gpuPipeline: null }]));
    expect(text).toContain('works, 10-bit unknown, B-frames not tried yet\n');
    expect(text).toContain('hevc_nvenc  All sessions were in use.\n');
  });

  it('says once why a better build is passed over', () => {
    const buildNote = why('driver-too-old', 'ffmpeg 7.0 needs NVENC API 12.2; ffmpeg 5.1.9 is used instead.');
    const encoders = [proof('h264', { buildNote }), proof('hevc', { buildNote })];
    const text = deviceListText(listOf([{ ...gtx1650, encoders }]));
    expect(text.split('ffmpeg 7.0 needs')).toHaveLength(2);
  });

  it('tells the sessions of all GPUs where their number is limited', () => {
    const text = deviceListText(listOf([gtx1650], { gpuSessions: { used: 3, limit: 5 } }));
    expect(text).toContain('\nAll GPUs together  3 of 5 sessions that the driver has been seen to allow\n');
  });

  it('says why the CPU decodes for a GPU that encodes', () => {
    const reason = why('filter-graph-failed', 'This ffmpeg has no scale_cuda.');
    const text = deviceListText(
      listOf([{ ...gtx1650, gpuPipeline: { ok: false, reason, buildId: 'debian' } }]),
    );
    expect(text).toContain('  the CPU decodes and scales: This ffmpeg has no scale_cuda.\n');
  });
});

describe('doctor as text', () => {
  it('tells which build does what, and why the rest does not work', () => {
    const text = doctorText({
      ok: true,
      gantryVersion: '1',
      nodeVersion: '24',
      platform: 'linux-x64',
      home: '/home/gantry',
      builds: [build],
      devices: [gtx1650],
      gpuNotice: null,
      gpuSessions: { used: 0, limit: null },
      problems: [],
    });
    expect(text).toContain('works, no 10-bit, B-frames, by ffmpeg 5.1.9\n');
    expect(text).toContain('  h264, 10-bit: This GPU cannot encode 10-bit H.264. Do something.\n');
    expect(text).toContain('  hevc, B-frames: This GPU has no B-frames in HEVC. Do something.\n');
    expect(text).toContain('\nAll is well.\n');
  });
});
