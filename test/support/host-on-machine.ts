import type { Command, ExecOptions, HostProcess } from '../../src/engine/hosts/host.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import type { VirtualMachine } from './virtual-gpu.ts';

/** This machine, with the GPUs of a virtual one: every process that it starts lives there. */
export class HostOnMachine extends LocalHost {
  readonly #machine: Pick<VirtualMachine, 'env'>;

  constructor(machine: Pick<VirtualMachine, 'env'>) {
    super();
    this.#machine = machine;
  }

  override exec(command: Command, options: ExecOptions = {}): Promise<HostProcess> {
    return super.exec({ ...command, env: { ...this.#machine.env, ...command.env } }, options);
  }
}
