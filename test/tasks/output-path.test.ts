import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  candidatePath,
  isGantryTemporary,
  type NameFacts,
  outputBaseName,
  sanitizeFileName,
  temporaryPath,
} from '../../src/engine/tasks/output-path.ts';

const FACTS: NameFacts = {
  sourcePath: '/films/The Film.mkv',
  preset: 'h264-720p',
  codec: 'h264',
  width: 1280,
  height: 720,
  date: '2026-03-04',
};

/** Names as a person's disk may hold them, and some that only a test would make. */
const names = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    'CON',
    'nul.mp4',
    'com1',
    'LPT9.tar.gz',
    '..',
    '.',
    ' ',
    '...',
    'a. . .',
    '/etc/passwd',
    'C:\\x',
  ),
  fc.constantFrom('é', '👩‍👩‍👧‍👦', '日', '\ud800').map((unit) => unit.repeat(250)),
);

const bytes = (text: string) => Buffer.byteLength(text);

describe('a name template', () => {
  test('is filled in', () => {
    expect(outputBaseName('{name}-{preset} {codec} {width}x{height} {date}', FACTS)).toBe(
      'The Film-h264-720p h264 1280x720 2026-03-04',
    );
  });

  test('leaves what nobody knows as it was written', () => {
    expect(outputBaseName('{name} {fps} {} {constructor}', FACTS)).toBe('The Film {fps} {} {constructor}');
  });

  test('does not read placeholders out of the source name', () => {
    expect(outputBaseName('{name}', { ...FACTS, sourcePath: '/films/{preset} $& {date}.mkv' })).toBe(
      '{preset} $& {date}',
    );
  });

  test('takes only the last extension off the name', () => {
    expect(outputBaseName('{name}', { ...FACTS, sourcePath: '/films/a.b.mkv' })).toBe('a.b');
    expect(outputBaseName('{name}', { ...FACTS, sourcePath: '/films/noext' })).toBe('noext');
  });

  test('puts nothing where a size is not known', () => {
    expect(outputBaseName('{name}-{width}x{height}', { ...FACTS, width: null, height: null })).toBe(
      'The Film-x',
    );
  });

  test.each(['../../etc/cron.d/job', '..\\..\\windows', '/absolute', 'C:\\absolute', 'sub/{name}', '..'])(
    '%s cannot lead out of the folder',
    (template) => {
      const path = candidatePath('/out', outputBaseName(template, FACTS), 'mp4', 1);
      expect(dirname(path)).toBe(join('/out'));
      expect(basename(path)).not.toMatch(/[\\/:]/);
    },
  );
});

describe('a safe name', () => {
  test.each([
    ['a<b>c:d"e/f\\g|h?i*j', 'a_b_c_d_e_f_g_h_i_j'],
    ['tab\tline\nnull\0del\u007f', 'tab_line_null_del_'],
    ['film. . ', 'film'],
    ['..', 'output'],
    ['', 'output'],
    ['CON', '_CON'],
    ['con.txt', '_con.txt'],
    ['nul ', '_nul'],
    ['Aux .mp4', '_Aux .mp4'],
    ['COM¹', '_COM¹'],
    ['lpt0', '_lpt0'],
    ['CONSOLE', 'CONSOLE'],
    ['com10', 'com10'],
    ['.hidden', '.hidden'],
    ['-i', '-i'],
    ['日本語 فيلم עברית 🎬', '日本語 فيلم עברית 🎬'],
    ['lone \ud83c surrogate', 'lone \ufffd surrogate'],
  ])('%j becomes %j', (name, expected) => {
    expect(sanitizeFileName(name)).toBe(expected);
  });

  test('is safe whatever it came from, and stays what it is when made safe again', () => {
    fc.assert(
      fc.property(names, (name) => {
        const safe = sanitizeFileName(name);
        expect(safe).not.toBe('');
        expect(bytes(safe)).toBeLessThanOrEqual(255);
        expect(safe).not.toMatch(/[<>:"/\\|?*\p{Cc}]/u);
        expect(safe).not.toMatch(/[. ]$/);
        expect(safe.isWellFormed()).toBe(true);
        expect(safe.split('.')[0]?.trimEnd()).not.toMatch(/^(con|prn|aux|nul|(com|lpt)\d)$/i);
        expect(sanitizeFileName(safe)).toBe(safe);
      }),
    );
  });
});

describe('choices of a final path', () => {
  test('count up from 2', () => {
    expect([1, 2, 3].map((n) => basename(candidatePath('/out', 'film', 'mp4', n)))).toEqual([
      'film.mp4',
      'film (2).mp4',
      'film (3).mp4',
    ]);
  });

  test('a long name is cut at a whole character and keeps number and extension', () => {
    const name = basename(candidatePath('/out', '日'.repeat(100), 'mp4', 12));
    expect(name).toBe(`${'日'.repeat(82)} (12).mp4`);
  });

  test('all fit, lie in the folder and differ', () => {
    fc.assert(
      fc.property(names, fc.constantFrom('mp4', 'mkv', 'webm'), (base, extension) => {
        const paths = [1, 2, 3, 1000].map((n) => candidatePath('/out', base, extension, n));
        expect(new Set(paths).size).toBe(paths.length);
        for (const path of paths) {
          expect(dirname(path)).toBe(join('/out'));
          expect(bytes(basename(path))).toBeLessThanOrEqual(255);
          expect(path.endsWith(`.${extension}`)).toBe(true);
          expect(basename(path).length).toBeGreaterThan(extension.length + 1);
        }
      }),
    );
  });
});

describe('an unfinished output', () => {
  test('is hidden, beside the final file, and named for its job', () => {
    expect(temporaryPath('/out/film.mp4', '12')).toBe(join('/out/.film.mp4.gantry-12.part'));
  });

  test('is recognised, fits, and is another for each job', () => {
    fc.assert(
      fc.property(names, fc.nat(), fc.nat(), (base, a, b) => {
        const final = candidatePath('/out', base, 'mp4', 1);
        const name = basename(temporaryPath(final, String(a)));
        expect(isGantryTemporary(name)).toBe(true);
        expect(bytes(name)).toBeLessThanOrEqual(255);
        expect(dirname(temporaryPath(final, String(a)))).toBe(dirname(final));
        expect(temporaryPath(final, String(a)) === temporaryPath(final, String(b))).toBe(a === b);
      }),
    );
  });

  test.each([
    'film.mp4',
    '.film.mp4.part',
    'film.mp4.gantry-12.part',
    '.film.gantry-.part',
    '.film.gantry-12.part.mp4',
  ])('%s is somebody else’s', (name) => {
    expect(isGantryTemporary(name)).toBe(false);
  });
});
