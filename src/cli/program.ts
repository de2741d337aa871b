import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { JobStatus, OnExisting } from '../common/job.ts';
import { addBenchCommands } from './bench-commands.ts';
import { type Action, type Perform, withJson } from './command-action.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { NewJobOptions } from './new-jobs.ts';
import { jobId, jobIds, nonEmpty, nonEmptyList, overrides, wholeNumber } from './option-values.ts';

/** Gives a command its context, once `--json` is known. */
export type ContextFor = (options: { json: boolean }) => CommandContext;

/**
 * The command line: every command, option and help text. The commands themselves are loaded when they are called, so that
 * `--help` and `--version` come at once.
 *
 * @param report told the exit code of the command that ran
 */
export function buildProgram(
  version: string,
  contextFor: ContextFor,
  report: (code: ExitCode) => void,
): Command {
  const perform = async (options: { json?: boolean }, action: Action): Promise<void> => {
    report(await action(contextFor({ json: options.json === true })));
  };

  const program = new Command('gantry')
    .description('A transcoding queue that puts every encoder within reach to work.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', PROGRAM_HELP);

  addJobOptions(
    program
      .command('encode')
      .summary('encode files or whole folders, and stay until they are done')
      .description('Encode files or whole folders, and stay until they are done.')
      .argument('<input...>', 'files and folders; folders are walked', nonEmptyList),
  )
    .addHelpText('after', ENCODE_HELP)
    .action((inputs: string[], options: JobOptions) =>
      perform(options, async (context) =>
        (await import('./commands/encode.ts')).encode(context, inputs, options),
      ),
    );

  addQueueCommands(program, perform);
  addPresetCommands(program, perform);
  addSettingsCommands(program, perform);

  withJson(program.command('devices'))
    .summary('list GPUs and the CPU, and what each can encode')
    .description('List GPUs and the CPU, what each can encode, and why not where it cannot.')
    .option('--refresh', 'look again and prove every encoder anew')
    .action((options: { json?: boolean; refresh?: boolean }) =>
      perform(options, async (context) =>
        (await import('./commands/devices.ts')).listDevices(context, options),
      ),
    );

  addBenchCommands(program, perform);

  withJson(program.command('inspect'))
    .summary('show what a file is')
    .description('Show the container, streams, chapters and tags of a file, and whether it can be encoded.')
    .argument('<file>', 'the file', nonEmpty)
    .action((file: string, options: { json?: boolean }) =>
      perform(options, async (context) => (await import('./commands/inspect.ts')).inspect(context, file)),
    );

  withJson(program.command('doctor'))
    .summary('check what works here, and what to do where it does not')
    .description('Check ffmpeg builds, devices and encoders, and say what is wrong and what to do.')
    .action((options: { json?: boolean }) =>
      perform(options, async (context) => (await import('./commands/doctor.ts')).doctor(context)),
    );

  withJson(program.command('serve'))
    .summary('run the queue with a user interface for browsers')
    .description('Run the queue with a user interface for browsers and an API for scripts, until stopped.')
    .option('--port <number>', 'port to listen on; 0 takes a free one', wholeNumber(0, 65_535), 0)
    .option('--host <address>', 'address to listen on', nonEmpty, '127.0.0.1')
    .option('--open', 'open it in the default browser')
    .addHelpText('after', SERVE_HELP)
    .action((options: { json?: boolean; port: number; host: string; open?: boolean }) =>
      perform(options, async (context) => (await import('./commands/serve.ts')).serve(context, options)),
    );

  return program;
}

/** The line in a usage error that leads on. */
export function helpHint(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return `See: ${names.join(' ')} --help`;
}

interface JobOptions extends NewJobOptions {
  readonly json?: boolean;
}

function addJobOptions(command: Command): Command {
  return withJson(
    command
      .option('-p, --preset <id>', 'what to make, see `gantry presets list`', nonEmpty)
      .option('-o, --out <folder>', 'folder for the outputs; beside each source by default', nonEmpty)
      .option('-d, --device <id>', 'auto, gpu, cpu, or a device of `gantry devices`', nonEmpty)
      .option('-s, --set <key=value>', 'change one setting of the preset; may be repeated', overrides)
      .option('--name <template>', 'name of the output, e.g. "{name}-{preset}"', nonEmpty)
      .addOption(
        new Option('--on-existing <what>', 'what to do when the output is there already').choices(
          OnExisting.options,
        ),
      ),
  );
}

function addQueueCommands(program: Command, perform: Perform): void {
  const queue = program
    .command('queue')
    .summary('look at the queue and change it')
    .description('Look at the queue and change it.')
    .addHelpText('after', QUEUE_HELP);
  const load = () => import('./commands/queue.ts');

  addJobOptions(
    queue
      .command('add')
      .description('Add files or whole folders. They are encoded by whatever runs the queue.')
      .argument('<input...>', 'files and folders; folders are walked', nonEmptyList),
  )
    .option('--priority <number>', 'higher runs earlier', wholeNumber(-1000, 1000))
    .option('--paused', 'add on hold, until resumed')
    .action((inputs: string[], options: JobOptions) =>
      perform(options, async (context) => (await load()).addToQueue(context, inputs, options)),
    );

  withJson(queue.command('list'))
    .description('List jobs: running first, then as they will run, then what has ended, newest first.')
    .addOption(
      new Option(
        '--status <status>',
        `only jobs in this state (${JobStatus.options.join(', ')}); may be repeated`,
      ).argParser(statuses),
    )
    .option('--limit <number>', 'at most so many', wholeNumber(1, 1_000_000), 200)
    .option('--offset <number>', 'leave out the first so many', wholeNumber(0, 10_000_000), 0)
    .action((options: { json?: boolean; status?: JobStatus[]; limit: number; offset: number }) =>
      perform(options, async (context) => (await load()).listQueue(context, options)),
    );

  withJson(queue.command('show'))
    .description('Show jobs in full, with every attempt and its command.')
    .argument('<id...>', 'job ids', jobIds)
    .action((ids: ReturnType<typeof jobIds>, options: { json?: boolean }) =>
      perform(options, async (context) => (await load()).showJobs(context, ids)),
    );

  const many = [
    {
      name: 'pause',
      text: 'Put jobs on hold, or the whole queue when none is named.',
      all: 'the whole queue',
    },
    {
      name: 'resume',
      text: 'Let jobs go on, or the whole queue when none is named.',
      all: 'the whole queue',
    },
    { name: 'cancel', text: 'End jobs that have not ended.', all: 'every job that has not ended' },
    { name: 'retry', text: 'Queue jobs that have ended again.', all: 'every failed or cancelled job' },
    { name: 'remove', text: 'Forget jobs. Outputs stay where they are.', all: 'every job that has ended' },
  ] as const;
  for (const { name, text, all } of many) {
    withJson(queue.command(name))
      .description(text)
      .argument('[id...]', 'job ids', jobIds)
      .option('--all', all)
      .action((ids: ReturnType<typeof jobIds> | undefined, options: { json?: boolean; all?: boolean }) =>
        perform(options, async (context) => (await load()).actOnJobs(context, name, ids ?? [], options)),
      );
  }

  withJson(queue.command('run'))
    .description('Work off everything that is queued, and stay until it is done.')
    .action((options: { json?: boolean }) =>
      perform(options, async (context) => (await import('./commands/encode.ts')).runQueue(context)),
    );

  withJson(queue.command('move'))
    .description('Move waiting jobs to another place in the queue.')
    .argument('<id...>', 'job ids', jobIds)
    .option('--before <id>', 'in front of this job', jobId)
    .option('--last', 'to the end')
    .action(
      (
        ids: ReturnType<typeof jobIds>,
        options: { json?: boolean; before?: ReturnType<typeof jobId>; last?: boolean },
      ) => perform(options, async (context) => (await load()).moveJobs(context, ids, options)),
    );

  withJson(queue.command('priority'))
    .description('Change the priority of jobs; higher runs earlier.')
    .addArgument(
      new Argument('<number>', 'from -1000 to 1000; write -- before a negative one').argParser(
        wholeNumber(-1000, 1000),
      ),
    )
    .argument('<id...>', 'job ids', jobIds)
    .action((priority: number, ids: ReturnType<typeof jobIds>, options: { json?: boolean }) =>
      perform(options, async (context) => (await load()).setPriority(context, priority, ids)),
    );
}

function addPresetCommands(program: Command, perform: Perform): void {
  const presets = program
    .command('presets')
    .summary('look at presets and keep own ones')
    .description('Look at presets and keep own ones.');
  const load = () => import('./commands/presets.ts');

  withJson(presets.command('list'))
    .description('List built-in presets and own ones.')
    .action((options: { json?: boolean }) =>
      perform(options, async (context) => (await load()).listPresets(context)),
    );
  withJson(presets.command('show'))
    .description('Show one preset in full.')
    .argument('<id>', 'the preset', nonEmpty)
    .action((id: string, options: { json?: boolean }) =>
      perform(options, async (context) => (await load()).showPreset(context, id)),
    );
  withJson(presets.command('import'))
    .description('Keep the presets of a JSON file. One of the same id is replaced.')
    .argument('<file>', 'the file', nonEmpty)
    .action((file: string, options: { json?: boolean }) =>
      perform(options, async (context) => (await load()).importPresets(context, file)),
    );
  withJson(presets.command('export'))
    .description('Write a preset as JSON, to a new file or to the screen.')
    .argument('<id>', 'the preset', nonEmpty)
    .argument('[file]', 'the file', nonEmpty)
    .action((id: string, file: string | undefined, options: { json?: boolean }) =>
      perform(options, async (context) => (await load()).exportPreset(context, id, file)),
    );
  withJson(presets.command('remove'))
    .description('Delete a preset of your own. Jobs that were added with it keep it.')
    .argument('<id>', 'the preset', nonEmpty)
    .action((id: string, options: { json?: boolean }) =>
      perform(options, async (context) => (await load()).removePreset(context, id)),
    );
}

function addSettingsCommands(program: Command, perform: Perform): void {
  const settings = program
    .command('settings')
    .summary('look at settings and change them')
    .description('Look at settings and change them.')
    .addHelpText('after', SETTINGS_HELP);
  const load = () => import('./commands/settings.ts');
  withJson(settings.command('list'))
    .description('List all settings.')
    .action((options: { json?: boolean }) =>
      perform(options, async (context) => (await load()).listSettings(context)),
    );
  withJson(settings.command('set'))
    .description('Change settings, for this and every later start.')
    .argument('<key=value...>', 'settings; an empty value is none', overrides)
    .action((changes: ReturnType<typeof overrides>, options: { json?: boolean }) =>
      perform(options, async (context) => (await load()).changeSettings(context, changes)),
    );
}

function statuses(text: string, previous: readonly JobStatus[] = []): JobStatus[] {
  const parsed = JobStatus.array().safeParse(text.split(','));
  if (!parsed.success) throw new InvalidArgumentError(`It is one of ${JobStatus.options.join(', ')}.`);
  return [...previous, ...parsed.data];
}

const PROGRAM_HELP = `
Examples:
  gantry encode film.mov                      film-h264.mp4 beside it
  gantry encode clips/ --preset hevc --out small/
  gantry queue add *.mkv && gantry queue run
  gantry serve --open

Environment:
  GANTRY_HOME   folder of the queue and the settings
  GANTRY_TOKEN  token for \`gantry serve\`, instead of a fresh one

Exit codes: ${EXIT.ok} success, ${EXIT.failed} some of the work failed, ${EXIT.usage} the command line was wrong.
`;

const ENCODE_HELP = `
Examples:
  gantry encode film.mov --preset h264-720p
  gantry encode clips/ --preset hevc --out small/ --on-existing skip
  gantry encode film.mov --device cpu --set video.rate.quality=20 --set video.effort=slow
  gantry encode -- -odd-name.mp4              a name that begins with a dash

Ctrl-C stops cleanly: what runs goes back to the queue, and \`gantry queue run\` goes on with it.
With --json, one event a line; the last of each job is {"type":"result","job":{…}}.
`;

const QUEUE_HELP = `
Examples:
  gantry queue add clips/ --preset av1 --priority 10
  gantry queue list --status failed --json
  gantry queue retry --all
  gantry queue move 12 13 --before 7
  gantry queue run
`;

const SETTINGS_HELP = `
Examples:
  gantry settings list
  gantry settings set onGpuFailure=hold       a driver that crashes sends no job to the CPU
  gantry settings set cpuSlots=4 output.folder=/films/out
  gantry settings set output.folder=          beside each source again
`;

const SERVE_HELP = `
The address that is printed holds the token; keep it to yourself.

Examples:
  gantry serve --open
  gantry serve --port 8080 --json             one line {"url","token"} when it is ready
  ssh -L 8080:127.0.0.1:8080 far-machine      reach one on another machine, with --port 8080 there
`;
