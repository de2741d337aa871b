import { describe, expect, it } from 'vitest';
import type { SourceInfo } from '../../src/common/source.ts';
import { firstDifference } from '../../src/engine/media/verify-output.ts';
import { audio, source, subtitle, video } from './plan-request.ts';

const EXPECTED = {
  container: 'mkv',
  durationMs: 10_000,
  videoDurationMs: null,
  video: { codec: 'h264', width: 1920, height: 1080 },
  audioStreams: 1,
  subtitleStreams: 1,
} as const;

function difference(
  streams = [video(), audio(1), subtitle(2)],
  changes: Partial<SourceInfo> = {},
): string | null {
  return firstDifference(source(streams, changes), EXPECTED);
}

describe('an output', () => {
  it('that is as planned has no difference', () => {
    expect(difference()).toBeNull();
  });

  it.each([
    ['another container', difference(undefined, { container: 'mov,mp4,m4a,3gp,3g2,mj2' }), 'no mkv file'],
    ['another codec', difference([video({ codec: 'hevc' }), audio(1), subtitle(2)]), 'hevc instead of h264'],
    ['another size', difference([video({ height: 1078 }), audio(1), subtitle(2)]), '1920×1078'],
    ['no frame', difference([video({ frameCount: 0 }), audio(1), subtitle(2)]), 'no video frame'],
    ['no video', difference([audio(0), subtitle(1)]), 'no video frame'],
    ['a sound track too few', difference([video(), subtitle(2)]), '0 sound tracks instead of 1'],
    ['a subtitle track too few', difference([video(), audio(1)]), '0 subtitle tracks instead of 1'],
    ['half the duration', difference(undefined, { durationMs: 5000 }), '5.0 s instead of 10.0 s'],
    ['no duration', difference(undefined, { durationMs: null }), '0.0 s instead of 10.0 s'],
  ])('with %s is not complete', (_, found, words) => {
    expect(found).toContain(words);
  });

  it('may be shorter by half a second and one percent, and longer by any time', () => {
    expect(difference(undefined, { durationMs: 9400 })).toBeNull();
    expect(difference(undefined, { durationMs: 9399 })).not.toBeNull();
    expect(difference(undefined, { durationMs: 20_000 })).toBeNull();
  });

  it('that is shorter but has every frame is complete: the last one merely stays less long', () => {
    const output = source([video({ frameCount: 3 })], { durationMs: 80 });
    const slides = { ...EXPECTED, audioStreams: 0, subtitleStreams: 0 };
    expect(firstDifference(output, { ...slides, frameCount: 3 })).toBeNull();
    expect(firstDifference(output, { ...slides, frameCount: 4 })).not.toBeNull();
    expect(firstDifference(output, { ...slides, frameCount: null })).not.toBeNull();
  });

  it('whose picture ends early is not complete, though another track runs to the end', () => {
    const output = source([video({ durationMs: 2800 }), audio(1), subtitle(2)], { durationMs: 10_000 });
    expect(firstDifference(output, { ...EXPECTED, videoDurationMs: 10_000 })).toContain(
      '2.8 s instead of 10.0 s',
    );
    expect(firstDifference(output, { ...EXPECTED, videoDurationMs: 3000 })).toBeNull();
  });

  it('of a source that tells no duration may have any', () => {
    expect(
      firstDifference(source([video()], { durationMs: 1 }), {
        ...EXPECTED,
        durationMs: null,
        audioStreams: 0,
        subtitleStreams: 0,
      }),
    ).toBeNull();
  });
});
