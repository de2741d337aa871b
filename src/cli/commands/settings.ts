import type { PresetOverrides } from '../../common/job.ts';
import { Settings, SettingsPatch } from '../../common/settings.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { alignColumns } from '../text/columns.ts';
import { jsonLine, printable } from '../text/printable.ts';
import { UsageError } from '../usage-error.ts';
import { withApi } from '../with-api.ts';

export async function listSettings(context: CommandContext): Promise<ExitCode> {
  print(context, await withApi(context, (api) => api.settings.get()));
  return EXIT.ok;
}

/** Changes what is named: `onGpuFailure=hold`, `output.folder=/films`. An empty value is null. */
export async function changeSettings(context: CommandContext, changes: PresetOverrides): Promise<ExitCode> {
  const patch = patchOf(changes);
  print(context, await withApi(context, (api) => api.settings.update(patch)));
  return EXIT.ok;
}

function patchOf(changes: PresetOverrides): SettingsPatch {
  const patch: Record<string, unknown> = {};
  const output: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(changes)) {
    if (key.startsWith('output.')) output[key.slice('output.'.length)] = value === '' ? null : value;
    else patch[key] = value === '' ? null : value;
  }
  const parsed = SettingsPatch.safeParse(Object.keys(output).length === 0 ? patch : { ...patch, output });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  const known = Object.keys(flat(Settings.parse({}))).join(', ');
  throw new UsageError(
    `${where === '' ? '' : `${where}: `}${issue?.message ?? 'This is no setting.'}`,
    `Settings are: ${known}.`,
  );
}

function flat(settings: Settings): Record<string, unknown> {
  const { output, ...rest } = settings;
  const ofOutput = Object.entries(output).map(([key, value]) => [`output.${key}`, value]);
  return { ...rest, ...Object.fromEntries(ofOutput) };
}

function print({ json, terminal }: CommandContext, settings: Settings): void {
  const rows = Object.entries(flat(settings)).map(([key, value]) => [key, printable(String(value))]);
  terminal.out(json ? `${jsonLine(settings)}\n` : `${alignColumns(rows).join('\n')}\n`);
}
