import type { FolderListing } from '../../common/contract/sources.ts';

/** More files than this are not looked into before they are added. */
export const MOST_FILES = 500;
const MOST_FOLDERS = 200;

/**
 * Files under a folder of the engine's machine that look like media, in the order of their names. Null when there are
 * too many to look at here; the engine then walks the folder itself.
 */
export async function mediaFilesIn(
  folder: string,
  browse: (path: string) => Promise<FolderListing>,
): Promise<string[] | null> {
  const files: string[] = [];
  let foldersRead = 0;
  // Depth first, so that the files of a folder stay together.
  const walk = async (path: string): Promise<boolean> => {
    foldersRead += 1;
    if (foldersRead > MOST_FOLDERS) return false;
    const { entries } = await browse(path);
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      if (entry.kind === 'folder') {
        if (!(await walk(entry.path))) return false;
      } else if (entry.looksLikeMedia) {
        files.push(entry.path);
        if (files.length > MOST_FILES) return false;
      }
    }
    return true;
  };
  return (await walk(folder)) ? files : null;
}
