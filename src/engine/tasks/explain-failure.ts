import { dirname } from 'node:path';
import type { Problem } from '../../common/problem.ts';
import type { SourceInfo } from '../../common/source.ts';
import type { Host } from '../hosts/host.ts';

/** Below this an encode that failed to write most likely ran out of space. */
const FULL_BELOW_BYTES = 1024 * 1024;

/** Codes that say exactly what is wrong; looking further would only blur them. */
const PRECISE: ReadonlySet<string> = new Set([
  'no-space',
  'output-not-writable',
  'output-is-source',
  'output-exists',
]);

/**
 * ffmpeg says that a write or a read failed; the file system can often say why. Looks at the source and the output folder
 * after a failure and gives the more telling reason.
 */
export async function explainFailure(
  host: Host,
  found: Problem,
  facts: { readonly source: SourceInfo; readonly outputPath: string },
): Promise<Problem> {
  if (PRECISE.has(found.code)) return found;
  const { detail } = found;
  const withDetail = (p: Problem): Problem => (detail === undefined ? p : { ...p, detail });
  const source = await host.files.stat(facts.source.path).catch(() => null);
  if (source === null) {
    return withDetail({
      code: 'source-not-found',
      message: `The source ${facts.source.path} was moved or deleted while it was encoded.`,
      nextStep: 'Put it back, then retry.',
    });
  }
  const folder = dirname(facts.outputPath);
  if ((await host.files.stat(folder).catch(() => null)) === null) {
    return withDetail({
      code: 'output-folder-missing',
      message: `The output folder ${folder} was removed while the file was written.`,
      nextStep: 'Bring the folder back or choose another one, then retry.',
    });
  }
  if (source.sizeBytes !== facts.source.sizeBytes) {
    return withDetail({
      code: 'source-changed',
      message: `The source ${facts.source.path} changed while it was encoded.`,
      nextStep: 'Wait until it is completely written, then retry.',
    });
  }
  const free = await host.files.freeSpaceBytes(folder).catch(() => null);
  if (free !== null && free < FULL_BELOW_BYTES) {
    return withDetail({
      code: 'no-space',
      message: `The disk that holds ${folder} is full.`,
      nextStep: 'Free space or choose another output folder, then retry.',
    });
  }
  return found;
}
