import { type ProblemError, problem } from '../../common/problem.ts';

function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Why a file or folder could not be read, as a typed problem. */
export function readProblem(error: unknown, path: string): ProblemError {
  const detail = String(error);
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return problem(
        'source-not-found',
        `Nothing is at ${path}.`,
        'Check the path, or add the file again.',
        detail,
      );
    case 'EACCES':
    case 'EPERM':
      return problem(
        'source-not-readable',
        `No permission to read ${path}.`,
        'Grant read permission, then retry.',
        detail,
      );
    case 'EISDIR':
      return problem('source-is-a-folder', `${path} is a folder.`, 'Choose a file in it.', detail);
    default:
      return problem(
        'source-not-readable',
        `Reading ${path} failed.`,
        'Check the disk or the connection to it, then retry.',
        detail,
      );
  }
}

/** What was to be a folder, or one above it, is a file. */
export function notAFolder(path: string, error: unknown): ProblemError {
  return problem(
    'output-folder-missing',
    `${path} cannot be a folder: a file has that name.`,
    'Choose another output folder, then retry.',
    String(error),
  );
}

/** Why a file or folder could not be written, as a typed problem. */
export function writeProblem(error: unknown, path: string): ProblemError {
  const detail = String(error);
  switch (errnoOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return problem(
        'no-space',
        `The disk that holds ${path} is full.`,
        'Free space or choose another output folder, then retry.',
        detail,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return problem(
        'output-not-writable',
        `No permission to write ${path}.`,
        'Choose a folder that can be written to, then retry.',
        detail,
      );
    case 'ENOENT':
    case 'ENOTDIR':
      return problem(
        'output-folder-missing',
        `The folder of ${path} is not there.`,
        'Make the folder or choose another one, then retry.',
        detail,
      );
    case 'EEXIST':
      return problem(
        'output-exists',
        `A file named ${path} is already there.`,
        'Choose another name, or allow overwriting.',
        detail,
      );
    case 'ENAMETOOLONG':
      return problem(
        'output-name-invalid',
        `The name ${path} is too long for this disk.`,
        'Choose a shorter name template.',
        detail,
      );
    default:
      return problem(
        'output-not-writable',
        `Writing ${path} failed.`,
        'Check the disk or the connection to it, then retry.',
        detail,
      );
  }
}
