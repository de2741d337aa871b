import { describe, expect, it } from 'vitest';
import { Preset, PresetId } from '../../../src/common/preset.ts';
import { ProblemError } from '../../../src/common/problem.ts';
import { presetJson, presetsFromJson } from '../../../src/renderer/presets/preset-files.ts';
import { presetIdFor } from '../../../src/renderer/presets/preset-ids.ts';
import { presetFacts, presetLine } from '../../../src/renderer/presets/preset-words.ts';

const plain = Preset.parse({
  id: 'mine',
  name: 'Mine',
  container: 'mp4',
  video: { codec: 'h264', rate: { mode: 'quality', quality: 21 } },
  audio: {},
});

describe('the id of a new preset', () => {
  it.each(['H.264 720p copy', '  Ünïcode Größe!  ', '---', '夏', 'x'.repeat(200), '.hidden'])(
    'made of %j is valid',
    (name) => {
      expect(PresetId.safeParse(presetIdFor(name, [])).success).toBe(true);
    },
  );

  it('is never one that is taken', () => {
    expect(presetIdFor('Mine', ['mine', 'mine-2'])).toBe('mine-3');
  });
});

describe('a preset in words', () => {
  const factOf = (preset: Preset, name: string) =>
    presetFacts(preset).find((fact) => fact.name === name)?.value;

  it('names quality, size and sound plainly', () => {
    expect(factOf(plain, 'Quality')).toBe('Constant quality, CRF 21');
    expect(factOf(plain, 'Picture size')).toBe('As the source');
    expect(factOf(plain, 'Audio')).toBe(
      'Copied where the container holds it, converted tracks at 80 kb/s a channel',
    );
  });

  it('names bit rate and passes', () => {
    const rate = { mode: 'bit-rate', bitRateBps: 4_200_000, twoPass: true } as const;
    const video = { ...plain.video, rate, maxWidth: 1280, maxHeight: 720, bitDepth: 10 } as const;
    expect(factOf({ ...plain, video }, 'Quality')).toBe('4.2 Mb/s on average, in two passes on a CPU');
    expect(factOf({ ...plain, video }, 'Picture size')).toBe('Scaled down to fit 1280×720');
    expect(presetLine({ ...plain, video })).toBe('MP4 · H.264 10-bit · 720p · 4.2 Mb/s');
  });

  it('without sound says nothing of bit rates', () => {
    expect(factOf({ ...plain, audio: { ...plain.audio, mode: 'none' } }, 'Audio')).toBe('No audio');
  });
});

describe('a preset as a file', () => {
  it('is read back as it was written', () => {
    expect(presetsFromJson(presetJson({ ...plain, builtIn: true }))).toEqual([plain]);
  });

  it('may be a list, or what `gantry presets list --json` prints', () => {
    expect(presetsFromJson(JSON.stringify([plain, plain]))).toHaveLength(2);
    expect(presetsFromJson(JSON.stringify({ presets: [{ ...plain, builtIn: false }] }))).toEqual([plain]);
  });

  it('that is wrong names the field', () => {
    const wrong = JSON.stringify({ ...plain, video: { ...plain.video, codec: 'mpeg2' } });
    expect(() => presetsFromJson(wrong)).toThrow(ProblemError);
    expect(() => presetsFromJson(wrong)).toThrow(/video\.codec/);
    expect(() => presetsFromJson('not json')).toThrow(/not JSON/);
    expect(() => presetsFromJson('null')).toThrow(ProblemError);
  });
});
