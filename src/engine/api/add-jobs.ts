import { isAbsolute } from 'node:path';
import type { NewJob, OutputChoice } from '../../common/job.ts';
import type { Preset } from '../../common/preset.ts';
import { type Problem, problem, toProblem } from '../../common/problem.ts';
import type { Settings } from '../../common/settings.ts';
import type { Host } from '../hosts/host.ts';
import type { PresetCatalog } from '../media/preset-catalog.ts';
import { applyOverrides } from '../media/presets.ts';
import { walkFolder } from '../media/walk-folder.ts';
import type { JobDraft } from '../queue/records.ts';

/** Paths looked at side by side: enough to hide a slow disk, few enough to leave it usable. */
const LOOK_AT_ONCE = 64;

export interface Drafts {
  readonly drafts: JobDraft[];
  readonly rejected: { source: string; error: Problem }[];
}

interface AddContext {
  readonly host: Host;
  readonly presets: PresetCatalog;
  readonly settings: Settings;
}

function outputOf(input: NewJob, settings: Settings): OutputChoice {
  const { folder, template, onExisting } = input.output;
  const chosen = {
    folder: folder === undefined ? settings.output.folder : folder,
    template: template ?? settings.output.template,
    onExisting: onExisting ?? settings.output.onExisting,
  };
  if (chosen.folder !== null && !isAbsolute(chosen.folder)) {
    throw problem(
      'invalid-request',
      `The output folder "${chosen.folder}" is not an absolute path.`,
      'Give the whole path of the folder.',
    );
  }
  return chosen;
}

/** Presets with the same overrides are worked out once: a drop of 100,000 files shares one recipe. */
function presetResolver({ presets, settings }: AddContext): (input: NewJob) => Preset {
  const known = new Map<string, Preset>();
  return (input) => {
    const id = input.preset ?? settings.defaultPreset;
    const key = JSON.stringify([id, input.overrides]);
    const found = known.get(key);
    if (found !== undefined) return found;
    const { builtIn: _, ...preset } = presets.get(id);
    const resolved = applyOverrides(preset, input.overrides);
    known.set(key, resolved);
    return resolved;
  };
}

async function sourcesOf(host: Host, path: string): Promise<{ path: string; sizeBytes: number | null }[]> {
  if (!isAbsolute(path))
    throw problem(
      'invalid-request',
      `"${path}" is not an absolute path.`,
      'Give the whole path of the file.',
    );
  const stat = await host.files.stat(path);
  if (stat === null)
    throw problem('source-not-found', `Nothing is at ${path}.`, 'Check the path, or add the file again.');
  if (stat.kind === 'other')
    throw problem(
      'source-unsupported',
      `${path} is neither a file nor a folder.`,
      'Add a video file or a folder.',
    );
  if (stat.kind === 'file') return [{ path, sizeBytes: stat.sizeBytes }];
  const files = await walkFolder(host, path);
  if (files.length === 0)
    throw problem(
      'source-not-found',
      `The folder ${path} holds no files.`,
      'Add a folder with videos in it.',
    );
  return files.map((file) => ({ path: file, sizeBytes: null }));
}

/**
 * Turns what was asked for into jobs for the queue: folders walked, presets worked out, settings filled in. An input that
 * makes no job is rejected with its reason and does not stop the rest.
 */
export async function draftJobs(context: AddContext, inputs: readonly NewJob[]): Promise<Drafts> {
  const resolvePreset = presetResolver(context);
  const results: (JobDraft[] | Problem)[] = new Array(inputs.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < inputs.length; index = next++) {
      const input = inputs[index];
      if (input === undefined) return;
      try {
        const recipe = { preset: resolvePreset(input), output: outputOf(input, context.settings) };
        results[index] = (await sourcesOf(context.host, input.source)).map(({ path, sizeBytes }) => ({
          source: path,
          sourceSizeBytes: sizeBytes,
          recipe,
          device: input.device,
          priority: input.priority,
          paused: input.paused,
        }));
      } catch (error) {
        results[index] = toProblem(error);
      }
    }
  };
  await Promise.all(Array.from({ length: LOOK_AT_ONCE }, worker));
  const drafts: JobDraft[] = [];
  const rejected: { source: string; error: Problem }[] = [];
  for (const [index, input] of inputs.entries()) {
    const result = results[index];
    if (Array.isArray(result)) for (const draft of result) drafts.push(draft);
    else if (result !== undefined) rejected.push({ source: input.source, error: result });
  }
  return { drafts, rejected };
}
