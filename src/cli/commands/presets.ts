import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Preset, type PresetEntry } from '../../common/preset.ts';
import { problem } from '../../common/problem.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { EngineApi } from '../session.ts';
import { presetDetails, presetTable } from '../text/preset-text.ts';
import { jsonLine } from '../text/printable.ts';
import { withApi } from '../with-api.ts';
import { writeNewFile } from '../write-new-file.ts';

export async function listPresets(context: CommandContext): Promise<ExitCode> {
  const list = await withApi(context, (api) => api.presets.list());
  context.terminal.out(context.json ? `${jsonLine(list)}\n` : presetTable(list.presets));
  return EXIT.ok;
}

export async function showPreset(context: CommandContext, id: string): Promise<ExitCode> {
  const preset = await withApi(context, (api) => api.presets.show({ id }));
  context.terminal.out(context.json ? `${jsonLine(preset)}\n` : presetDetails(preset));
  return EXIT.ok;
}

export async function removePreset(context: CommandContext, id: string): Promise<ExitCode> {
  const result = await withApi(context, (api) => api.presets.remove({ id }));
  context.terminal.out(
    context.json ? `${jsonLine(result)}\n` : result.removed ? `Preset ${id} removed.\n` : '',
  );
  return EXIT.ok;
}

/** Writes a preset as JSON that `import` reads: to a file, which must be new, or to `out`. */
export async function exportPreset(
  context: CommandContext,
  id: string,
  file: string | undefined,
): Promise<ExitCode> {
  const recipe = await withApi(context, (api) => recipeOf(api, id));
  const text = `${JSON.stringify(recipe, null, 2)}\n`;
  if (file === undefined) {
    context.terminal.out(context.json ? `${jsonLine(recipe)}\n` : text);
    return EXIT.ok;
  }
  await writeNewFile(context, file, text);
  return EXIT.ok;
}

async function recipeOf(api: EngineApi, id: string): Promise<Preset> {
  const { builtIn: _, ...recipe } = await api.presets.show({ id });
  return recipe;
}

/** Takes one preset, or a list of them, from a JSON file. All are checked before the first is saved. */
export async function importPresets(context: CommandContext, file: string): Promise<ExitCode> {
  const presets = parsePresets(await readPresetFile(resolve(context.cwd, file)), file);
  const saved = await withApi(context, async (api) => {
    const entries: PresetEntry[] = [];
    for (const preset of presets) entries.push(await api.presets.save(preset));
    return entries;
  });
  context.terminal.out(
    context.json
      ? `${jsonLine({ presets: saved })}\n`
      : saved.map((preset) => `Preset ${preset.id} imported.\n`).join(''),
  );
  return EXIT.ok;
}

async function readPresetFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw problem(
      'preset-invalid',
      `${path} cannot be read.`,
      'Check the path and the permissions of the file.',
      String(error),
    );
  }
}

/**
 * @param name what the file is called in messages
 * @throws ProblemError `preset-invalid`, naming the field that is wrong
 */
export function parsePresets(text: string, name: string): Preset[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`${name} is not JSON.`, String(error));
  }
  return (Array.isArray(value) ? value : [value]).map((entry) => {
    const parsed = Preset.safeParse(entry);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw invalid(`${name} is not a preset${where}.`, issue?.message);
  });
}

function invalid(message: string, detail: string | undefined) {
  return problem(
    'preset-invalid',
    message,
    'Start from one that works: gantry presets export h264 my-preset.json',
    detail,
  );
}
