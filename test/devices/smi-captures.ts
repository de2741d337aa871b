import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Real captures: the excerpts kept here, and the whole files where a folder with them is at hand. */
export interface Capture {
  readonly file: string;
  readonly source: 'excerpt' | 'whole';
  readonly list: string;
  /** One per `--query-gpu`: its fields and what was printed, header and units included. */
  readonly queries: readonly {
    readonly load: 'idle' | 'load';
    readonly fields: string[];
    readonly csv: string;
  }[];
}

const EXCERPTS = join(import.meta.dirname, 'fixtures');
const WHOLE = join(
  process.env['GANTRY_TEST_FIXTURES'] ?? join(import.meta.dirname, '../../../shared/fixtures'),
  'nvidia-smi',
);

export function readCaptures(): Capture[] {
  const folders = [
    { folder: EXCERPTS, source: 'excerpt' as const },
    ...(existsSync(WHOLE) ? [{ folder: WHOLE, source: 'whole' as const }] : []),
  ];
  return folders.flatMap(({ folder, source }) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.txt'))
      .sort()
      .map((file) => readCapture(file, source, readFileSync(join(folder, file), 'utf8'))),
  );
}

function readCapture(file: string, source: Capture['source'], text: string): Capture {
  const lines = text.split('\n');
  const queries: Capture['queries'][number][] = [];
  let list = '';
  for (const [at, line] of lines.entries()) {
    const output = () => {
      const after = lines.slice(at + 1).filter((next) => !/^#+$/.test(next));
      const end = after.findIndex((next) => next === '' || next.startsWith('#'));
      return after.slice(0, end === -1 ? undefined : end).join('\n');
    };
    if (line === '# $ nvidia-smi -L') list = output();
    const query = /^# \$ nvidia-smi --query-gpu=(\S+) --format=csv$/.exec(line);
    if (query?.[1]) {
      const load = /^# load/.test(lines[at - 1] ?? '') ? 'load' : 'idle';
      queries.push({ load, fields: query[1].split(','), csv: output() });
    }
  }
  return { file, source, list, queries };
}
