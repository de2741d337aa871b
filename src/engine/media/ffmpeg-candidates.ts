import { createRequire } from 'node:module';
import { posix, win32 } from 'node:path';
import type { FfmpegBuild } from '../../common/device.ts';
import { LOCAL_HOST_ID } from '../../common/ids.ts';
import type { FileStat, Host, HostFacts } from '../hosts/host.ts';

/** Where to look for ffmpeg and ffprobe. */
export interface FfmpegConfig {
  /** From the settings; null when nothing was chosen. A folder is fine too. */
  readonly ffmpegPath: string | null;
  readonly ffprobePath: string | null;
  /** Read for `GANTRY_FFMPEG`, `GANTRY_FFPROBE` and `PATH`. */
  readonly env: NodeJS.ProcessEnv;
  /** Where the app lies: a packaged one has `resources/ffmpeg/<platform>-<arch>/` in it, a checkout has not. */
  readonly appFolder?: string | null;
}

/** A program file that may be ffmpeg or ffprobe. Nothing is known about it yet but where it was found. */
export interface Candidate {
  readonly path: string;
  readonly origin: FfmpegBuild['origin'];
  /** Null when there is nothing at the path, which only happens to a configured one. */
  readonly stat: FileStat | null;
}

export type Tool = 'ffmpeg' | 'ffprobe';

/** Files that may be the tool, in the order configured → shipped → `PATH` → npm packages; each file once. */
export async function findCandidates(host: Host, config: FfmpegConfig, tool: Tool): Promise<Candidate[]> {
  const facts = await host.facts();
  const paths = facts.platform === 'win32' ? win32 : posix;
  const program = facts.platform === 'win32' ? `${tool}.exe` : tool;

  const configured = tool === 'ffmpeg' ? config.ffmpegPath : config.ffprobePath;
  const fromEnv = config.env[tool === 'ffmpeg' ? 'GANTRY_FFMPEG' : 'GANTRY_FFPROBE'];
  const places: { path: string; origin: Candidate['origin'] }[] = [];
  for (const path of [configured, fromEnv]) {
    if (path) places.push({ path, origin: 'configured' });
  }
  if (config.appFolder) {
    const folder = paths.join(config.appFolder, 'resources', 'ffmpeg', `${facts.platform}-${facts.arch}`);
    places.push({ path: paths.join(folder, program), origin: 'shipped' });
  }
  for (const folder of searchPath(config.env, facts.platform)) {
    places.push({ path: paths.join(folder, program), origin: 'path' });
  }
  if (host.id === LOCAL_HOST_ID) {
    for (const path of fromPackages(tool, facts, program)) places.push({ path, origin: 'npm' });
  }

  const looked = await Promise.all(
    places.map(async ({ path, origin }): Promise<Candidate | null> => {
      const stat = await statOrNull(host, path);
      if (origin !== 'configured') return stat?.kind === 'file' ? { path, origin, stat } : null;
      if (stat?.kind !== 'folder') return { path, origin, stat };
      const inside = paths.join(path, program);
      return { path: inside, origin, stat: await statOrNull(host, inside) };
    }),
  );

  // One file may be reached by several names: /bin is /usr/bin on most Linux systems.
  const seen = new Set<string>();
  return looked.filter((candidate) => {
    if (!candidate) return false;
    const key = candidate.stat?.fileId ?? candidate.path;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  }) as Candidate[];
}

/** The ffprobe in the same folder as an ffmpeg, by name only: it may not be there. */
export function siblingFfprobe(ffmpegPath: string): string | null {
  const match = /^(.*[\\/])ffmpeg(\.exe)?$/i.exec(ffmpegPath);
  return match ? `${match[1]}ffprobe${match[2] ?? ''}` : null;
}

async function statOrNull(host: Host, path: string): Promise<FileStat | null> {
  return host.files.stat(path).catch(() => null);
}

function searchPath(env: NodeJS.ProcessEnv, platform: HostFacts['platform']): string[] {
  const isWindows = platform === 'win32';
  // Windows has `Path`, and a copy of its environment loses the indifference to case.
  const key = Object.keys(env).find((name) => (isWindows ? name.toUpperCase() : name) === 'PATH');
  const value = (key && env[key]) || '';
  return (
    value
      .split(isWindows ? ';' : ':')
      .map((folder) => (isWindows ? folder.replace(/^"(.*)"$/, '$1') : folder))
      // A relative entry would mean another program in every working folder.
      .filter((folder) => (isWindows ? win32 : posix).isAbsolute(folder))
  );
}

/**
 * Programs in npm packages. The packages' own modules are not loaded: they throw where a platform is missing. Their
 * files are found by name instead, those of the installers' per-platform packages as seen from the installer.
 */
function fromPackages(tool: Tool, facts: HostFacts, program: string): string[] {
  const platform = `${facts.platform}-${facts.arch}`;
  const require = createRequire(import.meta.url);
  const found: string[] = [];
  const add = (resolve: () => string) => {
    try {
      found.push(resolve());
    } catch {
      // Not installed, or not made for this platform. Both packages are optional.
    }
  };
  if (tool === 'ffmpeg') add(() => require.resolve(`@ffmpeg-binary/${platform}/${program}`));
  add(() => {
    const installer = require.resolve(`@${tool}-installer/${tool}/package.json`);
    return createRequire(installer).resolve(`@${tool}-installer/${platform}/${program}`);
  });
  return found;
}
