import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { deviceListText } from '../text/device-text.ts';
import { jsonLine } from '../text/printable.ts';
import { withApi } from '../with-api.ts';

export async function listDevices(
  context: CommandContext,
  options: { readonly refresh?: boolean },
): Promise<ExitCode> {
  const list = await withApi(context, (api) =>
    options.refresh === true ? api.devices.refresh() : api.devices.list(),
  );
  context.terminal.out(context.json ? `${jsonLine(list)}\n` : deviceListText(list));
  return EXIT.ok;
}
