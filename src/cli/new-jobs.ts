import { resolve } from 'node:path';
import type { NewJobInput, OnExisting, PresetOverrides } from '../common/job.ts';
import { problemOf } from './problem-of.ts';
import type { EngineApi } from './session.ts';
import { UsageError } from './usage-error.ts';

/** What `encode` and `queue add` take, as the command line gives it. */
export interface NewJobOptions {
  readonly preset?: string;
  readonly out?: string;
  readonly device?: string;
  readonly set?: PresetOverrides;
  readonly name?: string;
  readonly onExisting?: OnExisting;
  readonly priority?: number;
  readonly paused?: boolean;
}

/**
 * Inputs and options as jobs to add. What an option leaves open comes from the settings.
 *
 * @param cwd what relative paths start from
 * @throws UsageError for an unknown preset or device, and for a setting that the preset does not have or that cannot be so
 */
export async function newJobs(
  api: EngineApi,
  inputs: readonly string[],
  options: NewJobOptions,
  cwd: string,
): Promise<NewJobInput[]> {
  await checkRecipe(api, options.preset, options.set);
  if (options.device !== undefined) await checkDevice(api, options.device);
  const output = {
    ...(options.out === undefined ? {} : { folder: resolve(cwd, options.out) }),
    ...(options.name === undefined ? {} : { template: options.name }),
    ...(options.onExisting === undefined ? {} : { onExisting: options.onExisting }),
  };
  return inputs.map((input) => ({
    source: resolve(cwd, input),
    ...(options.preset === undefined ? {} : { preset: options.preset }),
    overrides: options.set ?? {},
    device: options.device ?? 'auto',
    output,
    priority: options.priority ?? 0,
    paused: options.paused ?? false,
  }));
}

/** The engine would reject each input for the same mistake; here it is told once, before anything is added. */
async function checkRecipe(
  api: EngineApi,
  named: string | undefined,
  overrides: PresetOverrides | undefined,
): Promise<void> {
  if (named === undefined && overrides === undefined) return;
  const id = named ?? (await api.settings.get()).defaultPreset;
  const { builtIn: _, ...preset } = await api.presets.show({ id }).catch(badPreset(id));
  if (overrides === undefined) return;
  const { applyOverrides } = await import('../engine/media/presets.ts');
  try {
    applyOverrides(preset, overrides);
  } catch (error) {
    const { message, nextStep } = problemOf(error);
    throw new UsageError(message, nextStep);
  }
}

/** A job may wait for a device that is busy or away for now; one that was never seen is a slip of the pen. */
async function checkDevice(api: EngineApi, id: string): Promise<void> {
  if (id === 'auto' || id === 'gpu' || id === 'cpu') return;
  const { devices } = await api.devices.list();
  if (devices.some((device) => device.id === id)) return;
  throw new UsageError(`There is no device "${id}".`, 'See what there is with: gantry devices');
}

/** An id that no preset has, or that none can have. */
function badPreset(id: string) {
  return (error: unknown): never => {
    const { code } = problemOf(error);
    if (code !== 'preset-not-found' && code !== 'invalid-request') throw error;
    throw new UsageError(`There is no preset "${id}".`, 'See what there is with: gantry presets list');
  };
}
