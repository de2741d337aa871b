import { win32 } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { uploadName } from '../../src/engine/api/uploads.ts';

it.each([
  ['film.mp4', 'film.mp4'],
  ['Ünïcödé 電影 🎬.mkv', 'Ünïcödé 電影 🎬.mkv'],
  ['-i.mp4', '-i.mp4'],
  ['concat:x', 'concat_x'],
  [`a"b'c $(d).mkv`, `a_b'c $(d).mkv`],
  ['../../etc/passwd', 'passwd'],
  ['..\\..\\windows\\system32\\cmd.exe', 'cmd.exe'],
  ['C:\\film.mp4', 'film.mp4'],
  ['..', 'upload'],
  ['.', 'upload'],
  ['', 'upload'],
  ['folder/', 'upload'],
  ['.partial', 'partial'],
  ['.bashrc', 'bashrc'],
  ['name. . ', 'name'],
  ['a\nb\u0000c.mp4', 'a_b_c.mp4'],
  ['invoice\u202e4pm.exe', 'invoice_4pm.exe'],
  ['CON', '_CON'],
  ['nul.mp4', '_nul.mp4'],
  ['com1.mkv', '_com1.mkv'],
  ['console.mp4', 'console.mp4'],
])('%j is kept as %j', (name, expected) => {
  expect(uploadName(name)).toBe(expected);
});

it('a long name is cut and keeps its extension', () => {
  const name = uploadName(`${'長'.repeat(500)}.mp4`);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
  expect(name).toMatch(/^長+\.mp4$/);
});

it('any name becomes one visible path component on every system, and stays it the second time', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('..', '/', '\\', '.', ' ', 'con', ':', '~'),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const name = uploadName(parts.join(''));
      expect(name).not.toMatch(/[/\\\p{Cc}<>:"|?*]/u);
      expect(name).not.toMatch(/^\.|[. ]$/);
      expect(win32.basename(name)).toBe(name);
      expect(name.length).toBeGreaterThan(0);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
      expect(uploadName(name)).toBe(name);
    }),
    { numRuns: 2_000 },
  );
});
