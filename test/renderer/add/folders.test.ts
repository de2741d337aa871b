import { describe, expect, it } from 'vitest';
import type { FolderListing } from '../../../src/common/contract/sources.ts';
import { type DroppedEntry, filesOfEntries } from '../../../src/renderer/add/dropped-files.ts';
import { MOST_FILES, mediaFilesIn } from '../../../src/renderer/add/expand-folder.ts';
import { looksLikeMedia } from '../../../src/renderer/add/looks-like-media.ts';
import { pathCrumbs } from '../../../src/renderer/add/path-crumbs.ts';

type Tree = { [name: string]: Tree | null };

function browser(tree: Tree) {
  return async (path: string): Promise<FolderListing> => {
    const folder = path
      .split('/')
      .filter(Boolean)
      .reduce<Tree>((at, name) => at[name] ?? {}, tree);
    return {
      path,
      parent: null,
      places: [],
      entries: Object.entries(folder).map(([name, inner]) => ({
        name,
        path: `${path === '/' ? '' : path}/${name}`,
        kind: inner === null ? 'file' : 'folder',
        sizeBytes: null,
        looksLikeMedia: looksLikeMedia(name),
      })),
    };
  };
}

describe('a folder of the engine’s machine', () => {
  it('gives the media files of all folders inside, and no hidden or other ones', async () => {
    const browse = browser({
      films: {
        'a.mp4': null,
        'notes.txt': null,
        '.trash': { 'x.mp4': null },
        more: { 'b.mkv': null, '._b.mkv': null },
      },
    });
    expect(await mediaFilesIn('/films', browse)).toEqual(['/films/a.mp4', '/films/more/b.mkv']);
  });

  it('that holds too many is left for the engine to walk', async () => {
    const many = Object.fromEntries(Array.from({ length: MOST_FILES + 1 }, (_, n) => [`${n}.mp4`, null]));
    expect(await mediaFilesIn('/films', browser({ films: many }))).toBeNull();
  });

  it('that goes round in circles ends', async () => {
    const loop = async (path: string): Promise<FolderListing> => ({
      path,
      parent: null,
      places: [],
      entries: [
        { name: 'again', path: `${path}/again`, kind: 'folder', sizeBytes: null, looksLikeMedia: false },
      ],
    });
    expect(await mediaFilesIn('/films', loop)).toBeNull();
  });
});

/** A dropped tree as browsers hand it out: a folder's entries a few at a time. */
function dropped(name: string, tree: Tree | null): DroppedEntry {
  if (tree === null) {
    const file = { name } as File;
    return {
      name,
      isFile: true,
      isDirectory: false,
      file: (give: (file: File) => void) => give(file),
    } as DroppedEntry;
  }
  const entries = Object.entries(tree).map(([inner, below]) => dropped(inner, below));
  return {
    name,
    isFile: false,
    isDirectory: true,
    createReader: () => {
      const left = [...entries];
      return { readEntries: (give: (some: DroppedEntry[]) => void) => give(left.splice(0, 2)) };
    },
  } as DroppedEntry;
}

describe('what is dropped on the window', () => {
  it('is taken whole where files were chosen one by one, whatever their names', async () => {
    const { files, leftOut } = await filesOfEntries([dropped('odd-name', null), dropped('a.txt', null)]);
    expect(files.map((file) => file.name)).toEqual(['odd-name', 'a.txt']);
    expect(leftOut).toBe(0);
  });

  it('is walked to the last entry where it is a folder, in the order of the names', async () => {
    const tree = {
      'clip10.mp4': null,
      'clip2.mp4': null,
      'clip1.mp4': null,
      'cover.jpg': null,
      sub: { 'z.MKV': null },
    };
    const { files, leftOut } = await filesOfEntries([dropped('films', tree)]);
    expect(files.map((file) => file.name)).toEqual(['clip1.mp4', 'clip2.mp4', 'clip10.mp4', 'z.MKV']);
    expect(leftOut).toBe(1);
  });
});

describe('the way to a folder', () => {
  it.each([
    ['/', ['/']],
    ['/home/mara', ['/', '/home', '/home/mara']],
    ['C:\\', ['C:\\']],
    ['C:\\Users\\Mara', ['C:\\', 'C:\\Users', 'C:\\Users\\Mara']],
    ['/a\\b', ['/', '/a\\b']],
  ])('%s is %j', (path, expected) => {
    expect(pathCrumbs(path).map((crumb) => crumb.path)).toEqual(expected);
  });
});
