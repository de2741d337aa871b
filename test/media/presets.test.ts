import { describe, expect, it } from 'vitest';
import type { PresetOverrides } from '../../src/common/job.ts';
import { Preset } from '../../src/common/preset.ts';
import { ProblemError } from '../../src/common/problem.ts';
import { applyOverrides, BUILT_IN_PRESETS } from '../../src/engine/media/presets.ts';

function builtIn(id: string): Preset {
  const preset = BUILT_IN_PRESETS.find((entry) => entry.id === id);
  if (!preset) throw new Error(`no preset ${id}`);
  return preset;
}

function set(overrides: PresetOverrides, id = 'h264'): Preset {
  return applyOverrides(builtIn(id), overrides);
}

function refusal(
  overrides: PresetOverrides,
  id = 'h264',
): { code: string; message: string; nextStep: string } {
  try {
    set(overrides, id);
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error('it was taken');
}

describe('the built-in presets', () => {
  it('are these seven, in MP4', () => {
    expect(BUILT_IN_PRESETS.map((preset) => `${preset.id} ${preset.container}`)).toEqual([
      'h264 mp4',
      'h264-720p mp4',
      'h264-1080p mp4',
      'hevc mp4',
      'hevc-10bit mp4',
      'av1 mp4',
      'preview-480p mp4',
    ]);
  });

  it('are presets as people may save them', () => {
    for (const preset of BUILT_IN_PRESETS) expect(Preset.parse(preset)).toEqual(preset);
  });
});

describe('a setting on top of a preset', () => {
  it('leaves the preset itself and all other settings as they were', () => {
    const before = structuredClone(builtIn('h264'));
    const changed = set({ 'video.effort': 'fast' });
    expect(builtIn('h264')).toEqual(before);
    expect(changed).toEqual({ ...before, video: { ...before.video, effort: 'fast' } });
  });

  it('may be text, as a command line has nothing else', () => {
    const changed = set({
      container: 'mkv',
      'video.rate.quality': '20',
      'video.bitDepth': '10',
      'video.maxWidth': '640',
      'video.maxFrameRate': '29.97',
      'audio.mode': 'opus',
      'audio.maxChannels': '2',
      chapters: 'false',
      metadata: 'no',
    });
    expect(changed.container).toBe('mkv');
    expect(changed.video).toMatchObject({
      rate: { mode: 'quality', quality: 20 },
      bitDepth: 10,
      maxWidth: 640,
      maxFrameRate: 29.97,
    });
    expect(changed.audio).toMatchObject({ mode: 'opus', maxChannels: 2 });
    expect([changed.chapters, changed.metadata]).toEqual([false, false]);
  });

  it('takes "none" as no limit where there is one, and as itself where it is a choice', () => {
    expect(set({ 'video.maxWidth': 'none' }, 'h264-720p').video.maxWidth).toBeNull();
    expect(set({ 'audio.mode': 'none' }).audio.mode).toBe('none');
  });

  it('switches to a bit rate when one is named, in two passes', () => {
    const rate = { mode: 'bit-rate', bitRateBps: 2_500_000, twoPass: true };
    for (const written of [2_500_000, '2500000', '2500k', '2.5M']) {
      expect(set({ 'video.rate.bitRateBps': written }).video.rate).toEqual(rate);
    }
  });

  it('switches back to constant quality when one is named', () => {
    const byRate = set({ 'video.rate.bitRateBps': '2M' });
    expect(applyOverrides(byRate, { 'video.rate.quality': 25 }).video.rate).toEqual({
      mode: 'quality',
      quality: 25,
    });
  });

  it('is refused with the valid keys when there is no such key', () => {
    const { code, message, nextStep } = refusal({ 'video.speed': 'fast' });
    expect(code).toBe('invalid-request');
    expect(message).toContain('"video.speed"');
    expect(nextStep).toContain('video.effort');
  });

  it.each([
    [{ 'video.effort': 'best' }, 'fastest, fast, medium, slow, slowest'],
    [{ 'video.rate.quality': '99' }, 'a number from 0 to 51'],
    [{ 'video.rate.quality': '20k' }, 'a number from 0 to 51'],
    [{ 'video.bitDepth': 9 }, '8, 10'],
    [{ chapters: 'maybe' }, 'true or false'],
    [{ 'video.maxHeight': 'tall' }, 'a whole number from 16 to 16384, none'],
    [{ 'video.rate.mode': 'bit-rate' }, 'video.rate.bitRateBps'],
    [{ 'video.rate.quality': 20, 'video.rate.bitRateBps': 1_000_000 }, 'either'],
    [{ 'video.rate.twoPass': true, 'video.rate.mode': 'quality' }, 'either'],
    [{ container: 'webm' }, 'video.codec to av1'],
    [{ container: 'mov', 'video.codec': 'av1' }, 'container'],
    [{ container: 'webm', 'video.codec': 'av1', 'audio.mode': 'aac' }, 'opus'],
    [{ id: 'mine' }, 'Use one of'],
    [{ constructor: 'x' }, 'Use one of'],
  ] as const)('%j is refused with what would be valid', (overrides, hint) => {
    const { code, nextStep } = refusal({ ...overrides });
    expect(code).toBe('invalid-request');
    expect(nextStep).toContain(hint);
  });

  it('may change container and codec together', () => {
    expect(set({ container: 'webm', 'video.codec': 'av1' })).toMatchObject({
      container: 'webm',
      video: { codec: 'av1' },
    });
  });
});
