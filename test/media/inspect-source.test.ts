import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../src/common/problem.ts';
import { streamsOf } from '../../src/common/source.ts';
import type { Command, ExecOptions, Host } from '../../src/engine/hosts/host.ts';
import { explainUnreadable } from '../../src/engine/media/inspect/unreadable-source.ts';
import { inspectSource } from '../../src/engine/media/inspect-source.ts';
import { summarizeSource, whyNotEncodable } from '../../src/engine/media/source-summary.ts';
import { audio, HDR10_VIDEO, source, subtitle, video } from './plan-request.ts';

/** A host whose ffprobe prints what it is told. */
function hostThatPrints(output: { stdout?: object; stderr?: string; exitCode?: number }): Host {
  const { stdout = {}, stderr = '', exitCode = 0 } = output;
  return {
    files: {
      stat: async () => ({ kind: 'file', sizeBytes: 1000, modifiedAtMs: 0, fileId: '1:1' }),
      readHead: async () => new Uint8Array(),
    },
    exec: async (
      _command: unknown,
      options: { onStdoutLine?(line: string): void; onStderrLine?(line: string): void },
    ) => {
      options.onStdoutLine?.(JSON.stringify(stdout));
      if (stderr !== '') options.onStderrLine?.(stderr);
      return { done: Promise.resolve({ exitCode, signal: null }) };
    },
  } as unknown as Host;
}

async function videoOf(stream: object, format: object = {}) {
  const stdout = {
    streams: [
      {
        index: 0,
        codec_type: 'video',
        codec_name: 'h264',
        width: 640,
        height: 360,
        field_order: 'progressive',
        ...stream,
      },
    ],
    format: { format_name: 'mov,mp4,m4a,3gp,3g2,mj2', ...format },
  };
  const info = await inspectSource(hostThatPrints({ stdout }), 'ffprobe', '/film.mp4');
  const [film] = streamsOf(info, 'video');
  if (!film) throw new Error('no video');
  return film;
}

async function problemOf(host: Host) {
  const error = await inspectSource(host, 'ffprobe', '/film.mp4').catch((thrown: unknown) => thrown);
  if (!(error instanceof ProblemError)) throw new Error('it was read');
  return error.problem;
}

describe('rotation', () => {
  const matrix = (rotation: number) => ({ side_data_list: [{ side_data_type: 'Display Matrix', rotation }] });

  it.each([
    [-90, 90],
    [90, 270],
    [180, 180],
    [-180, 180],
    [0, 0],
    [-89.6, 90],
    [45, 0],
  ])('ffprobe counts %d degrees counter-clockwise, a player turns %d clockwise', async (told, turned) => {
    expect((await videoOf(matrix(told))).rotationDegrees).toBe(turned);
  });

  it('is read from an old tag where there is no matrix', async () => {
    expect(await videoOf({ tags: { rotate: '270' } })).toMatchObject({
      rotationDegrees: 270,
      rotationFrom: 'tag',
    });
    expect(await videoOf({ tags: { rotate: '270' }, ...matrix(-90) })).toMatchObject({
      rotationDegrees: 90,
      rotationFrom: 'matrix',
    });
  });
});

describe('frame rate', () => {
  it.each([
    ['even', '30000/1001', '30000/1001', { num: 30000, den: 1001 }, false],
    ['even, with timestamps in milliseconds', '19001/634', '30000/1001', { num: 30000, den: 1001 }, false],
    ['uneven', '75000/1999', '60/1', { num: 75000, den: 1999 }, true],
    ['uneven, of a screen recording', '14/1', '1000/1', { num: 14, den: 1 }, true],
    ['not told', '0/0', '0/0', null, false],
    ['uneven, with the clock as the only step', '0/0', '1000/1', null, true],
    ['uneven, with a step that nothing vouches for', '0/0', '57/1', null, true],
    ['uneven, with the clock as average too', '1000/1', '1000/1', null, true],
  ])('%s', async (_, avg_frame_rate, r_frame_rate, frameRate, isVariableFrameRate) => {
    expect(await videoOf({ avg_frame_rate, r_frame_rate })).toMatchObject({ frameRate, isVariableFrameRate });
  });

  it('of fields counts as even when it is twice that of frames', async () => {
    const rates = { avg_frame_rate: '25/1', r_frame_rate: '50/1' };
    expect(await videoOf({ ...rates, field_order: 'tt' })).toMatchObject({
      frameRate: { num: 25, den: 1 },
      isVariableFrameRate: false,
      fieldOrder: 'top-first',
    });
    expect((await videoOf(rates)).isVariableFrameRate).toBe(true);
  });
});

describe('bit depth', () => {
  it.each([
    ['yuv420p', 8],
    ['yuv420p10le', 10],
    ['yuv422p12be', 12],
    ['p010le', 10],
    ['nv12', 8],
    ['nv21', 8],
    ['gbrp10le', 10],
    ['gray16le', 16],
    ['rgb48le', 16],
    ['rgba', 8],
    ['pal8', 8],
    ['yuvj420p', 8],
  ])('of %s is %d', async (pix_fmt, bitDepth) => {
    expect((await videoOf({ pix_fmt })).bitDepth).toBe(bitDepth);
  });
});

describe('HDR10 metadata', () => {
  it('is read from the stream in the units that encoders take', async () => {
    const film = await videoOf({
      color_transfer: 'smpte2084',
      side_data_list: [
        {
          side_data_type: 'Mastering display metadata',
          ...{ red_x: '34000/50000', red_y: '16000/50000', green_x: '13250/50000', green_y: '34500/50000' },
          ...{
            blue_x: '7500/50000',
            blue_y: '3000/50000',
            white_point_x: '15635/50000',
            white_point_y: '16450/50000',
          },
          ...{ min_luminance: '50/10000', max_luminance: '10000000/10000' },
        },
        { side_data_type: 'Content light level metadata', max_content: 1000, max_average: 400 },
      ],
    });
    expect(film).toMatchObject({
      dynamicRange: 'hdr10',
      masteringDisplay: HDR10_VIDEO.masteringDisplay,
      contentLight: { maxCll: 1000, maxFall: 400 },
    });
  });
});

describe('duration', () => {
  it('leaves out the time before the first frame', async () => {
    const film = (start_time: string) =>
      videoOf(
        { duration: undefined, tags: { DURATION: '00:00:08.000000000' } },
        {
          format_name: 'matroska,webm',
          start_time,
          duration: '8.0',
        },
      );
    expect((await film('7.0')).durationMs).toBe(1000);
    expect((await film('0.0')).durationMs).toBe(8000);
  });

  it('of a bare stream is not known, whatever ffprobe guesses', async () => {
    expect(
      (await videoOf({ duration: '3.0' }, { format_name: 'mpegvideo', duration: '3.0' })).durationMs,
    ).toBeNull();
  });
});

describe('what cannot be read', () => {
  const read = (stderr: string, head: string) => explainUnreadable(stderr, head).problem;
  const MP4 = '\0\0\0\x20ftypisom';

  it.each([
    ['/a.mp4: No such file or directory', '', 'source-not-found', 'not there'],
    ['/a.mp4: Permission denied', '', 'source-not-readable', 'may not be read'],
    ['/a.mp4: Input/output error', MP4, 'source-not-readable', 'drive'],
    ['[mov,mp4,m4a @ 0x1] moov atom not found', MP4, 'source-corrupt', 'incomplete'],
    ['[mov,mp4,m4a @ 0x1] moov atom not found', '\x01\x02\x03', 'source-unsupported', 'not a video'],
    ['/a.avi: Invalid data found', 'RIFF\0\0\0\0AVI ', 'source-corrupt', 'damaged'],
    ["[png_pipe @ 0x1] Format not on whitelist 'mov'", '\x89PNG', 'source-unsupported', 'still picture'],
    ["[hls @ 0x1] Format not on whitelist 'mov'", '#EXTM3U', 'source-unsupported', 'playlist'],
    ["[srt @ 0x1] Format not on whitelist 'mov'", '1\n00:', 'source-unsupported', 'subtitles'],
    ["[tty @ 0x1] Format not on whitelist 'mov'", 'Hello', 'source-unsupported', 'text file'],
    ["[rawvideo @ 0x1] Format not on whitelist 'mov'", '\0\x01', 'source-unsupported', 'rawvideo'],
    ['/a.heic: moov atom not found', '\0\0\0\x18ftypheic', 'source-unsupported', 'still picture'],
    ['/a.pdf: Invalid data found', '%PDF-1.4', 'source-unsupported', 'PDF'],
    ['/a.zip: Invalid data found', 'PK\x03\x04', 'source-unsupported', 'archive'],
    ['/a.html: Invalid data found', '<!doctype html>', 'source-unsupported', 'web page'],
    ['/a.exe: Invalid data found', 'MZ\x90', 'source-unsupported', 'program'],
    ['/a.mpd: Invalid data found', '<?xml version="1.0"?>\n<MPD>', 'source-unsupported', 'playlist'],
    ['/a.bin: Invalid data found', '\0\x01\x02', 'source-unsupported', 'not a video'],
  ])('%s (%j) is %s: %s', (stderr, head, code, words) => {
    const found = read(stderr, head);
    expect(found.code).toBe(code);
    expect(found.message).toContain(words);
    expect(found.nextStep).not.toBe('');
  });

  it("keeps ffprobe's words without the long list of what is allowed", () => {
    expect(read("[png_pipe @ 0x1] Format not on whitelist 'mov,matroska'", '').detail).toBe(
      '[png_pipe @ 0x1] Format not on whitelist',
    );
  });

  it('names an ffprobe that answers nonsense', async () => {
    expect((await problemOf(hostThatPrints({ stderr: "Unrecognized option 'of'.", exitCode: 1 }))).code).toBe(
      'ffmpeg-broken',
    );
  });

  it('is tried once more without character conversion when ffprobe crashes', async () => {
    const environments: unknown[] = [];
    const stdout = { streams: [{ index: 0, codec_type: 'video', width: 640, height: 360 }], format: {} };
    const good = hostThatPrints({ stdout });
    const host = {
      ...good,
      exec: async (command: Command, options: ExecOptions) => {
        environments.push(command.env);
        if (environments.length > 1) return good.exec(command, options);
        return { done: Promise.resolve({ exitCode: null, signal: 'SIGSEGV' }) };
      },
    } as unknown as Host;
    expect((await inspectSource(host, 'ffprobe', '/film.ts')).streams).toHaveLength(1);
    expect(environments).toEqual([{}, { GCONV_PATH: '' }]);
  });

  it('names a file without streams, and one whose video tells no size', async () => {
    expect((await problemOf(hostThatPrints({ stdout: { streams: [], format: {} } }))).code).toBe(
      'source-no-streams',
    );
    const stdout = {
      streams: [{ index: 0, codec_type: 'video', codec_name: 'h264', width: 0, height: 0 }],
      format: {},
    };
    expect((await problemOf(hostThatPrints({ stdout }))).code).toBe('source-corrupt');
  });

  it('names copy protection', async () => {
    const stdout = {
      streams: [
        {
          index: 0,
          codec_type: 'video',
          codec_name: 'h264',
          codec_tag_string: 'encv',
          width: 640,
          height: 360,
        },
      ],
      format: {},
    };
    expect((await problemOf(hostThatPrints({ stdout }))).message).toContain('copy-protected');
  });
});

describe('the summary', () => {
  it('is the picture as shown, and what goes with it', () => {
    expect(summarizeSource(source([video(), audio(1), audio(2)]))).toBe('1920×1080 h264, 2 audio');
    expect(summarizeSource(source([video({ ...HDR10_VIDEO, rotationDegrees: 90 }), subtitle(1)]))).toBe(
      '1080×1920 hevc HDR10, 1 subtitle',
    );
    expect(summarizeSource(source([audio(0)]))).toBe('aac audio only');
  });
});

describe('a source that can be read', () => {
  const cover = {
    kind: 'cover-art',
    index: 1,
    codec: 'png',
    language: null,
    title: null,
    isDefault: false,
    isForced: false,
  } as const;

  it.each([
    ['a film', source([video(), audio(1)]), null],
    ['sound', source([audio(0)]), 'The file holds sound only, no video.'],
    [
      'sound with a cover',
      source([audio(0), cover]),
      'The file holds sound and a cover picture, but no video.',
    ],
    [
      'a film of no frames',
      source([video({ frameCount: 0 })]),
      'The video track of the file holds no frames.',
    ],
    ['a single frame in a film format', source([video({ frameCount: 1 })]), null],
    [
      'a single frame in an animation format',
      source([video({ frameCount: 1 })], { container: 'gif' }),
      'The file is a still picture, not a video.',
    ],
    ['an animation', source([video({ frameCount: null })], { container: 'gif' }), null],
    [
      'a picture in a film format',
      source([video()], { tags: { major_brand: 'avif' } }),
      'The file is a still picture, not a video.',
    ],
  ])('%s', (_, info, message) => {
    expect(whyNotEncodable(info)?.message ?? null).toBe(message);
  });
});
