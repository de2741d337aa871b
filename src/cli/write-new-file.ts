import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { problem } from '../common/problem.ts';
import type { CommandContext } from './context.ts';
import { jsonLine, printable } from './text/printable.ts';

/**
 * Writes an export to a file that must be new, and says where it is.
 * @throws ProblemError `output-exists`, `output-not-writable`
 */
export async function writeNewFile(context: CommandContext, file: string, text: string): Promise<void> {
  const path = resolve(context.cwd, file);
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    throw writeProblem(path, error);
  }
  context.terminal.out(context.json ? `${jsonLine({ path })}\n` : `Written to ${printable(path)}.\n`);
}

function writeProblem(path: string, error: unknown) {
  const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
  return exists
    ? problem('output-exists', `${path} exists already.`, 'Choose another name, or remove the file first.')
    : problem(
        'output-not-writable',
        `${path} cannot be written.`,
        'Choose another folder, or grant write permission.',
        String(error),
      );
}
