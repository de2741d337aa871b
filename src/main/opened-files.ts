import { resolve } from 'node:path';

/**
 * The files and folders that the app was started with.
 *
 * @param args the arguments after the program's own (and, while developing, after the app's folder)
 */
export function filesOf(args: readonly string[], cwd: string): string[] {
  return args.filter((arg) => arg !== '' && !arg.startsWith('-')).map((arg) => resolve(cwd, arg));
}
