const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** What terminals draw two columns wide: East Asian wide and full-width forms, and pictographs. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}|\ufe0f/u;
const INVISIBLE = /^[\p{Mn}\p{Me}\u200b-\u200d\u2060\ufeff]+$/u;

function graphemeWidth(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** Columns that a terminal needs for a line of printable text. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** The text cut in the middle to at most `width` columns, so that a name keeps its beginning and its extension. */
export function ellipsize(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  if (width === 1) return '…';
  const parts = [...graphemes.segment(text)].map((part) => part.segment);
  const room = width - 1;
  const tail = takeColumns(parts.toReversed(), Math.floor(room / 2)).reverse();
  const head = takeColumns(parts, room - displayWidth(tail.join('')));
  return `${head.join('')}…${tail.join('')}`;
}

function takeColumns(graphemesInOrder: readonly string[], width: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const grapheme of graphemesInOrder) {
    const next = graphemeWidth(grapheme);
    if (used + next > width) break;
    used += next;
    taken.push(grapheme);
  }
  return taken;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** Rows as aligned columns, two blanks apart. The last column is left ragged. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, displayWidth(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : padEnd(cell, widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
