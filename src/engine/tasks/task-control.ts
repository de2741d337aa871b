import type { HostProcess } from '../hosts/host.ts';

/**
 * The handle on a running task: stop it, or let it stand still. A task may be told before its process exists, or between
 * two of them; the process that comes next obeys.
 */
export class TaskControl {
  readonly #abort = new AbortController();
  #process: HostProcess | null = null;
  #isSuspended = false;
  #wasSuspended = false;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  /** Whether it ever stood still, so that its duration says nothing about a device's speed. */
  get wasSuspended(): boolean {
    return this.#wasSuspended;
  }

  stop(): void {
    this.#abort.abort();
  }

  /** False where the host cannot suspend a process that runs. */
  setSuspended(isSuspended: boolean): boolean {
    if (isSuspended === this.#isSuspended) return true;
    const process = this.#process;
    if (process !== null && !(isSuspended ? process.suspend() : process.resume())) return false;
    this.#isSuspended = isSuspended;
    this.#wasSuspended ||= isSuspended;
    return true;
  }

  attach(process: HostProcess): void {
    this.#process = process;
    if (this.#isSuspended) process.suspend();
    void process.done.then(() => {
      if (this.#process === process) this.#process = null;
    });
  }
}
