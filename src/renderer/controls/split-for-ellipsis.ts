const TAIL_LENGTH = 12;

/**
 * A text in a part that may be shortened and an end that stays: the last characters, the extension among them. Never
 * splits a character that takes two UTF-16 units or carries an accent.
 */
export function splitForEllipsis(text: string): { head: string; tail: string } {
  const characters = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)];
  if (characters.length <= TAIL_LENGTH * 2) return { head: text, tail: '' };
  const cut = characters[characters.length - TAIL_LENGTH]?.index ?? text.length;
  return { head: text.slice(0, cut), tail: text.slice(cut) };
}
