import { join } from 'node:path';
import type { Host } from '../hosts/host.ts';

/** Files that systems leave in folders; nobody means to encode them. */
const SYSTEM_FILES: ReadonlySet<string> = new Set(['thumbs.db', 'desktop.ini', 'ehthumbs.db']);

/** As people order names: `clip 2` before `clip 10`. */
const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

function isWanted(name: string): boolean {
  return !name.startsWith('.') && !SYSTEM_FILES.has(name.toLowerCase());
}

/**
 * Every file in a folder and the folders in it, in name order, hidden and system files left out. Whether a file is a
 * video is not guessed from its name: inspection tells, with a reason. A folder that is reached twice, over a link, is
 * walked once.
 */
export async function walkFolder(host: Host, folder: string): Promise<string[]> {
  const seen = new Set<string>();
  const files: string[] = [];
  const walk = async (path: string): Promise<void> => {
    const fileId = (await host.files.stat(path))?.fileId;
    if (fileId === undefined || seen.has(fileId)) return;
    seen.add(fileId);
    const entries = (await host.files.list(path)).filter((e) => isWanted(e.name));
    entries.sort((a, b) => byName.compare(a.name, b.name));
    for (const entry of entries) {
      if (entry.kind === 'file') files.push(join(path, entry.name));
      else if (entry.kind === 'folder') await walk(join(path, entry.name));
    }
  };
  await walk(folder);
  return files;
}
