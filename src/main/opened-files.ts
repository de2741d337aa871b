import { resolve } from 'node:path';
import { z } from 'zod';

/**
 * The files and folders that the app was started with, absolute.
 *
 * @param argv the whole command line, program first
 * @param start.isPackaged false while developing, when Electron is the program and the app's folder its first argument
 */
export function filesOf(argv: readonly string[], start: { cwd: string; isPackaged: boolean }): string[] {
  const operands = argv.slice(1).filter((arg) => arg !== '' && !arg.startsWith('-'));
  return (start.isPackaged ? operands : operands.slice(1)).map((operand) => resolve(start.cwd, operand));
}

/** What a second start hands over to the first. */
export const SecondStart = z.object({ paths: z.array(z.string()) });
export type SecondStart = z.infer<typeof SecondStart>;
