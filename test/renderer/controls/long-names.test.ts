import { describe, expect, it } from 'vitest';
import { fileName, folderOf } from '../../../src/renderer/controls/file-path.ts';
import { splitForEllipsis } from '../../../src/renderer/controls/split-for-ellipsis.ts';

describe('a name that is shortened in its middle', () => {
  it('keeps its end, where names of a series differ', () => {
    const { head, tail } = splitForEllipsis('interview with a long name, take 12, final (2).mov');
    expect(tail).toBe('inal (2).mov');
    expect(head + tail).toBe('interview with a long name, take 12, final (2).mov');
  });

  it('that is short is not split', () => {
    expect(splitForEllipsis('clip.mp4')).toEqual({ head: 'clip.mp4', tail: '' });
  });

  it('never splits a character', () => {
    const family = '👨‍👩‍👧‍👦';
    const { head, tail } = splitForEllipsis(family.repeat(40));
    expect(head).toBe(family.repeat(28));
    expect(tail).toBe(family.repeat(12));
  });
});

describe('a path', () => {
  it.each([
    ['/home/mara/a.mp4', 'a.mp4', '/home/mara'],
    ['C:\\films\\a.mp4', 'a.mp4', 'C:\\films'],
    ['/a.mp4', 'a.mp4', '/'],
    ['/films/', 'films', '/films'],
    ['a.mp4', 'a.mp4', ''],
  ])('%s is called %s and lies in %s', (path, name, folder) => {
    expect(fileName(path)).toBe(name);
    expect(folderOf(path)).toBe(folder);
  });
});
