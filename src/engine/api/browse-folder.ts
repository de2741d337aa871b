import { homedir } from 'node:os';
import { dirname, extname, isAbsolute, join, parse } from 'node:path';
import type { FolderListing } from '../../common/contract/sources.ts';
import { problem } from '../../common/problem.ts';
import type { Host } from '../hosts/host.ts';

const MEDIA_EXTENSIONS: ReadonlySet<string> = new Set(
  'mp4 m4v mov mkv webm avi wmv asf flv f4v mpg mpeg m2v vob ts m2ts mts mxf 3gp 3g2 ogv ogg dv y4m gif divx rm rmvb'.split(
    ' ',
  ),
);

/** Entries of one listing at the most; a folder with more is cut, media first. */
const MOST_ENTRIES = 20_000;

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

async function placesOf(host: Host): Promise<FolderListing['places']> {
  const home = homedir();
  const candidates = [
    { name: 'Home', path: home },
    { name: 'Videos', path: join(home, 'Videos') },
    { name: 'Movies', path: join(home, 'Movies') },
    { name: 'Downloads', path: join(home, 'Downloads') },
    { name: 'Media', path: '/media' },
    { name: 'Volumes', path: '/Volumes' },
    { name: 'Computer', path: parse(home).root },
  ];
  const found = await Promise.all(
    candidates.map(async (place) => {
      const stat = await host.files.stat(place.path).catch(() => null);
      return stat?.kind === 'folder' ? place : null;
    }),
  );
  return found.filter((place) => place !== null);
}

/** Lists a folder for a person to pick files from: folders first, hidden entries left out. */
export async function browseFolder(host: Host, asked: string | null): Promise<FolderListing> {
  const path = asked ?? homedir();
  if (!isAbsolute(path))
    throw problem(
      'invalid-request',
      `"${path}" is not an absolute path.`,
      'Give the whole path of the folder.',
    );
  const listed = (await host.files.list(path)).filter((e) => !e.name.startsWith('.') && e.kind !== 'other');
  const entries = await Promise.all(
    listed.slice(0, MOST_ENTRIES).map(async ({ name, kind }) => {
      const full = join(path, name);
      const stat = kind === 'file' ? await host.files.stat(full).catch(() => null) : null;
      return {
        name,
        path: full,
        kind: kind === 'folder' ? ('folder' as const) : ('file' as const),
        sizeBytes: stat?.sizeBytes ?? null,
        looksLikeMedia: kind === 'file' && MEDIA_EXTENSIONS.has(extname(name).slice(1).toLowerCase()),
      };
    }),
  );
  entries.sort((a, b) => (a.kind === b.kind ? byName.compare(a.name, b.name) : a.kind === 'folder' ? -1 : 1));
  const parent = dirname(path);
  return { path, parent: parent === path ? null : parent, entries, places: await placesOf(host) };
}
