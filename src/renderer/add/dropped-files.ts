import { looksLikeMedia } from './looks-like-media.ts';

/** The little of the browser's `FileSystemEntry` that is used, so that tests can make their own. */
export interface DroppedEntry {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly name: string;
}
interface DroppedFile extends DroppedEntry {
  file(onFile: (file: File) => void, onError: (error: unknown) => void): void;
}
interface DroppedFolder extends DroppedEntry {
  createReader(): {
    readEntries(onEntries: (entries: DroppedEntry[]) => void, onError: (error: unknown) => void): void;
  };
}

export interface DroppedFiles {
  readonly files: File[];
  /** Files inside folders that were left out because of their names. */
  readonly leftOut: number;
}

/** All files of what was dropped: single ones as they are, folders walked for what looks like media. */
export async function filesOfEntries(entries: readonly DroppedEntry[]): Promise<DroppedFiles> {
  const files: File[] = [];
  let leftOut = 0;
  const walk = async (entry: DroppedEntry, isInside: boolean): Promise<void> => {
    if (isFile(entry)) {
      if (isInside && !looksLikeMedia(entry.name)) leftOut += 1;
      else files.push(await new Promise<File>((resolve, reject) => entry.file(resolve, reject)));
    } else if (isFolder(entry)) {
      for (const inner of await entriesOf(entry)) await walk(inner, true);
    }
  };
  for (const entry of entries) await walk(entry, false);
  return { files, leftOut };
}

async function entriesOf(folder: DroppedFolder): Promise<DroppedEntry[]> {
  const reader = folder.createReader();
  const all: DroppedEntry[] = [];
  for (;;) {
    // Browsers hand out a hundred entries at a time; an empty answer is the end.
    const some = await new Promise<DroppedEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0)
      return all.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    all.push(...some);
  }
}

function isFile(entry: DroppedEntry): entry is DroppedFile {
  return entry.isFile;
}
function isFolder(entry: DroppedEntry): entry is DroppedFolder {
  return entry.isDirectory;
}
