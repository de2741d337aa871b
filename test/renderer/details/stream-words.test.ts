import { describe, expect, it } from 'vitest';
import type { SourceInfo, VideoStream } from '../../../src/common/source.ts';
import { shellLine } from '../../../src/renderer/details/shell-line.ts';
import { sourceLine, streamLine } from '../../../src/renderer/details/stream-words.ts';

const base = { index: 0, language: null, title: null, isDefault: true, isForced: false };
const video: VideoStream = {
  ...base,
  kind: 'video',
  codec: 'h264',
  profile: null,
  width: 1920,
  height: 1080,
  rotationDegrees: 0,
  sampleAspectRatio: { num: 1, den: 1 },
  pixelFormat: 'yuv420p',
  bitDepth: 8,
  frameRate: { num: 25, den: 1 },
  isVariableFrameRate: false,
  fieldOrder: 'progressive',
  colorRange: null,
  colorSpace: null,
  colorTransfer: null,
  colorPrimaries: null,
  dynamicRange: 'sdr',
  masteringDisplay: null,
  contentLight: null,
  frameCount: null,
  bitRateBps: null,
  durationMs: null,
};

describe('a stream in one line', () => {
  it('says only what is not ordinary', () => {
    expect(streamLine(video)).toBe('1920×1080 · h264 · 25 fps');
  });

  it('says everything that is out of the ordinary', () => {
    const odd: VideoStream = {
      ...video,
      codec: 'hevc',
      bitDepth: 10,
      dynamicRange: 'hdr10',
      isVariableFrameRate: true,
      fieldOrder: 'top-first',
      rotationDegrees: 90,
      sampleAspectRatio: { num: 16, den: 11 },
    };
    expect(streamLine(odd)).toBe(
      '1920×1080 · hevc · 10-bit · HDR10 · 25 fps · variable frame rate · interlaced · turned 90° · pixels 16:11',
    );
  });

  it('leaves out a language that is not known', () => {
    const audio = {
      ...base,
      kind: 'audio',
      codec: 'aac',
      profile: null,
      channels: 6,
      channelLayout: null,
      sampleRateHz: 44_100,
      bitRateBps: 128_000,
      durationMs: null,
      language: 'und',
      title: 'Commentary',
    } as const;
    expect(streamLine(audio)).toBe('aac · 6 channels · 44.1 kHz · 128 kb/s · Commentary');
  });
});

describe('a source in one line', () => {
  it('counts its tracks', () => {
    const info = { streams: [video] } as unknown as SourceInfo;
    expect(sourceLine(info)).toBe('1920×1080 · h264 · no audio');
  });
});

describe('a command as a line', () => {
  it('can be pasted into a shell whatever the names hold', () => {
    expect(shellLine(['ffmpeg', '-i', 'file:/a/b.mp4', '-y'])).toBe('ffmpeg -i file:/a/b.mp4 -y');
    expect(shellLine(['x', `a"b'c $(d).mkv`, '', '*', 'a\nb'])).toBe(`x 'a"b'\\''c $(d).mkv' '' '*' 'a\nb'`);
  });
});
