import { type Command, InvalidArgumentError, Option } from 'commander';
import { VideoCodec } from '../common/preset.ts';
import { type Perform, withJson } from './command-action.ts';
import { nonEmpty, nonEmptyList } from './option-values.ts';

/** `gantry bench`, which measures, and what it offers for the runs that were made. */
export function addBenchCommands(program: Command, perform: Perform): void {
  const load = () => import('./commands/bench.ts');
  // `--json` may stand before the name of what is done with runs, or after it.
  const bench = withJson(program.command('bench').enablePositionalOptions())
    .summary('measure how fast and how well each device encodes')
    .description('Measure how fast and how well each device encodes, with a generated source.')
    .option('-d, --device <id>', 'only this device of `gantry devices`; may be repeated', nonEmptyList)
    .addOption(
      new Option(
        '-c, --codec <codec>',
        `only this codec (${VideoCodec.options.join(', ')}); may be repeated`,
      ).argParser(codecs),
    )
    .option('--quick', 'a short source and few encodes: about a minute for each device')
    .addHelpText('after', BENCH_HELP)
    .action((options: { json?: boolean; device?: string[]; codec?: VideoCodec[]; quick?: boolean }) =>
      perform(options, async (context) => (await load()).bench(context, options)),
    );

  withJson(bench.command('list'))
    .description('List all runs, newest first.')
    .option('--csv', 'print every result of every run as CSV')
    .action((options: { csv?: boolean }, command: Command) =>
      perform(command.optsWithGlobals(), async (context) => (await load()).listBenches(context, options)),
    );
  withJson(bench.command('show'))
    .description('Show what a run measured.')
    .argument('<run>', 'the run, as `gantry bench list` shows it', nonEmpty)
    .action((run: string, _options: object, command: Command) =>
      perform(command.optsWithGlobals(), async (context) => (await load()).showBench(context, run)),
    );
  withJson(bench.command('compare'))
    .description('Set the equal encodes of two runs against each other.')
    .argument('<run>', 'the earlier run', nonEmpty)
    .argument('<other>', 'the later run', nonEmpty)
    .action((run: string, other: string, _options: object, command: Command) =>
      perform(command.optsWithGlobals(), async (context) =>
        (await load()).compareBenches(context, run, other),
      ),
    );
  withJson(bench.command('export'))
    .description('Write the results of a run as CSV, to a new file or to the screen.')
    .argument('<run>', 'the run', nonEmpty)
    .argument('[file]', 'the file', nonEmpty)
    .action((run: string, file: string | undefined, _options: object, command: Command) =>
      perform(command.optsWithGlobals(), async (context) => (await load()).exportBench(context, run, file)),
    );
  withJson(bench.command('remove'))
    .description('Forget a run that has ended.')
    .argument('<run>', 'the run', nonEmpty)
    .action((run: string, _options: object, command: Command) =>
      perform(command.optsWithGlobals(), async (context) => (await load()).removeBench(context, run)),
    );
}

function codecs(text: string, previous: readonly VideoCodec[] = []): VideoCodec[] {
  const parsed = VideoCodec.array().safeParse(text.split(','));
  if (!parsed.success) throw new InvalidArgumentError(`It is one of ${VideoCodec.options.join(', ')}.`);
  return [...previous, ...parsed.data];
}

const BENCH_HELP = `
Each device is waited for until nothing of the queue runs on it. Ctrl-C ends it; what was measured is kept.
With --json, one line {"type":"result","result":{…}} for each encode, and at last {"type":"run","run":{…}}.

Examples:
  gantry bench --quick
  gantry bench --device cpu --codec h264 --codec hevc
  gantry bench list
  gantry bench compare 20261121-084312 20261203-190122
  gantry bench export 20261121-084312 results.csv
`;
