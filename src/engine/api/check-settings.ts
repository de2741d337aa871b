import { isAbsolute } from 'node:path';
import { problem } from '../../common/problem.ts';
import type { SettingsPatch } from '../../common/settings.ts';
import type { Host } from '../hosts/host.ts';
import type { PresetCatalog } from '../media/preset-catalog.ts';

/**
 * Refuses settings that would make every later job fail.
 * @throws ProblemError `preset-not-found`, `invalid-request`
 */
export async function checkSettings(
  patch: SettingsPatch,
  parts: { host: Host; presets: PresetCatalog },
): Promise<void> {
  if (patch.defaultPreset !== undefined) parts.presets.get(patch.defaultPreset);
  const folder = patch.output?.folder;
  if (folder != null && !isAbsolute(folder)) {
    throw problem(
      'invalid-request',
      `The output folder "${folder}" is not an absolute path.`,
      'Give the whole path of the folder.',
    );
  }
  for (const path of [patch.ffmpegPath, patch.ffprobePath]) {
    if (path == null || (await parts.host.files.stat(path)) !== null) continue;
    throw problem(
      'invalid-request',
      `Nothing is at ${path}.`,
      'Give the path of the program, or leave it empty so that one is found.',
    );
  }
}
