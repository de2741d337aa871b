import { describe, expect, it } from 'vitest';
import type { PresetOverrides } from '../../src/common/job.ts';
import type { ProblemCode } from '../../src/common/problem.ts';
import type { VideoStream } from '../../src/common/source.ts';
import { lossOnGpu, shouldRetryWithCpuDecode } from '../../src/engine/media/encode/gpu-pipeline.ts';
import { planEncode } from '../../src/engine/media/encode-plan.ts';
import type { EncodeTarget, GpuPipelineSupport } from '../../src/engine/media/encode-request.ts';
import { damageNote } from '../../src/engine/media/source-damage.ts';
import { audio, HDR10_VIDEO, nvenc, optionValue, request, video } from './plan-request.ts';

/** A GPU on which all of it was proven. */
const ALL: GpuPipelineSupport = {
  decoders: [
    { codec: 'h264', tenBit: false },
    { codec: 'hevc', tenBit: true },
  ],
  scales: true,
};

function plan(
  changes: Partial<VideoStream> = {},
  options: { preset?: string; set?: PresetOverrides; target?: EncodeTarget } = {},
) {
  const target = options.target ?? nvenc('h264_nvenc', { gpuPipeline: ALL });
  return planEncode(request(options.preset ?? 'h264', [video(changes)], { target, set: options.set ?? {} }));
}

const hevc = nvenc('hevc_nvenc', { gpuPipeline: ALL });
const hevcSource = { codec: 'hevc', pixelFormat: 'yuv420p10le', bitDepth: 10 };

describe('decode, scale and encode on one GPU', () => {
  it('is planned where a probe proved the chain for the codec of the source', () => {
    const { pipeline, encode } = plan();
    expect(pipeline).toBe('gpu');
    const args = [...encode.args];
    const before = args.slice(args.indexOf('-c:0'), args.indexOf('-protocol_whitelist'));
    expect(before.join(' ')).toBe(
      '-c:0 h264 -hwaccel:0 cuda -hwaccel_device:0 0 -hwaccel_output_format:0 cuda -threads:0 1',
    );
    expect(optionValue(args, '-filter:v:0')).toBe('scale_cuda=passthrough=0,settb=1/100');
    expect(optionValue(args, '-gpu:v:0')).toBe('0');
    expect(encode.env?.['CUDA_VISIBLE_DEVICES']).toBe('GPU-5b6a2c1e-0000-0000-0000-000000000000');
  });

  it('is not planned for a codec, a bit depth or a scaler that was not proven, nor for a GPU of which nothing was', () => {
    expect(plan({ codec: 'vp9' }).pipeline).toBe('gpu-encode');
    expect(plan({}, { target: nvenc('h264_nvenc') }).pipeline).toBe('gpu-encode');
    const noScaler = nvenc('h264_nvenc', { gpuPipeline: { ...ALL, scales: false } });
    expect(plan({}, { target: noScaler }).pipeline).toBe('gpu-encode');
    const eightBit = nvenc('hevc_nvenc', {
      gpuPipeline: { decoders: [{ codec: 'hevc', tenBit: false }], scales: true },
    });
    expect(plan(hevcSource, { preset: 'hevc-10bit', target: eightBit }).pipeline).toBe('gpu-encode');
  });

  it('keeps 10 bits, and HDR in them', () => {
    const { pipeline, encode } = plan(HDR10_VIDEO, { preset: 'hevc-10bit', target: hevc });
    expect(pipeline).toBe('gpu');
    expect(optionValue(encode.args, '-profile:v:0')).toBe('main10');
    expect(optionValue(encode.args, '-color_trc:v:0')).toBe('smpte2084');
  });

  it('names the stream of the film, so that no other one is decoded there', () => {
    const cover = { kind: 'cover-art' as const, codec: 'mjpeg', index: 0 };
    const streams = [
      { ...cover, language: null, title: null, isDefault: false, isForced: false },
      audio(1),
      video({ index: 2 }),
    ];
    const wanted = request('h264', streams, {
      target: nvenc('h264_nvenc', { gpuPipeline: ALL }),
      set: { container: 'mkv' },
    });
    const { encode, prepare } = planEncode(wanted);
    expect(encode.args).toContain('-hwaccel:2');
    expect(encode.args.filter((arg) => arg.startsWith('-hwaccel')).every((arg) => arg.endsWith(':2'))).toBe(
      true,
    );
    // Writing the cover to a file decodes nothing.
    expect(prepare?.args.some((arg) => arg.startsWith('-hwaccel'))).toBe(false);
  });

  it('scales there as long as the scaler looks at every pixel', () => {
    const filter = (size: Partial<VideoStream>, box: PresetOverrides) => {
      const made = plan(size, { set: box });
      return made.pipeline === 'gpu' ? optionValue(made.encode.args, '-filter:v:0') : made.pipeline;
    };
    const uhd = { width: 3840, height: 2160 };
    const within = (height: number) => ({ 'video.maxHeight': height });
    expect(filter(uhd, within(1080))).toBe(
      'scale_cuda=w=1920:h=1080:interp_algo=lanczos,setsar=1,settb=1/100',
    );
    expect(filter(uhd, within(720))).toBe(
      'scale_cuda=w=1280:h=720:interp_algo=bilinear,setsar=1,settb=1/100',
    );
    expect(filter(uhd, within(480))).toBe('gpu-encode');
    // Wide pixels are squared by shrinking one way only.
    const wide = { width: 720, height: 576, sampleAspectRatio: { num: 16, den: 15 } };
    expect(filter(wide, within(288))).toBe('scale_cuda=w=384:h=288:interp_algo=lanczos,setsar=1,settb=1/100');
  });

  it('drops frames above a limit before it scales the rest', () => {
    const { encode } = plan(
      { frameRate: { num: 60, den: 1 } },
      { set: { 'video.maxFrameRate': 30, 'video.maxHeight': 720 } },
    );
    expect(optionValue(encode.args, '-filter:v:0')).toBe(
      'fps=30,scale_cuda=w=1280:h=720:interp_algo=lanczos,setsar=1',
    );
  });
});

describe('what only the CPU does', () => {
  const cases: readonly { what: string; of: Partial<VideoStream>; set?: PresetOverrides }[] = [
    { what: 'deinterlacing', of: { fieldOrder: 'top-first' } },
    { what: 'deinterlacing that the preset asks for', of: {}, set: { 'video.deinterlace': 'always' } },
    { what: 'turning', of: { rotationDegrees: 90 } },
    { what: 'cutting an odd row', of: { height: 1079 } },
    { what: 'full range', of: { colorRange: 'pc' } },
    { what: '4:2:2', of: { pixelFormat: 'yuv422p' } },
    { what: '4:4:4', of: { pixelFormat: 'yuv444p' } },
    { what: '10 bits to 8', of: hevcSource },
    { what: '8 bits to 10', of: {}, set: { 'video.codec': 'hevc', 'video.bitDepth': 10 } },
  ];
  it.each(cases)('$what: decoded on the CPU and encoded on the GPU', ({ of, set = {} }) => {
    const target = set['video.codec'] === 'hevc' ? hevc : nvenc('h264_nvenc', { gpuPipeline: ALL });
    const made = plan(of, { set, target });
    expect(made.pipeline).toBe('gpu-encode');
    expect(made.encode.args.join(' ')).not.toMatch(/hwaccel|cuda/);
  });

  it('tone mapping is done on the CPU', () => {
    expect(plan(HDR10_VIDEO, { set: { 'video.hdr': 'tone-map' } }).pipeline).toBe('gpu-encode');
  });

  it('an encode on the CPU says so', () => {
    expect(planEncode(request('h264', [video()])).pipeline).toBe('cpu');
  });
});

describe('after a failure', () => {
  const problem = (code: ProblemCode) => ({ code, message: 'It failed.', nextStep: 'Retry.' });

  it('the same GPU encodes what the CPU decodes', () => {
    const wanted = request('h264', [video()], { target: nvenc('h264_nvenc', { gpuPipeline: ALL }) });
    const first = planEncode(wanted);
    expect(shouldRetryWithCpuDecode(problem('gpu-decode-failed'), first)).toBe(true);
    expect(shouldRetryWithCpuDecode(problem('filter-graph-failed'), first)).toBe(true);
    const second = planEncode({ ...wanted, avoid: { gpuDecode: true } });
    expect(second.pipeline).toBe('gpu-encode');
    expect(second.encode).toEqual(
      planEncode(request('h264', [video()], { target: nvenc('h264_nvenc') })).encode,
    );
    expect(shouldRetryWithCpuDecode(problem('gpu-decode-failed'), second)).toBe(false);
  });

  it('frames that a decoder on the GPU lost are asked of the CPU, and what that cannot read either is damage', () => {
    const damage = damageNote(['[h264 @ 0x1] [error] Error submitting packet to decoder: Invalid data']);
    const onGpu = plan();
    const loss = lossOnGpu(onGpu, damage);
    expect(loss && shouldRetryWithCpuDecode(loss, onGpu)).toBe(true);
    expect(lossOnGpu(onGpu, null)).toBeNull();
    expect(lossOnGpu(plan({}, { target: nvenc('h264_nvenc') }), damage)).toBeNull();
  });

  it('the CPU is no help against a full disk, a lost GPU or no session', () => {
    const made = plan();
    for (const code of ['no-space', 'gpu-lost', 'session-limit', 'source-not-found'] as const) {
      expect(shouldRetryWithCpuDecode(problem(code), made)).toBe(false);
    }
  });
});
