import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { waitFor } from '../support/processes.ts';
import { startVirtualMachine, type VirtualGpu, type VirtualMachine } from '../support/virtual-gpu.ts';
import { describeOnVirtualGpu, encodeOn, ended, ffmpegOn, testPicture } from './on-machine.ts';

const GPU = 'GPU-11111111-0000-4000-8000-000000000001';

const NO_DEVICES = '[h264_nvenc] No capable devices found';
const MAYBE =
  'Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0 - maybe incorrect parameters such as bit_rate, rate, width or height';
const SUBMITTING = 'Error submitting video frame to the encoder';

describeOnVirtualGpu('faults of a virtual GPU, in ffmpeg 5.1’s words', () => {
  let machine: VirtualMachine;
  beforeAll(async () => {
    machine = await startVirtualMachine({ system: {}, gpus: [{ uuid: GPU }] });
  });
  beforeEach(() => {
    machine.configure(() => ({ system: { driverVersion: '550.163.01' }, gpus: [{ uuid: GPU }] }));
  });
  afterAll(() => machine?.dispose());

  const cases: [string, Partial<VirtualGpu>, string[]][] = [
    [
      'no encoder',
      { nvenc: false },
      ['[h264_nvenc] OpenEncodeSessionEx failed: unsupported device (2): (no details)', NO_DEVICES, MAYBE],
    ],
    [
      'an open that fails',
      { openFails: true },
      ['[h264_nvenc] OpenEncodeSessionEx failed: generic error (20): (no details)', NO_DEVICES, MAYBE],
    ],
    [
      'full memory',
      { outOfMemory: true },
      [
        '[h264_nvenc] dl_fn->cuda_dl->cuCtxCreate(&ctx->cu_context_internal, 0, cu_device) failed -> CUDA_ERROR_OUT_OF_MEMORY: out of memory',
        NO_DEVICES,
        MAYBE,
      ],
    ],
    [
      'memory that the sessions of others fill',
      { memoryTotalMib: 4096, memoryUsedMib: 1000, sessionMemoryMib: 500, otherSessions: 6 },
      [
        '[h264_nvenc] dl_fn->cuda_dl->cuCtxCreate(&ctx->cu_context_internal, 0, cu_device) failed -> CUDA_ERROR_OUT_OF_MEMORY: out of memory',
        NO_DEVICES,
        MAYBE,
      ],
    ],
    [
      'an error in mid-encode',
      { failAfterFrames: 10 },
      ['[h264_nvenc] EncodePicture failed!: generic error (20): EncodeAPI Internal Error.', SUBMITTING],
    ],
    [
      'an error at the lock',
      { lockFailsAfterFrames: 5 },
      [
        '[h264_nvenc] Failed locking bitstream buffer: generic error (20): EncodeAPI Internal Error.',
        SUBMITTING,
      ],
    ],
    [
      'a device lost in mid-encode',
      { lostAfterFrames: 10 },
      [
        '[h264_nvenc] EncodePicture failed!: device does not exist (5): EncodeAPI Internal Error.',
        SUBMITTING,
        '[h264_nvenc] dl_fn->cuda_dl->cuCtxPushCurrent(ctx->cu_context) failed -> CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure',
      ],
    ],
    [
      'a device lost before',
      { lost: true },
      [
        '[h264_nvenc] dl_fn->cuda_dl->cuInit(0) failed -> CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected',
        MAYBE,
      ],
    ],
  ];
  it.each(cases)('%s', async (_title, fault, expected) => {
    machine.setGpu(GPU, fault);
    const { code, lines } = await encodeOn(machine);
    expect(lines).toEqual(expected);
    expect(code).toBe(1);
  });

  it('no driver', async () => {
    machine.setSystem({ driver: 'gone' });
    const { code, lines } = await encodeOn(machine);
    expect(code).toBe(1);
    expect(lines[0]).toBe(
      '[h264_nvenc] dl_fn->cuda_dl->cuInit(0) failed -> CUDA_ERROR_UNKNOWN: unknown error',
    );
  });

  it.each([
    ['hevc_nvenc', ['-bf', '2'], 'Max B-frames 2 exceed 0'],
    ['hevc_nvenc', ['-pix_fmt', 'p010le'], '10 bit encode not supported'],
    ['hevc_nvenc', ['-rc-lookahead', '10'], 'RC lookahead not supported'],
    ['hevc_nvenc', ['-temporal-aq', '1'], 'Temporal AQ not supported'],
    ['hevc_nvenc', ['-pix_fmt', 'yuv444p'], 'YUV444P not supported'],
    ['h264_nvenc', [], 'Codec not supported'],
  ])('%s %s: a capability that is missing is a warning, which -v error hides', async (codec, args, text) => {
    machine.setGpu(GPU, {
      codecs: 'hevc',
      hevcBFrames: 0,
      hevcTenBit: false,
      lookahead: false,
      temporalAq: false,
      yuv444: false,
    });
    const loud = await encodeOn(machine, { codec, args: [...args, '-v', 'warning'] });
    expect(loud.lines[0]).toBe(`[${codec}] ${text}`);
    expect(loud.code).toBe(1);
  });

  it.each([
    ['320x6000', [], 'Height 6000 exceeds 4096', 'warning'],
    ['5120x256', [], 'Width 5120 exceeds 4096', 'warning'],
    [
      '128x48',
      [],
      'InitializeEncoder failed: invalid param (8): Frame Dimension less than the minimum supported value.',
      'error',
    ],
    ['640x480', ['-level', '1.1'], 'InitializeEncoder failed: invalid param (8): Invalid Level.', 'error'],
  ])('%s %s: %s', async (size, args, text, level) => {
    const { code, lines } = await encodeOn(machine, { size, args: [...args, '-v', level], seconds: 0.1 });
    expect(lines[0]).toBe(`[h264_nvenc] ${text}`);
    expect(code).toBe(1);
  });

  it('a hang says nothing, outlives three SIGTERMs and ends by SIGKILL', async () => {
    machine.setGpu(GPU, { hangAfterFrames: 10 });
    const args = [...testPicture(2), '-pix_fmt', 'yuv420p', '-c:v', 'h264_nvenc', '-f', 'null', '-'];
    const child = ffmpegOn(machine, args);
    const end = ended(child);
    const hung = async () => (await machine.state()).sessions.some((session) => session.frames === 10);
    await waitFor(hung, 30, 'the tenth frame');
    for (let at = 0; at < 3; at++) child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    expect(await end).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    expect((await machine.state()).system.encoding).toBe(0);
  });

  it('a fault for the next two sessions is met by two, and counts anew when it is set again', async () => {
    const twice = async () => {
      machine.setGpu(GPU, { lostAfterFrames: { value: 5, sessions: 2 } });
      const codes: (number | null)[] = [];
      for (let at = 0; at < 3; at++) codes.push((await encodeOn(machine)).code);
      return codes;
    };
    expect(await twice()).toEqual([1, 1, 0]);
    expect(await twice()).toEqual([1, 1, 0]);
  });

  it('a session too short for a fault does not use it up, and another change does not bring it back', async () => {
    machine.setGpu(GPU, { failAfterFrames: { value: 10, sessions: 1 } });
    expect((await encodeOn(machine, { seconds: 0.2 })).code).toBe(0);
    expect((await encodeOn(machine)).code).toBe(1);
    machine.setGpu(GPU, { framesPerSecond: 1000 });
    expect((await encodeOn(machine)).code).toBe(0);
  });

  it('a GPU that is lost takes its running encodes along, and works again when it is back', async () => {
    const args = ['-re', ...testPicture(600), '-pix_fmt', 'yuv420p', '-c:v', 'h264_nvenc', '-f', 'null', '-'];
    const end = ended(ffmpegOn(machine, args));
    await waitFor(async () => (await machine.state()).sessions[0]?.frames, 30, 'a first frame');
    machine.setGpu(GPU, { lost: true });
    expect((await end).lines[0]).toContain('device does not exist (5)');
    expect((await encodeOn(machine)).code).toBe(1);
    machine.setGpu(GPU, { lost: false });
    expect((await encodeOn(machine)).code).toBe(0);
  });
});
