import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { doctorText } from '../text/device-text.ts';
import { jsonLine } from '../text/printable.ts';
import { withApi } from '../with-api.ts';

/** Says what works here, what does not, and what to do. Succeeds when something can be encoded. */
export async function doctor(context: CommandContext): Promise<ExitCode> {
  const report = await withApi(context, (api) => api.system.doctor());
  context.terminal.out(context.json ? `${jsonLine(report)}\n` : doctorText(report));
  return report.ok ? EXIT.ok : EXIT.failed;
}
