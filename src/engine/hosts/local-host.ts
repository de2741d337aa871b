import { arch, availableParallelism, cpus, hostname, totalmem } from 'node:os';
import { LOCAL_HOST_ID } from '../../common/ids.ts';
import { problem } from '../../common/problem.ts';
import type { Command, ExecOptions, Host, HostFacts, HostProcess, ProcessIdentity } from './host.ts';
import { localFiles } from './local-files.ts';
import { killTree, startLocalProcess } from './local-process.ts';
import { isSameProcess } from './process-identity.ts';
import { Reaper } from './reaper.ts';

function supportedPlatform(): HostFacts['platform'] {
  const { platform } = process;
  if (platform === 'linux' || platform === 'darwin' || platform === 'win32') return platform;
  throw problem('internal', `Gantry does not run on ${platform}.`, 'Use Linux, macOS or Windows.');
}

/** This machine: child processes and local files. */
export class LocalHost implements Host {
  readonly id = LOCAL_HOST_ID;
  readonly name = hostname();
  readonly files = localFiles;
  readonly #reaper = new Reaper();

  exec(command: Command, options: ExecOptions = {}): Promise<HostProcess> {
    return startLocalProcess(command, options, this.#reaper);
  }

  async killLeftover(identity: ProcessIdentity): Promise<void> {
    if (isSameProcess(identity)) killTree(identity.pid, 'SIGKILL');
  }

  async facts(): Promise<HostFacts> {
    const all = cpus();
    return {
      platform: supportedPlatform(),
      arch: arch(),
      hostname: this.name,
      cpuName: all[0]?.model.trim() || 'CPU',
      cpuCores: availableParallelism(),
      cpuThreads: all.length || availableParallelism(),
      memoryBytes: totalmem(),
    };
  }

  async dispose(): Promise<void> {
    this.#reaper.dispose();
  }
}
