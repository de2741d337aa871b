import { describe, expect, it } from 'vitest';
import type { ProblemCode } from '../../src/common/problem.ts';
import type { Exit } from '../../src/engine/hosts/host.ts';
import { classifyFailure, isBackPressure, isGpuFault } from '../../src/engine/media/classify-failure.ts';
import { featureToAvoid } from '../../src/engine/media/nvenc-capabilities.ts';

const SOURCE = '/films/a holiday.mkv';
const OUTPUT = '/out/.a holiday.gantry-7.mp4';

function classify(stderr: readonly string[], exit: Partial<Exit> = { exitCode: 1 }) {
  return classifyFailure({
    exit: { exitCode: null, signal: null, ...exit },
    stderr,
    sourcePath: SOURCE,
    outputPath: OUTPUT,
  });
}

const NVENC = '[h264_nvenc @ 0x55d7b9dcabc0] ';
const MAYBE =
  'Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0 - maybe incorrect parameters such as bit_rate, rate, width or height';
const MAYBE_7 =
  '[vost#0:0/h264_nvenc @ 0x5562020ef780] Error while opening encoder - maybe incorrect parameters such as bit_rate, rate, width or height.';

/** Every text of the NVENC facts: what ffmpeg prints, and the code that it must get. */
const GPU_TEXTS: readonly (readonly [ProblemCode, string])[] = [
  ['no-nvidia-driver', 'Cannot load libcuda.so.1'],
  ['no-nvidia-driver', 'Cannot load nvcuda.dll'],
  ['driver-too-old', 'Driver does not support the required nvenc API version. Required: 13.0 Found: 12.2'],
  ['encode-library-missing', 'Cannot load libnvidia-encode.so.1'],
  ['encode-library-missing', 'Cannot load nvEncodeAPI64.dll'],
  ['session-limit', 'OpenEncodeSessionEx failed: out of memory (10): (no details)'],
  ['session-limit', 'OpenEncodeSessionEx failed: incompatible client key (21): (no details)'],
  ['session-limit', 'OpenEncodeSessionEx failed: incompatible client key (21)'],
  ['no-nvenc', 'OpenEncodeSessionEx failed: unsupported device (2): (no details)'],
  ['no-nvenc', 'OpenEncodeSessionEx failed: unsupported device (2)'],
  ['no-nvenc', 'OpenEncodeSessionEx failed: no encode device (1): (no details)'],
  ['no-nvenc', 'no encode device'],
  ['no-cuda-device', 'No CUDA capable devices found'],
  [
    'no-cuda-device',
    'dl_fn->cuda_dl->cuInit(0) failed -> CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected',
  ],
  ['gpu-failed', 'dl_fn->cuda_dl->cuInit(0) failed -> CUDA_ERROR_UNKNOWN: unknown error'],
  ['gpu-index-invalid', 'Requested GPU 1, but only 1 GPUs are available!'],
  ['capability-missing', 'Codec not supported'],
  ['capability-missing', '10 bit encode not supported'],
  ['capability-missing', 'B frames as references are not supported'],
  ['capability-missing', 'Max B-frames 4 exceed 0'],
  ['capability-missing', 'Max B-frames 2 exceed 0'],
  ['capability-missing', 'Width 5000 exceeds 4096'],
  ['capability-missing', 'Width 5120 exceeds 4096'],
  ['capability-missing', 'Height 9000 exceeds 8192'],
  ['capability-missing', 'YUV444P not supported'],
  ['capability-missing', 'Lossless encoding not supported'],
  ['capability-missing', 'RC lookahead not supported'],
  ['capability-missing', 'Temporal AQ not supported'],
  ['capability-missing', 'Interlaced encoding is not supported. Supported level: 0'],
  ['gpu-decode-failed', 'Failed setup for format cuda: hwaccel initialisation returned error.'],
  ['gpu-decode-failed', 'Hardware is lacking required capabilities'],
  [
    'gpu-decode-failed',
    'decoder->cvdl->cuvidCreateDecoder(&decoder->decoder, params) failed -> CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected',
  ],
  ['gpu-decode-failed', 'Cannot load libnvcuvid.so.1'],
  ['gpu-decode-failed', 'No decoder surfaces left'],
  [
    'gpu-out-of-memory',
    'dl_fn->cuda_dl->cuCtxCreate(&ctx->cu_context_internal, 0, cu_device) failed -> CUDA_ERROR_OUT_OF_MEMORY: out of memory',
  ],
  ['gpu-out-of-memory', 'InitializeEncoder failed: out of memory (10): (no details)'],
  [
    'capability-missing',
    'InitializeEncoder failed: invalid param (8): Frame Dimension less than the minimum supported value.',
  ],
  ['gpu-failed', 'EncodePicture failed!: generic error (20): EncodeAPI Internal Error.'],
  ['gpu-failed', 'Failed locking bitstream buffer: generic error (20): EncodeAPI Internal Error.'],
  ['gpu-lost', 'EncodePicture failed!: device does not exist (5): (no details)'],
  [
    'gpu-lost',
    'cuCtxPushCurrent(ctx->cu_context) failed -> CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure',
  ],
];

/** A source that no decoder of the GPU takes, with `scale_cuda` behind it: texts of ffmpeg's nvdec.c, decode.c and filters. */
const DECODE_ON_GPU = [
  '[h264 @ 0x55d1] [error] Hardware is lacking required capabilities',
  '[h264 @ 0x55d1] [error] Failed setup for format cuda: hwaccel initialisation returned error.',
  "[error] Impossible to convert between the formats supported by the filter 'graph 0 input from stream 0:0' and the filter 'auto_scale_0'",
  '[error] Error reinitializing filters!',
  '[error] Failed to inject frame into filter network: Function not implemented',
];

describe('GPU failures', () => {
  it.each(GPU_TEXTS)('%s: %s', (code, text) => {
    const line = NVENC + text;
    for (const stderr of [
      [line, 'No capable devices found', MAYBE, 'Conversion failed!'],
      ['No capable devices found', MAYBE, line],
      [line, `${NVENC}No capable devices found`, MAYBE_7],
      [line.replace('] ', '] [error] ')],
    ]) {
      const found = classify(stderr);
      expect(found.code).toBe(code);
      expect(found.message).toMatch(/^[A-Z].*\.$/);
      expect(found.nextStep).toMatch(/^[A-Z].*\.$/);
      expect(stderr).toContain(found.detail);
      expect(found.detail).toContain(text);
    }
  });

  it('a missing encode library is told from an old driver, though the "minimum required" line follows', () => {
    const found = classify([
      `${NVENC}Cannot load libnvidia-encode.so.1`,
      `${NVENC}The minimum required Nvidia driver for nvenc is 470.57.02 or newer`,
      MAYBE,
    ]);
    expect(found.code).toBe('encode-library-missing');
    expect(found.nextStep).toContain('NVIDIA_DRIVER_CAPABILITIES');
  });

  it('names both API versions and the driver that ffmpeg asks for', () => {
    const found = classify([
      `${NVENC}Driver does not support the required nvenc API version. Required: 11.1 Found: 11.0`,
      `${NVENC}The minimum required Nvidia driver for nvenc is 470.57.02 or newer`,
      MAYBE,
    ]);
    expect(found.message).toContain('11.1');
    expect(found.message).toContain('11.0');
    expect(found.nextStep).toContain('470.57.02');
  });

  it('knows the driver for an API version when ffmpeg prints "(unknown)"', () => {
    const found = classify([
      `${NVENC}Driver does not support the required nvenc API version. Required: 13.0 Found: 12.2`,
      `${NVENC}The minimum required Nvidia driver for nvenc is (unknown)`,
    ]);
    expect(found.nextStep).toContain('570');
    expect(found.nextStep).not.toContain('unknown');
  });

  it('names no driver that it does not know', () => {
    const found = classify([
      `${NVENC}Driver does not support the required nvenc API version. Required: 99.7 Found: 12.2`,
      `${NVENC}The minimum required Nvidia driver for nvenc is (unknown)`,
    ]);
    expect(found.code).toBe('driver-too-old');
    expect(found.nextStep).toBe('Update the NVIDIA driver, or use an older ffmpeg build.');
  });

  it('a lost device is the cause, not the CUDA error that follows it', () => {
    const found = classify([
      `${NVENC}EncodePicture failed!: device does not exist (5): (no details)`,
      `${NVENC}cuCtxPushCurrent(ctx->cu_context) failed -> CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure`,
    ]);
    expect(found.code).toBe('gpu-lost');
    expect(found.detail).toContain('device does not exist');
  });

  it('the two lines that are never the cause give a GPU failure without a reason when nothing else was printed', () => {
    expect(classify([`${NVENC}No capable devices found`, MAYBE]).code).toBe('gpu-failed');
    expect(classify([MAYBE_7]).code).toBe('gpu-failed');
    expect(classify([MAYBE]).code).toBe('encode-failed');
  });

  it('a decoder that gave up the GPU is the cause, not the scaler that then got frames in memory', () => {
    expect(classify(DECODE_ON_GPU).code).toBe('gpu-decode-failed');
    expect(classify(DECODE_ON_GPU.slice(2)).code).toBe('filter-graph-failed');
  });

  it("a scaler whose programs the driver cannot run is the filters' fault and not the GPU's", () => {
    const found = classify([
      '[Parsed_scale_cuda_0 @ 0x1] [error] cu->cuModuleLoadData(&s->cu_module, vf_scale_cuda_ptx) failed -> CUDA_ERROR_UNSUPPORTED_PTX_VERSION: the provided PTX was compiled with an unsupported toolchain.',
    ]);
    expect(found.code).toBe('filter-graph-failed');
    expect(isGpuFault(found)).toBe(false);
  });

  it('what an encode may leave out is told by the line, with its marks or without', () => {
    const avoid = (line: string) => featureToAvoid(classify([line, MAYBE]));
    expect(avoid(`${NVENC}[warning] Max B-frames 4 exceed 0`)).toBe('b-frames');
    expect(avoid(`${NVENC}B frames as references are not supported`)).toBe('b-frame-references');
    expect(avoid(`${NVENC}Middle B frames as references are not supported`)).toBe('b-frame-references');
    // Never a lower depth than was asked for, nor a smaller picture.
    expect(avoid(`${NVENC}10 bit encode not supported`)).toBeNull();
    expect(avoid(`${NVENC}Width 5120 exceeds 4096`)).toBeNull();
    expect(
      featureToAvoid({ code: 'gpu-failed', message: 'Max B-frames 4 exceed 0', nextStep: '' }),
    ).toBeNull();
  });

  it('a session limit is back-pressure and no fault of the GPU', () => {
    for (const [code, text] of GPU_TEXTS) {
      const found = classify([NVENC + text]);
      expect(isBackPressure(found)).toBe(code === 'session-limit');
      expect(isGpuFault(found)).toBe(code !== 'session-limit');
    }
  });
});

/** Real lines of 2018, 5.1 and 7.0 builds. */
const OTHER_TEXTS: readonly (readonly [ProblemCode, string, ...string[]])[] = [
  ['encoder-missing', "Unknown encoder 'h264_nvenc'"],
  ['encoder-missing', "[vost#0:0 @ 0x55a168b66780] Unknown encoder 'nope'", 'Error selecting an encoder'],
  ['invalid-argument', "Unrecognized option 'nope'.", 'Error splitting the argument list: Option not found'],
  [
    'invalid-argument',
    "[libx264 @ 0x1] [Eval @ 0x2] Undefined constant or missing '(' in 'abc'",
    '[libx264 @ 0x1] Unable to parse option value "abc"',
    MAYBE,
  ],
  ['invalid-argument', '[libx264 @ 0x1] Error setting preset/tune zzz/(null).', MAYBE],
  [
    'invalid-argument',
    '[h264_nvenc @ 0x1] [Eval @ 0x7] Unable to parse option value "p9"',
    'Error setting option preset to value p9.',
  ],
  ['invalid-argument', 'Error parsing option bf with argument x'],
  ['invalid-argument', '[libx264 @ 0x1] width not divisible by 2 (321x241)', MAYBE],
  ['invalid-argument', '[vost#0:0/libx264 @ 0x5] Unknown pixel format requested: nope.'],
  [
    'invalid-argument',
    '[mp4 @ 0x1] Could not find tag for codec pcm_s16le in stream #1, codec not currently supported in container',
    'Could not write header for output file #0 (incorrect codec parameters ?): Invalid argument',
  ],
  [
    'filter-graph-failed',
    "Impossible to convert between the formats supported by the filter 'graph 0 input from stream 0:0' and the filter 'auto_scale_0'",
    'Error reinitializing filters!',
    'Failed to inject frame into filter network: Function not implemented',
  ],
  ['filter-graph-failed', 'Error reinitializing filters!'],
  ['filter-graph-failed', "[AVFilterGraph @ 0x562638c88340] No such filter: 'scale_npp'"],
  ['no-space', 'av_interleaved_write_frame(): No space left on device', '    Last message repeated 6 times'],
  [
    'no-space',
    '[vost#0:0/libx264 @ 0x55aa05002140] Error submitting a packet to the muxer: No space left on device',
    '[out#0/mp4 @ 0x55aa050034c0] Error muxing a packet',
  ],
  ['no-space', `Error writing trailer of ${OUTPUT}: No space left on device`],
  ['no-space', 'av_interleaved_write_frame(): Disk quota exceeded'],
  ['output-not-writable', `${OUTPUT}: Permission denied`],
  ['output-not-writable', `file:${OUTPUT}: Read-only file system`],
  [
    'output-not-writable',
    `[out#0/mp4 @ 0x564bfb13a4c0] Error opening output ${OUTPUT}: Read-only file system`,
    `Error opening output file ${OUTPUT}.`,
  ],
  ['output-not-writable', 'av_interleaved_write_frame(): Input/output error'],
  ['output-not-writable', 'av_interleaved_write_frame(): File too large'],
  ['output-folder-missing', `${OUTPUT}: No such file or directory`],
  [
    'output-folder-missing',
    `[out#0/mp4 @ 0x1] Error opening output file:${OUTPUT}: No such file or directory`,
    'Error opening output files: No such file or directory',
  ],
  [
    'output-folder-missing',
    `[mp4 @ 0x1] Unable to re-open ${OUTPUT} output file for the second pass (faststart)`,
  ],
  ['output-exists', `File '${OUTPUT}' already exists. Exiting.`],
  ['source-not-found', `${SOURCE}: No such file or directory`],
  [
    'source-not-found',
    '[in#0 @ 0x1] Error opening input: No such file or directory',
    `Error opening input file file:${SOURCE}.`,
  ],
  ['source-not-readable', `${SOURCE}: Permission denied`],
  ['source-not-readable', '[in#0 @ 0x1] Error opening input: Permission denied'],
  ['source-not-readable', `${SOURCE}: Input/output error`],
  ['source-is-a-folder', `${SOURCE}: Is a directory`],
  [
    'source-corrupt',
    '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55cac3e72900] moov atom not found',
    `${SOURCE}: Invalid data found when processing input`,
  ],
  ['source-corrupt', `${SOURCE}: Invalid data found when processing input`],
  ['source-corrupt', '[in#0 @ 0x1] Error opening input: Invalid data found when processing input'],
  ['source-corrupt', 'Error while decoding stream #0:0: Invalid data found when processing input'],
  ['source-corrupt', 'Cannot determine format of input stream 0:0 after EOF'],
  ['source-unsupported', 'Decoder (codec none) not found for input stream #0:0'],
  ['source-unsupported', 'Decoding requested, but no decoder found for: none'],
  [
    'source-unsupported',
    "[hls @ 0x1] Protocol 'https' not on whitelist 'file'!",
    `${SOURCE}: Invalid argument`,
  ],
  ['source-unsupported', "[mov @ 0x1] Format not on whitelist 'matroska'", `${SOURCE}: Invalid argument`],
  ['source-changed', "Stream map '0:v:3' matches no streams."],
  ['out-of-memory', 'Error while decoding stream #0:0: Cannot allocate memory'],
  ['out-of-memory', 'x264 [error]: malloc of size 3110400 failed'],
  ['out-of-memory', "terminate called after throwing an instance of 'std::bad_alloc'"],
  [
    'ffmpeg-broken',
    'ffmpeg: error while loading shared libraries: libavdevice.so.59: cannot open shared object file: No such file or directory',
  ],
  ['interrupted', 'Exiting normally, received signal 15.'],
  ['interrupted', 'Received > 3 system signals, hard exiting'],
];

describe('other failures', () => {
  it.each(OTHER_TEXTS)('%s: %s', (code, first, ...rest) => {
    const found = classify([first, ...rest, 'Conversion failed!']);
    expect(found.code).toBe(code);
    expect(found.message).toMatch(/^[A-Za-z].*\.$/);
    expect(found.nextStep).toMatch(/^[A-Z].*\.$/);
    expect(found.detail).toBe(first);
    expect(isGpuFault(found)).toBe(false);
    expect(isBackPressure(found)).toBe(false);
  });

  it('a damaged picture is only a warning: what really ended the run is found behind it', () => {
    const found = classify([
      '[h264 @ 0x56224731b6c0] error while decoding MB 6 0',
      'Error while decoding stream #0:0: Invalid data found when processing input',
      '[h264 @ 0x56224731b6c0] error while decoding MB 7 0',
      'av_interleaved_write_frame(): No space left on device',
    ]);
    expect(found.code).toBe('no-space');
  });

  it('names of files and titles in the file mean nothing', () => {
    const sourcePath = '/films/No space left on device: Cannot load libcuda.so.1.mkv';
    const found = classifyFailure({
      exit: { exitCode: 1, signal: null },
      stderr: [
        `Input #0, matroska, from 'file:${sourcePath}':`,
        '    title           : Cannot allocate memory',
        `file:${sourcePath}: Permission denied`,
      ],
      sourcePath,
      outputPath: `${sourcePath}.mp4`,
    });
    expect(found.code).toBe('source-not-readable');
  });

  it('tells source and output apart when one path begins with the other', () => {
    const run = { exit: { exitCode: 1, signal: null }, sourcePath: '/v/clip', outputPath: '/v/clip.mp4' };
    const code = (line: string) => classifyFailure({ ...run, stderr: [line] }).code;
    expect(code('/v/clip.mp4: No such file or directory')).toBe('output-folder-missing');
    expect(code('/v/clip: No such file or directory')).toBe('source-not-found');
  });
});

describe('runs that ended without a telling line', () => {
  const cases: readonly (readonly [ProblemCode, Partial<Exit>])[] = [
    ['no-space', { exitCode: 228 }],
    ['no-space', { exitCode: 0xffff_ffe4 }],
    ['out-of-memory', { exitCode: 244 }],
    ['output-not-writable', { exitCode: 226 }],
    ['source-corrupt', { exitCode: 183 }],
    ['source-corrupt', { exitCode: 3_199_971_767 }],
    ['invalid-argument', { exitCode: 234 }],
    ['invalid-argument', { exitCode: 8 }],
    ['out-of-memory', { signal: 'SIGKILL' }],
    ['interrupted', { signal: 'SIGTERM' }],
    ['interrupted', { exitCode: 0xc000_013a }],
    ['encode-failed', { signal: 'SIGSEGV' }],
    ['encode-failed', { exitCode: 0xc000_0005 }],
    ['ffmpeg-broken', { signal: 'SIGILL' }],
    ['ffmpeg-broken', { exitCode: 0xc000_0135 }],
    ['encode-failed', { exitCode: 1 }],
    ['encode-failed', { exitCode: 255 }],
    ['encode-failed', { exitCode: 171 }],
  ];
  it.each(cases)('%s from %o', (code, exit) => {
    const found = classify([], exit);
    expect(found.code).toBe(code);
    expect(found.detail).toBeTruthy();
  });

  it('a GPU that refused without a word is a GPU failure for every exit code of 7.x', () => {
    for (const exitCode of [255, 187, 218, 171]) {
      expect(classify([MAYBE_7], { exitCode }).code).toBe('gpu-failed');
    }
  });

  it('a crash after a telling line has that line as its cause', () => {
    const lost = `${NVENC}EncodePicture failed!: device does not exist (5): (no details)`;
    expect(classify([lost], { signal: 'SIGSEGV' }).code).toBe('gpu-lost');
  });

  it('shows the last line that says something', () => {
    const found = classify([
      'something new went wrong',
      '[vf#0:0 @ 0x1] Task finished with error code: -5 (Input/output error)',
      'Conversion failed!',
    ]);
    expect(found).toMatchObject({ code: 'encode-failed', detail: 'something new went wrong' });
  });
});
