import type { HostId } from '../../src/common/ids.ts';
import { problem } from '../../src/common/problem.ts';
import type { Command, ExecOptions, Host, HostFiles, HostProcess } from '../../src/engine/hosts/host.ts';

export interface Printed {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
}

/**
 * Stands in for a machine with hardware that is not here: its programs are functions that replay what real ones print.
 * Everything above the host runs as it is.
 */
export class StandInHost implements Host {
  readonly id: HostId;
  readonly name = 'stand-in';
  readonly #programs: Record<string, (command: Command) => Printed | Promise<Printed>>;
  /** Every command that ran, with its options, in order. */
  readonly ran: { command: Command; options: ExecOptions }[] = [];

  constructor(
    programs: Record<string, (command: Command) => Printed | Promise<Printed>>,
    id: HostId = 'far-away' as HostId,
  ) {
    this.#programs = programs;
    this.id = id;
  }

  async exec(command: Command, options: ExecOptions = {}): Promise<HostProcess> {
    options.signal?.throwIfAborted();
    const program = this.#programs[command.file];
    if (!program) throw problem('ffmpeg-missing', `${command.file} was not found.`, 'Install it.');
    this.ran.push({ command, options });
    const aborted = new Promise<Printed>((resolve) => {
      options.signal?.addEventListener('abort', () => resolve({ exitCode: -1 }), { once: true });
    });
    const done = Promise.race([Promise.resolve(program(command)), aborted]).then((printed) => {
      for (const line of lines(printed.stdout)) options.onStdoutLine?.(line);
      for (const line of lines(printed.stderr)) options.onStderrLine?.(line);
      return printed.exitCode === -1
        ? { exitCode: null, signal: 'SIGKILL' }
        : { exitCode: printed.exitCode ?? 0, signal: null };
    });
    return {
      identity: { pid: 1, startMark: null },
      done,
      kill: () => {},
      suspend: () => false,
      resume: () => false,
    };
  }

  async killLeftover(): Promise<void> {}
  readonly files: HostFiles = {
    stat: async () => null,
    list: async () => [],
    makeFolder: async () => {},
    remove: async () => {},
    readText: async () => '',
    readHead: async () => new Uint8Array(),
    writeText: async () => {},
    publish: async () => {},
    freeSpaceBytes: async () => 0,
    diskSpace: async () => ({ freeBytes: 0, totalBytes: 0 }),
  };

  async facts() {
    return {
      platform: 'linux' as const,
      arch: 'x64',
      hostname: 'stand-in',
      cpuName: 'Stand-in CPU',
      cpuCores: 4,
      cpuThreads: 8,
      memoryBytes: 8e9,
    };
  }

  async dispose(): Promise<void> {}
}

function lines(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
