import { resolve } from 'node:path';
import type { CommandContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { problemText } from '../print-problem.ts';
import { jsonLine } from '../text/printable.ts';
import { sourceText } from '../text/source-text.ts';
import { withApi } from '../with-api.ts';

/** Reads what a file is. Fails when it cannot be encoded, with what was found all the same. */
export async function inspect(context: CommandContext, file: string): Promise<ExitCode> {
  const path = resolve(context.cwd, file);
  const { sources } = await withApi(context, (api) => api.sources.inspect({ paths: [path] }));
  const [inspection] = sources;
  if (inspection === undefined) throw new Error('The engine answered about no file.');
  if (context.json) {
    context.terminal.out(`${jsonLine(inspection)}\n`);
  } else {
    if (inspection.info !== null) context.terminal.out(sourceText(inspection.info));
    if (inspection.error !== null) context.terminal.err(problemText(inspection.error));
  }
  return inspection.error === null ? EXIT.ok : EXIT.failed;
}
