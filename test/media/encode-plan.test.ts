import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../src/common/problem.ts';
import { planEncode } from '../../src/engine/media/encode-plan.ts';
import type { EncodeRequest, EncodeTarget } from '../../src/engine/media/encode-request.ts';
import type { NvencFeature } from '../../src/engine/media/nvenc-capabilities.ts';
import {
  audio,
  cpu,
  HDR10_VIDEO,
  MODERN_BUILD,
  nvenc,
  OLD_BUILD,
  optionValue,
  request,
  subtitle,
  video,
} from './plan-request.ts';

function encodeArgs(wanted: EncodeRequest): readonly string[] {
  return planEncode(wanted).encode.args;
}

function codeOf(wanted: EncodeRequest): string {
  try {
    planEncode(wanted);
  } catch (error) {
    if (error instanceof ProblemError) return error.problem.code;
    throw error;
  }
  return 'planned';
}

describe('the command', () => {
  it('reads as one knows it from ffmpeg: globals, input, streams, output', () => {
    const args = [...encodeArgs(request('h264-720p', [video(), audio(1)]))];
    args.splice(args.indexOf('-format_whitelist') + 1, 1, '…');
    expect(args.join(' ')).toBe(
      [
        '-hide_banner -nostdin -y -v level+warning -nostats -progress pipe:1 -stats_period 0.5',
        '-protocol_whitelist file -format_whitelist … -probesize 32M -analyzeduration 15M',
        '-i file:/films/a film.mkv',
        '-map 0:0 -filter:v:0 scale=1280:720:flags=lanczos,setsar=1,format=yuv420p',
        '-c:v:0 libx264 -preset:v:0 medium -crf:v:0 23 -color_range:v:0 tv',
        '-fps_mode:v:0 vfr -enc_time_base:v:0 1/100',
        '-map 0:1 -c:a:0 copy',
        '-map_metadata:g 0:g -map_chapters -1',
        '-movflags +faststart -max_muxing_queue_size 9999 -f mp4 file:/out/a film.mp4.partial',
      ].join(' '),
    );
  });

  it('is the same for the same request', () => {
    const wanted = request('hevc', [video(), audio(1), subtitle(2)], { target: cpu('libx265') });
    expect(planEncode(wanted)).toEqual(planEncode(wanted));
  });

  it('names every stream that it maps and every one that it does not', () => {
    const streams = [
      video(),
      audio(1, { codec: 'vorbis' }),
      subtitle(2, { codec: 'hdmv_pgs_subtitle', isText: false }),
      subtitle(3),
      video({ index: 4 }),
    ];
    const plan = planEncode(request('h264', streams));
    const mapped = plan.encode.args.flatMap((arg, i, args) => (args[i - 1] === '-map' ? [arg] : []));
    const dropped = plan.notes.filter((note) => note.action === 'dropped').map((note) => note.streamIndex);
    expect(mapped).toEqual(['0:0', '0:1', '0:3']);
    expect(dropped.sort()).toEqual([2, 4]);
    expect(plan.expected).toMatchObject({ audioStreams: 1, subtitleStreams: 1 });
  });

  it('uses the words that an old build knows', () => {
    const args = encodeArgs(request('h264', [video()], { build: OLD_BUILD }));
    expect(optionValue(args, '-vsync')).toBe('vfr');
    expect(args).not.toContain('-fps_mode:v:0');
    expect(args).not.toContain('-stats_period');
  });

  it('takes a dated snapshot for what its date says', () => {
    const build = { ...OLD_BUILD, version: 'N-113000-gabcdef0-20240407' };
    expect(encodeArgs(request('h264', [video()], { build }))).toContain('-fps_mode:v:0');
  });
});

describe('x264, x265 and SVT-AV1', () => {
  it('get the effort in their own words', () => {
    const preset = (encoder: 'libx264' | 'libx265' | 'libsvtav1', id: string) =>
      optionValue(
        encodeArgs(request(id, [video()], { target: cpu(encoder), set: { 'video.effort': 'slow' } })),
        '-preset:v:0',
      );
    expect(preset('libx264', 'h264')).toBe('slow');
    expect(preset('libx265', 'hevc')).toBe('slow');
    expect(preset('libsvtav1', 'av1')).toBe('6');
  });

  it('get a quality that looks alike, AV1 on its longer scale', () => {
    const crf = (quality: number) =>
      optionValue(
        encodeArgs(
          request('av1', [video()], { target: cpu('libsvtav1'), set: { 'video.rate.quality': quality } }),
        ),
        '-crf:v:0',
      );
    expect([0, 18, 23, 28, 51].map(crf)).toEqual(['1', '23', '30', '37', '63']);
  });

  it('take two passes for a bit rate, with the same picture and statistics in both', () => {
    const plan = planEncode(request('h264', [video(), audio(1)], { set: { 'video.rate.bitRateBps': '2M' } }));
    const first = plan.prepare?.args ?? [];
    expect([optionValue(first, '-pass:v:0'), optionValue(plan.encode.args, '-pass:v:0')]).toEqual(['1', '2']);
    expect(optionValue(first, '-passlogfile:v:0')).toBe('/tmp/job-1/pass');
    expect(optionValue(first, '-filter:v:0')).toBe(optionValue(plan.encode.args, '-filter:v:0'));
    expect(first.slice(-3)).toEqual(['-f', 'null', '-']);
    expect(first).not.toContain('0:1');
    expect(optionValue(plan.encode.args, '-b:v:0')).toBe('2000000');
    expect(optionValue(plan.encode.args, '-maxrate:v:0')).toBe('4000000');
    expect(plan.encode.args).not.toContain('-crf:v:0');
  });

  it('take one pass where the preset says so, and AV1 always', () => {
    const set = { 'video.rate.bitRateBps': 500_000, 'video.rate.twoPass': false };
    expect(planEncode(request('h264', [video()], { set })).prepare).toBeNull();
    const av1 = request('av1', [video()], {
      target: cpu('libsvtav1'),
      set: { 'video.rate.bitRateBps': 500_000 },
    });
    expect(planEncode(av1).prepare).toBeNull();
  });

  it('x265 learns where its statistics go, whatever the path holds', () => {
    const wanted = request('hevc', [video()], {
      target: cpu('libx265'),
      set: { 'video.rate.bitRateBps': 500_000 },
    });
    const plan = planEncode({ ...wanted, statsPath: "C:\\it's here\\pass" });
    expect(optionValue(plan.prepare?.args ?? [], '-x265-params:v:0')).toBe(
      "log-level=error:pass=1:stats=C\\:\\\\it\\'s\\ here\\\\pass",
    );
  });

  it('x265 and SVT-AV1 carry HDR10 metadata in their own units', () => {
    const hevc = encodeArgs(request('hevc-10bit', [video(HDR10_VIDEO)], { target: cpu('libx265') }));
    expect(optionValue(hevc, '-x265-params:v:0')).toBe(
      'log-level=error:hdr10=1:hdr10-opt=1:repeat-headers=1:' +
        'master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400',
    );
    expect(optionValue(hevc, '-color_trc:v:0')).toBe('smpte2084');
    const av1 = encodeArgs(request('av1', [video(HDR10_VIDEO)], { target: cpu('libsvtav1') }));
    expect(optionValue(av1, '-svtav1-params:v:0')).toBe(
      'mastering-display=G(0.265,0.69)B(0.15,0.06)R(0.68,0.32)WP(0.3127,0.329)L(1000,0.005):content-light=1000,400',
    );
  });

  it('learn the true rate of uneven timing, which decides the level that players need', () => {
    const uneven = video({ isVariableFrameRate: true, frameRate: { num: 75, den: 2 } });
    const args = encodeArgs(request('h264', [uneven]));
    expect(optionValue(args, '-x264-params:v:0')).toBe('fps=75/2');
    expect(optionValue(args, '-enc_time_base:v:0')).toBe('1/90000');
  });

  it('make no B-frames of frames that may be seconds apart', () => {
    const sparse = [video({ isVariableFrameRate: true, frameRate: null })];
    expect(optionValue(encodeArgs(request('h264', sparse)), '-bf:v:0')).toBe('0');
    expect(optionValue(encodeArgs(request('hevc', sparse, { target: cpu('libx265') })), '-bf:v:0')).toBe('0');
    expect(encodeArgs(request('h264', [video()]))).not.toContain('-bf:v:0');
    const av1 = encodeArgs(request('av1', sparse, { target: cpu('libsvtav1') }));
    expect(av1).not.toContain('-bf:v:0');
    expect(optionValue(av1, '-svtav1-params:v:0')).toBe('fps-num=30:fps-denom=1');
  });

  it('HEVC in MP4 has the tag that Apple players know, in MKV it needs none', () => {
    const target = cpu('libx265');
    expect(optionValue(encodeArgs(request('hevc', [video()], { target })), '-tag:v:0')).toBe('hvc1');
    const mkv = encodeArgs(request('hevc', [video()], { target, set: { container: 'mkv' } }));
    expect(mkv).not.toContain('-tag:v:0');
    expect(mkv).not.toContain('-movflags');
  });
});

describe('NVENC', () => {
  const between = (args: readonly string[], from: string, to: string) =>
    args.slice(args.indexOf(from), args.indexOf(to)).join(' ');

  it('gets VBR with CQ 23, B-frames as references, High profile for H.264', () => {
    const args = encodeArgs(request('h264', [video()], { target: nvenc('h264_nvenc') }));
    expect(between(args, '-c:v:0', '-color_range:v:0')).toBe(
      '-c:v:0 h264_nvenc -gpu:v:0 0 -preset:v:0 p6 -tune:v:0 hq -rc:v:0 vbr -cq:v:0 23 -b:v:0 0 ' +
        '-bf:v:0 3 -b_ref_mode:v:0 middle -profile:v:0 high',
    );
  });

  it('gets Main10, tier High and P010 for 10-bit HEVC', () => {
    const args = encodeArgs(request('hevc-10bit', [video()], { target: nvenc('hevc_nvenc') }));
    expect(between(args, '-c:v:0', '-color_range:v:0')).toBe(
      '-c:v:0 hevc_nvenc -gpu:v:0 0 -preset:v:0 p6 -tune:v:0 hq -rc:v:0 vbr -cq:v:0 23 -b:v:0 0 ' +
        '-bf:v:0 4 -b_ref_mode:v:0 middle -profile:v:0 main10 -tier:v:0 high',
    );
    expect(optionValue(args, '-filter:v:0')).toBe('format=p010le,settb=1/100');
  });

  it('gets no B-frames on a GPU that has none', () => {
    const target = nvenc('hevc_nvenc', { bFrames: false });
    const args = encodeArgs(request('hevc', [video()], { target }));
    expect(optionValue(args, '-bf:v:0')).toBe('0');
    expect(args).not.toContain('-b_ref_mode:v:0');
  });

  it('gets p5, p6 and p7 for fast, medium and slow', () => {
    const preset = (effort: string) =>
      optionValue(
        encodeArgs(
          request('h264', [video()], { target: nvenc('h264_nvenc'), set: { 'video.effort': effort } }),
        ),
        '-preset:v:0',
      );
    expect(['fast', 'medium', 'slow'].map(preset)).toEqual(['p5', 'p6', 'p7']);
  });

  it('has its B-frames timed anew, on a clock that MP4 keeps; without B-frames there is nothing to mend', () => {
    const timing = (changes: Parameters<typeof video>[0], target: EncodeTarget, set = {}) => {
      const args = encodeArgs(
        request(target.encoder === 'hevc_nvenc' ? 'hevc' : 'h264', [video(changes)], { target, set }),
      );
      return [optionValue(args, '-enc_time_base:v:0'), optionValue(args, '-bsf:v:0')];
    };
    const ntsc = { frameRate: { num: 30_000, den: 1001 } };
    expect(timing(ntsc, nvenc('h264_nvenc'))).toEqual([
      '1/30000',
      "setts=pts=PTS:dts='if(gt((STARTPTS-STARTDTS)*TB,0.001),DTS,(st(9,ld(mod(N,3)));" +
        "st(mod(N,3),DTS-STARTDTS+STARTPTS);if(lt(N,3),STARTPTS-(3-N)*1001/30000/TB,ld(9))))'",
    ]);
    expect(timing({}, nvenc('hevc_nvenc'))[0]).toBe('1/12800');
    expect(timing({}, nvenc('hevc_nvenc'))[1]).toContain('mod(N,4)');
    expect(timing({ isVariableFrameRate: true }, nvenc('h264_nvenc'))[0]).toBe('1/90000');
    expect(timing(ntsc, nvenc('h264_nvenc'), { 'video.maxFrameRate': 24 })[1]).toContain('*1/24/TB');
    expect(timing(ntsc, nvenc('h264_nvenc', { bFrames: false }))).toEqual(['1001/120000', undefined]);
    expect(timing(ntsc, cpu('libx264'))).toEqual(['1001/120000', undefined]);
    const av1 = encodeArgs(request('av1', [video()], { target: nvenc('av1_nvenc') }));
    expect(av1).not.toContain('-bsf:v:0');
  });

  it('does without what the GPU refused before', () => {
    const bFrames = (...features: NvencFeature[]) => {
      const args = encodeArgs(
        request('hevc', [video()], { target: nvenc('hevc_nvenc'), avoid: { features } }),
      );
      return between(args, '-bf:v:0', '-profile:v:0');
    };
    expect(bFrames()).toBe('-bf:v:0 4 -b_ref_mode:v:0 middle');
    expect(bFrames('b-frame-references')).toBe('-bf:v:0 4 -b_ref_mode:v:0 disabled');
    expect(bFrames('b-frames')).toBe('-bf:v:0 0');
    expect(bFrames('b-frame-references', 'b-frames')).toBe('-bf:v:0 0');
  });

  it('gets a bit rate in one pass', () => {
    const wanted = request('h264', [video()], {
      target: nvenc('h264_nvenc'),
      set: { 'video.rate.bitRateBps': '4M' },
    });
    const plan = planEncode(wanted);
    expect(plan.prepare).toBeNull();
    expect(optionValue(plan.encode.args, '-b:v:0')).toBe('4000000');
    expect(plan.encode.args).not.toContain('-cq:v:0');
  });

  it('sees the one GPU that the task got, by UUID', () => {
    expect(planEncode(request('h264', [video()], { target: nvenc('h264_nvenc') })).encode.env).toEqual({
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: 'GPU-5b6a2c1e-0000-0000-0000-000000000000',
    });
  });

  it('is refused what it cannot do before it starts', () => {
    const tenBit = request('hevc-10bit', [video()], { target: nvenc('hevc_nvenc', { tenBit: false }) });
    expect(codeOf(tenBit)).toBe('capability-missing');
    const wide = request('h264', [video({ width: 7680, height: 4320 })], { target: nvenc('h264_nvenc') });
    expect(codeOf(wide)).toBe('capability-missing');
    const hevc = request('hevc', [video({ width: 7680, height: 4320 })], { target: nvenc('hevc_nvenc') });
    expect(codeOf(hevc)).toBe('planned');
  });

  it('cannot write mastering metadata, and the result says so', () => {
    const plan = planEncode(request('hevc-10bit', [video(HDR10_VIDEO)], { target: nvenc('hevc_nvenc') }));
    expect(plan.notes.map((note) => note.reason)).toEqual([expect.stringContaining('mastering metadata')]);
  });
});

describe('a preset of the encoder itself', () => {
  it('stands in for the effort, on a GPU and on the CPU, and changes nothing else', () => {
    const withPreset = (target: EncodeTarget, preset: string, encoderPreset?: string) =>
      encodeArgs(
        request(preset, [video()], { target, ...(encoderPreset === undefined ? {} : { encoderPreset }) }),
      );
    for (const [target, preset, name] of [
      [nvenc('h264_nvenc'), 'h264', 'p1'],
      [cpu('libx264'), 'h264', 'veryfast'],
      [cpu('libsvtav1'), 'av1', '13'],
    ] as const) {
      const args = [...withPreset(target, preset, name)];
      expect(optionValue(args, '-preset:v:0')).toBe(name);
      args[args.indexOf('-preset:v:0') + 1] = optionValue(withPreset(target, preset), '-preset:v:0') ?? '';
      expect(args).toEqual(withPreset(target, preset));
    }
  });
});

describe('what cannot be planned', () => {
  it('names a source without video', () => {
    expect(codeOf(request('h264', [audio(0)]))).toBe('source-no-video');
  });

  it('names an encoder that the build lacks', () => {
    expect(codeOf(request('h264', [video()], { build: { ...MODERN_BUILD, encoders: ['aac'] } }))).toBe(
      'encoder-missing',
    );
    const noOpus = { ...MODERN_BUILD, encoders: ['libx264', 'aac'] };
    expect(
      codeOf(request('h264', [video(), audio(1)], { build: noOpus, set: { 'audio.mode': 'opus' } })),
    ).toBe('encoder-missing');
  });

  it('names a filter that nothing can stand in for', () => {
    const build = { ...MODERN_BUILD, filters: ['scale', 'tonemap'] };
    expect(codeOf(request('h264', [video(HDR10_VIDEO)], { build }))).toBe('filter-graph-failed');
  });
});

describe('the picture', () => {
  const filters = (changes: Parameters<typeof video>[0], set = {}, build = MODERN_BUILD) =>
    optionValue(encodeArgs(request('h264', [video(changes)], { set, build })), '-filter:v:0');

  it('is deinterlaced when the source says so, in its field order, and by the better filter', () => {
    expect(filters({ fieldOrder: 'bottom-first' })).toBe(
      'bwdif=mode=send_frame:parity=bff:deint=all,format=yuv420p',
    );
    expect(filters({ fieldOrder: 'top-first' }, {}, { ...MODERN_BUILD, filters: ['yadif'] })).toMatch(
      /^yadif=.*parity=tff/,
    );
    expect(filters({ fieldOrder: 'top-first' }, { 'video.deinterlace': 'never' })).toBe('format=yuv420p');
    expect(filters({ fieldOrder: 'progressive' }, { 'video.deinterlace': 'always' })).toMatch(/^bwdif=/);
    expect(filters({ fieldOrder: 'unknown' })).toBe('format=yuv420p');
  });

  it('loses frames only above the limit', () => {
    expect(filters({ frameRate: { num: 60, den: 1 } }, { 'video.maxFrameRate': 30 })).toContain('fps=30');
    expect(filters({ frameRate: { num: 30, den: 1 } }, { 'video.maxFrameRate': 30 })).toBe('format=yuv420p');
    expect(filters({ frameRate: null }, { 'video.maxFrameRate': 30 })).toContain('fps=30');
  });

  it('keeps the colours that an untagged HD source means when it becomes SD', () => {
    const args = encodeArgs(request('preview-480p', [video()]));
    expect(optionValue(args, '-colorspace:v:0')).toBe('bt709');
    expect(encodeArgs(request('h264', [video()]))).not.toContain('-colorspace:v:0');
  });
});

describe('sound and subtitles', () => {
  it('of 8 kHz MP3 are converted, since MP4 does not hold it', () => {
    const plan = planEncode(request('h264', [video(), audio(1, { codec: 'mp3', sampleRateHz: 8000 })]));
    expect(optionValue(plan.encode.args, '-c:a:0')).toBe('aac');
    expect(optionValue(plan.encode.args, '-ar:a:0')).toBe('8000');
  });

  it('above 48 kHz come down to it', () => {
    const plan = planEncode(request('h264', [video(), audio(1, { codec: 'flac', sampleRateHz: 192_000 })]));
    expect(optionValue(plan.encode.args, '-ar:a:0')).toBe('48000');
  });

  it('get their bit rate by the channel', () => {
    const surround = audio(1, { codec: 'dts', channels: 6, channelLayout: '5.1(side)' });
    const plan = planEncode(request('h264', [video(), surround]));
    expect(optionValue(plan.encode.args, '-b:a:0')).toBe('480000');
    expect(optionValue(plan.encode.args, '-filter:a:0')).toBe('aformat=channel_layouts=5.1');
  });

  it('are left out where the preset asks, each by name', () => {
    const set = { 'audio.mode': 'none', subtitles: 'none', chapters: false, metadata: false };
    const plan = planEncode(
      request('h264', [video(), audio(1), subtitle(2)], {
        set,
        source: { chapters: [{ startMs: 0, endMs: 1000, title: 'One' }], tags: { title: 'A Film' } },
      }),
    );
    expect(plan.notes.map((note) => note.kind)).toEqual(['audio', 'subtitle', 'chapters', 'metadata']);
    expect(plan.expected).toMatchObject({ audioStreams: 0, subtitleStreams: 0 });
    expect(optionValue(plan.encode.args, '-map_metadata:g')).toBe('-1');
  });
});
