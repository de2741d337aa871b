import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitPicture } from '../../src/engine/media/encode/picture-size.ts';
import { video } from './plan-request.ts';

const FREE = { maxWidth: null, maxHeight: null };
const HD = { maxWidth: 1280, maxHeight: 720 };

describe('the encoded size', () => {
  it.each([
    ['fits already', { width: 640, height: 360 }, HD, '640×360 none'],
    ['shrinks to the width', { width: 1920, height: 800 }, HD, '1280×534 scale'],
    ['shrinks to the height', { width: 1440, height: 1080 }, HD, '960×720 scale'],
    ['of a phone held upright', { width: 1920, height: 1080, rotationDegrees: 90 }, HD, '406×720 scale'],
    ['of odd sides', { width: 1919, height: 1079 }, FREE, '1918×1078 crop'],
    ['of one pixel', { width: 1, height: 1 }, FREE, '2×2 scale'],
    [
      'of HDV, whose pixels are wide',
      { width: 1440, height: 1080, sampleAspectRatio: { num: 4, den: 3 } },
      HD,
      '1280×720 scale',
    ],
    [
      'of PAL widescreen as it is',
      { width: 720, height: 576, sampleAspectRatio: { num: 64, den: 45 } },
      FREE,
      '720×576 none',
    ],
    [
      'of pixels that are tall',
      { width: 1920, height: 540, sampleAspectRatio: { num: 1, den: 2 } },
      HD,
      '1280×720 scale',
    ],
    [
      'in a box of odd sides',
      { width: 1000, height: 1000 },
      { maxWidth: 333, maxHeight: 333 },
      '332×332 scale',
    ],
  ])('%s', (_, source, box, wanted) => {
    const { output, change } = fitPicture(video(source), box);
    expect(`${output.width}×${output.height} ${change}`).toBe(wanted);
  });

  it('is even, within the box, never larger than the picture shown, and keeps its shape', () => {
    const side = fc.integer({ min: 2, max: 8192 });
    const limit = fc.option(fc.integer({ min: 16, max: 4096 }));
    const aspect = fc.integer({ min: 1, max: 64 });
    fc.assert(
      fc.property(side, side, aspect, aspect, fc.constantFrom(0, 90, 180, 270), limit, limit, (...given) => {
        const [width, height, num, den, rotationDegrees, maxWidth, maxHeight] = given;
        fc.pre(num / den < 4 && den / num < 4);
        const source = video({ width, height, rotationDegrees, sampleAspectRatio: { num, den } });
        const { output, change } = fitPicture(source, { maxWidth, maxHeight });
        const isTurned = rotationDegrees % 180 !== 0;
        const aspectShown = isTurned ? den / num : num / den;
        const shownWidth = (isTurned ? height : width) * Math.max(1, aspectShown);
        const shownHeight = (isTurned ? width : height) * Math.max(1, 1 / aspectShown);
        expect([output.width % 2, output.height % 2]).toEqual([0, 0]);
        expect(output.width).toBeGreaterThanOrEqual(2);
        expect(output.height).toBeGreaterThanOrEqual(2);
        if (change !== 'scale') return;
        expect(output.width).toBeLessThanOrEqual(Math.max(2, Math.min(maxWidth ?? 1e9, shownWidth + 1)));
        expect(output.height).toBeLessThanOrEqual(Math.max(2, Math.min(maxHeight ?? 1e9, shownHeight + 1)));
        // One side was rounded by at most one pixel; the other follows from it.
        const scale = Math.min(output.width / shownWidth, output.height / shownHeight);
        expect(Math.abs(output.width - shownWidth * scale)).toBeLessThanOrEqual(
          2 + 2 * Math.max(1, shownWidth / shownHeight),
        );
      }),
    );
  });
});
