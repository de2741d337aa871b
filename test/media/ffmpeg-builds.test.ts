import { describe, expect, it } from 'vitest';
import type { FfmpegBuild } from '../../src/common/device.ts';
import {
  chooseBuild,
  chooseFfprobe,
  parseEncoders,
  parseFilters,
  parseVersion,
} from '../../src/engine/media/ffmpeg-builds.ts';
import { siblingFfprobe } from '../../src/engine/media/ffmpeg-candidates.ts';

/** The first lines of `-version`, as real builds print them. */
function versionText(version: string, libavcodec: string): string {
  return [
    `ffmpeg version ${version} Copyright (c) 2000-2024 the FFmpeg developers`,
    'built with gcc 12 (Debian 12.2.0-14+deb12u1)',
    'configuration: --prefix=/usr --enable-gpl --enable-libx264',
    'libavutil      57. 28.100 / 57. 28.100',
    `libavcodec     ${libavcodec} / ${libavcodec}`,
  ].join('\n');
}

describe('parseVersion', () => {
  it.each<[string, string, number | null, boolean]>([
    ['5.1.9-0+deb12u1', '59. 37.100', 5, true],
    ['n7.0-7-gd38bf5e08e-20240407', '61.  3.100', 7, true],
    ['4.4.2-0ubuntu0.22.04.1', '58.134.100', 4, true],
    ['4.2.7-0ubuntu0.1', '58. 54.100', 4, false],
    ['N-47683-g0e8eb07980-static', '58. 42.104', null, false],
    ['2023-05-04-git-4006c71d19-full_build-www.gyan.dev', '60. 11.100', null, true],
    ['8.0', '62. 11.100', 8, true],
  ])('%s', (version, libavcodec, majorVersion, isModern) => {
    const parsed = parseVersion(versionText(version, libavcodec));
    expect(parsed).toMatchObject({ version, majorVersion, isModern });
    expect(parsed?.configuration).toBe('--prefix=/usr --enable-gpl --enable-libx264');
  });

  it('reads ffprobe as well, and nothing else', () => {
    expect(parseVersion('ffprobe version 5.1 Copyright (c)')?.version).toBe('5.1');
    expect(parseVersion('HandBrake 1.6.1\n')).toBeNull();
    expect(parseVersion('')).toBeNull();
  });
});

it('parseEncoders reads names and passes over the legend', () => {
  const text = [
    'Encoders:',
    ' V..... = Video',
    ' A..... = Audio',
    ' ...X.. = Codec is experimental',
    ' ------',
    ' V....D libx264              libx264 H.264 / AVC (codec h264)',
    ' VF..BD png                  PNG (Portable Network Graphics) image',
    ' A..X.D opus                 Opus',
    ' S..... srt                  SubRip subtitle (codec subrip)',
  ].join('\n');
  expect(parseEncoders(text)).toEqual(['libx264', 'png', 'opus', 'srt']);
});

it('parseFilters reads names of all shapes, with three flags or the two of FFmpeg 8', () => {
  const text = [
    'Filters:',
    '  T.. = Timeline support',
    '  A = Audio input/output',
    ' ... abench            A->A       Benchmark part of a filtergraph.',
    ' TSC scale             V->V       Scale the input video size.',
    ' ..C zscale            V->V       Apply resizing, colorspace and bit depth conversion.',
    ' ... testsrc2          |->V       Generate another test pattern.',
    ' ... libvmaf           VV->V      Calculate the VMAF between two video streams.',
    ' ... amovie            |->N       Read audio from a movie source.',
    ' TS bwdif             V->V       Deinterlace the input image.',
  ].join('\n');
  expect(parseFilters(text)).toEqual(['abench', 'scale', 'zscale', 'testsrc2', 'libvmaf', 'amovie', 'bwdif']);
});

it('siblingFfprobe stays in the folder and keeps the ending', () => {
  expect(siblingFfprobe('/usr/bin/ffmpeg')).toBe('/usr/bin/ffprobe');
  expect(siblingFfprobe('C:\\Tools\\ffmpeg\\bin\\ffmpeg.exe')).toBe('C:\\Tools\\ffmpeg\\bin\\ffprobe.exe');
  expect(siblingFfprobe('/opt/my-encoder')).toBeNull();
});

describe('choosing', () => {
  const base: FfmpegBuild = {
    id: 'a',
    ffmpegPath: '/a',
    ffprobePath: null,
    version: '5.1',
    majorVersion: 5,
    origin: 'path',
    encoders: ['libx264', 'h264_nvenc'],
    filters: ['scale'],
    problem: null,
  };
  const broken: FfmpegBuild = {
    ...base,
    id: 'broken',
    problem: { code: 'ffmpeg-broken', message: 'It is broken.', nextStep: 'Repair it.' },
  };
  const full: FfmpegBuild = {
    ...base,
    id: 'full',
    ffprobePath: '/full/ffprobe',
    encoders: ['libx264', 'av1_nvenc'],
    filters: ['scale', 'libvmaf'],
  };

  it('takes the first build that runs and has what is needed', () => {
    const builds = [broken, base, full];
    expect(chooseBuild(builds, {})?.id).toBe('a');
    expect(chooseBuild(builds, { encoder: 'libx264' })?.id).toBe('a');
    expect(chooseBuild(builds, { encoder: 'av1_nvenc' })?.id).toBe('full');
    expect(chooseBuild(builds, { filters: ['scale', 'libvmaf'] })?.id).toBe('full');
    expect(chooseBuild(builds, { encoder: 'h264_nvenc', filters: ['libvmaf'] })).toBeNull();
    expect(chooseBuild([broken], {})).toBeNull();
  });

  it('takes the ffprobe of the first build that has one', () => {
    expect(chooseFfprobe([base, full])).toBe('/full/ffprobe');
    expect(chooseFfprobe([base])).toBeNull();
  });
});
