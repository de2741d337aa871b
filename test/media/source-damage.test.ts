import { describe, expect, it } from 'vitest';
import { damageNote } from '../../src/engine/media/source-damage.ts';

describe('damageNote', () => {
  it.each([
    '[matroska,webm @ 0x55] [error] File ended prematurely',
    '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55] [error] stream 0, offset 0x1a2b: partial file',
    '[h264 @ 0x55] [error] Invalid NAL unit size (1234 > 99).',
    '[h264 @ 0x55] [error] error while decoding MB 3 4, bytestream -5',
  ])('tells of %s', (line) => {
    expect(damageNote(['[warning] something else', line])?.reason).toMatch(
      /^Parts of the source could not be read/,
    );
  });

  it.each([
    '[mp4 @ 0x55] [warning] Non-monotonous DTS in output stream 0:0',
    '[swscaler @ 0x55] [warning] deprecated pixel format used, make sure you did set range correctly',
    '[matroska,webm @ 0x55] [warning] Could not find codec parameters for stream 2',
  ])('says nothing of %s', (line) => {
    expect(damageNote([line])).toBeNull();
  });
});
