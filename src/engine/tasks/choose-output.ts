import { dirname } from 'node:path';
import type { JobId } from '../../common/ids.ts';
import type { OutputChoice } from '../../common/job.ts';
import type { Preset } from '../../common/preset.ts';
import { problem } from '../../common/problem.ts';
import type { SourceInfo } from '../../common/source.ts';
import type { Host } from '../hosts/host.ts';
import { fitPicture, type Size } from '../media/encode/picture-size.ts';
import { mainVideo } from '../media/source-summary.ts';
import type { QueueStore } from '../queue/queue-store.ts';
import { candidatePath, outputBaseName } from './output-path.ts';

/** Numbers tried for a taken name before giving up. */
const MOST_CANDIDATES = 10_000;

export interface OutputRequest {
  readonly jobId: JobId;
  readonly source: SourceInfo;
  readonly preset: Preset;
  readonly choice: OutputChoice;
  /** Local date as `YYYY-MM-DD`, for the template. */
  readonly date: string;
}

export type ChosenOutput =
  | { readonly kind: 'path'; readonly path: string }
  /** The name is taken and the job said to skip it then. */
  | { readonly kind: 'skip'; readonly path: string };

/** The size of the picture that is made, as far as it is known before the encode is planned. */
function outputSize(source: SourceInfo, preset: Preset): Size | null {
  const video = mainVideo(source);
  return video === undefined ? null : fitPicture(video, preset.video).output;
}

/**
 * Chooses the final path of a job's output and reserves it in the queue, so that no other job takes it. The folder is made
 * when it is a chosen one. Throws `output-exists`, `output-is-source` and what making the folder can throw.
 */
export async function chooseOutput(
  host: Host,
  store: QueueStore,
  request: OutputRequest,
): Promise<ChosenOutput> {
  const { source, preset, choice, jobId } = request;
  const folder = choice.folder ?? dirname(source.path);
  if (choice.folder !== null) await host.files.makeFolder(folder);
  const size = outputSize(source, preset);
  const base = outputBaseName(choice.template, {
    sourcePath: source.path,
    preset: preset.id,
    codec: preset.video.codec,
    width: size?.width ?? null,
    height: size?.height ?? null,
    date: request.date,
  });
  const sourceFile = await host.files.stat(source.path);
  const most = choice.onExisting === 'rename' ? MOST_CANDIDATES : 1;
  for (let n = 1; n <= most; n++) {
    const path = candidatePath(folder, base, preset.container, n);
    const existing = await host.files.stat(path);
    if (existing !== null && existing.fileId === sourceFile?.fileId && choice.onExisting !== 'rename') {
      throw problem(
        'output-is-source',
        `The output would replace its own source, ${path}.`,
        'Choose another name template or folder.',
      );
    }
    if (existing !== null && choice.onExisting === 'skip') return { kind: 'skip', path };
    const mayUse = existing === null || (choice.onExisting === 'overwrite' && existing.kind === 'file');
    if (mayUse && store.reserveOutputPath(jobId, path)) return { kind: 'path', path };
  }
  const path = candidatePath(folder, base, preset.container, 1);
  throw choice.onExisting === 'overwrite'
    ? problem(
        'output-exists',
        `${path} cannot be replaced: it is no file, or another job uses it.`,
        'Choose another name template or folder.',
      )
    : problem(
        'output-exists',
        `${path} is already there, or another job uses it.`,
        'Choose another name template or folder, or allow renaming or overwriting.',
      );
}
