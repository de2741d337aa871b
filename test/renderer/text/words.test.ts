import { describe, expect, it } from 'vitest';
import { text } from '../../../src/renderer/text/en.ts';

/** Every fixed text of the catalogue with its key. */
function phrases(value: unknown, key: string): [string, string][] {
  if (typeof value === 'string') return [[key, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    phrases(inner, key === '' ? name : `${key}.${name}`),
  );
}

const all = phrases(text, '');

describe('the words of the window', () => {
  it('are calm: no exclamation marks, nobody says "we"', () => {
    expect(all.length).toBeGreaterThan(200);
    const loud = all.filter(([, words]) => /!|\b(we|our|sorry|oops|please)\b/i.test(words));
    expect(loud).toEqual([]);
  });

  it('of a problem end as sentences, the next step included', () => {
    const sentences = all.filter(([key]) => /^problems\..*\.(message|nextStep)$/.test(key));
    expect(sentences.length).toBeGreaterThan(5);
    expect(sentences.filter(([, words]) => !words.endsWith('.'))).toEqual([]);
  });

  it('count in the singular and the plural', () => {
    expect(text.add.start(0)).toBe('Start');
    expect(text.add.start(1)).toBe('Start 1 encode');
    expect(text.add.start(1234)).toBe('Start 1,234 encodes');
    expect(text.confirm.removeJobs(3, 1).body).toBe(
      '1 encode that is running is cancelled. Sources and finished outputs stay.',
    );
  });
});
