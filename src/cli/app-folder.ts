import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const Manifest = z.object({ name: z.literal('gantry'), version: z.string() });

export interface App {
  /** Where the app lies, absolute. */
  readonly folder: string;
  readonly version: string;
  /** The built user interface; null when it was not built. */
  readonly staticFolder: string | null;
}

/**
 * The app that a file belongs to: the nearest folder above it with the app's package.json, so that it is found from the
 * sources and from the build alike.
 */
export function appOf(file: string): App {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = readManifest(join(folder, 'package.json'));
    if (manifest !== null) {
      const built = join(folder, 'out', 'renderer');
      const staticFolder = existsSync(join(built, 'index.html')) ? built : null;
      return { folder, version: manifest.version, staticFolder };
    }
    if (folder === dirname(folder)) throw new Error(`${file} lies in no copy of Gantry.`);
  }
}

function readManifest(path: string): z.infer<typeof Manifest> | null {
  try {
    const parsed = Manifest.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
