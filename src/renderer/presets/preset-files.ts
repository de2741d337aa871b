import { Preset, type PresetEntry } from '../../common/preset.ts';
import { ProblemError } from '../../common/problem.ts';
import { text } from '../text/en.ts';

/** A preset as a file: what a person may read, change and give away. */
export function presetJson({ builtIn: _builtIn, ...preset }: PresetEntry): string {
  return `${JSON.stringify(preset, null, 2)}\n`;
}

/** Presets in a JSON file: one, or a list of them. Throws a `ProblemError` that names what is wrong. */
export function presetsFromJson(json: string): Preset[] {
  const items = listOf(parsed(json));
  return items.map((item) => {
    const result = Preset.safeParse(withoutBuiltIn(item));
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    throw new ProblemError(text.problems.presetFile(`${where}${issue?.message ?? ''}`));
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new ProblemError(text.problems.presetFile(text.problems.notJson));
  }
}

function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && value !== null && 'presets' in value && Array.isArray(value.presets)) {
    return value.presets;
  }
  return [value];
}

function withoutBuiltIn(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  return Object.fromEntries(Object.entries(item).filter(([key]) => key !== 'builtIn'));
}
