import { toast } from 'sonner';
import { ProblemError } from '../../common/problem.ts';
import { attempt } from '../connection/attempt.ts';
import { isAbort, problemOf } from '../connection/problem-of.ts';
import { fileName } from '../controls/file-path.ts';
import { type AddItem, dropItems, findItem, setStage, useAdd } from '../stores/add-store.ts';
import { engine } from '../stores/connection-store.ts';
import { text } from '../text/en.ts';
import { mediaFilesIn } from './expand-folder.ts';
import { addJobs } from './start-jobs.ts';

const UPLOADS_AT_ONCE = 2;
const INSPECTED_AT_ONCE = 4;

let nextKey = 1;
const uploads = new Map<number, AbortController>();
let isInspecting = false;

/** Shows files and folders of the engine's machine in the sheet and inspects them. */
export function takePaths(paths: readonly string[]): void {
  if (paths.length === 0) return;
  const items = paths.map(
    (path): AddItem => ({
      key: nextKey++,
      name: fileName(path),
      sizeBytes: null,
      file: null,
      stage: { kind: 'reading', path },
      promised: null,
    }),
  );
  useAdd.setState((state) => ({ isOpen: true, items: [...state.items, ...items] }));
  void inspectNext();
}

/** Shows files of this browser in the sheet, sends them to the engine's machine and inspects them there. */
export function takeFiles(files: readonly File[], leftOut = 0): void {
  if (leftOut > 0) toast(text.add.leftOut(leftOut));
  if (files.length === 0) return;
  const items = files.map(
    (file): AddItem => ({
      key: nextKey++,
      name: file.name,
      sizeBytes: file.size,
      file,
      stage: { kind: 'waiting' },
      promised: null,
    }),
  );
  useAdd.setState((state) => ({ isOpen: true, items: [...state.items, ...items] }));
  uploadNext();
}

/** Takes items out of the sheet and stops their uploads. */
export function leaveOut(keys: readonly number[]): void {
  for (const key of keys) uploads.get(key)?.abort();
  dropItems(new Set(keys));
  uploadNext();
}

export function retryUpload(key: number): void {
  setStage(key, { kind: 'waiting' });
  uploadNext();
}

function uploadNext(): void {
  while (uploads.size < UPLOADS_AT_ONCE) {
    const next = useAdd
      .getState()
      .items.find((item) => item.stage.kind === 'waiting' && !uploads.has(item.key));
    if (next?.file == null) return;
    void upload(next.key, next.file);
  }
}

async function upload(key: number, file: File): Promise<void> {
  const stop = new AbortController();
  uploads.set(key, stop);
  setStage(key, { kind: 'uploading', fraction: 0 });
  try {
    const { transfer } = engine();
    if (transfer === null) throw new ProblemError(text.problems.noUploads);
    const { path } = await transfer.upload(
      file,
      (fraction) => setStage(key, { kind: 'uploading', fraction }),
      stop.signal,
    );
    const promised = findItem(key)?.promised ?? null;
    if (promised !== null) {
      await attempt(() => addJobs([path], promised));
      dropItems(new Set([key]));
    } else {
      setStage(key, { kind: 'reading', path });
      void inspectNext();
    }
  } catch (error) {
    if (!isAbort(error)) setStage(key, { kind: 'upload-failed', problem: problemOf(error) });
  } finally {
    uploads.delete(key);
    uploadNext();
  }
}

async function inspectNext(): Promise<void> {
  if (isInspecting) return;
  isInspecting = true;
  try {
    for (;;) {
      const next = useAdd
        .getState()
        .items.filter((item) => item.stage.kind === 'reading' && item.promised === null)
        .slice(0, INSPECTED_AT_ONCE);
      if (next.length === 0) return;
      await inspect(next);
    }
  } finally {
    isInspecting = false;
  }
}

async function inspect(items: readonly AddItem[]): Promise<void> {
  const paths = items.map((item) => (item.stage.kind === 'reading' ? item.stage.path : ''));
  try {
    const { sources } = await engine().api.sources.inspect({ paths });
    for (const [place, item] of items.entries()) {
      const found = sources[place];
      if (found === undefined) throw new ProblemError(text.problems.engineFault);
      if (found.error?.code === 'source-is-a-folder') await lookInside(item.key, found.path);
      else if (found.error !== null) setStage(item.key, { kind: 'refused', problem: found.error });
      else if (found.info !== null) setStage(item.key, { kind: 'ready', path: found.path, info: found.info });
    }
  } catch (error) {
    const problem = problemOf(error);
    for (const item of items) setStage(item.key, { kind: 'refused', problem });
  }
}

/** Puts the files of a folder in its place. */
async function lookInside(key: number, folder: string): Promise<void> {
  const files = await mediaFilesIn(folder, (path) => engine().api.sources.browse({ path }));
  if (files === null) {
    setStage(key, { kind: 'folder', path: folder });
    return;
  }
  if (files.length === 0) {
    setStage(key, { kind: 'refused', problem: text.problems.nothingInFolder });
    return;
  }
  const inner = files.map(
    (path): AddItem => ({
      key: nextKey++,
      name: path.startsWith(folder) ? path.slice(folder.length).replace(/^[\\/]/, '') : fileName(path),
      sizeBytes: null,
      file: null,
      stage: { kind: 'reading', path },
      promised: null,
    }),
  );
  useAdd.setState((state) => ({
    items: state.items.flatMap((item) => (item.key === key ? inner : [item])),
  }));
}

/** Whether leaving the page now would break an upload. */
export function isUploading(): boolean {
  return useAdd
    .getState()
    .items.some((item) => item.stage.kind === 'uploading' || item.stage.kind === 'waiting');
}
