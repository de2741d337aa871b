import type { HostId } from '../../common/ids.ts';

/** A program and its arguments. Never a shell line: each argument reaches the program as it is. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Added to the host's own environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface ExecOptions {
  /** Aborting kills the process and its children. */
  readonly signal?: AbortSignal;
  /** Called with each line, without its end. A line longer than 64 KiB comes in pieces. */
  readonly onStdoutLine?: (line: string) => void;
  readonly onStderrLine?: (line: string) => void;
  /** `low` yields to other programs (nice 10 where the system has it). Default `normal`. */
  readonly priority?: 'normal' | 'low';
}

/** How a process ended. Either it exited with a code or a signal ended it. */
export interface Exit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** What tells this process from another that gets the same number later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** The kernel's start mark of the process, opaque; null where the system does not tell. */
  readonly startMark: string | null;
}

export interface HostProcess {
  readonly identity: ProcessIdentity;
  /** Settles when the process has ended and its output was read. Never rejects. */
  readonly done: Promise<Exit>;
  /** Ends the process and its children. `force` at once; otherwise asks first and forces after five seconds. */
  kill(how?: 'ask' | 'force'): void;
  /** Stops the process where it is, or lets it go on. False where the host cannot (Windows). */
  suspend(): boolean;
  resume(): boolean;
}

export interface FileStat {
  readonly kind: 'file' | 'folder' | 'other';
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  /** Device and inode as text: the same file under two names has the same. */
  readonly fileId: string;
}

/** File operations on the host. Paths are absolute, in the host's own form. Failures are `ProblemError`s. */
export interface HostFiles {
  /** Null when there is nothing at the path. */
  stat(path: string): Promise<FileStat | null>;
  list(folder: string): Promise<{ name: string; kind: 'file' | 'folder' | 'other' }[]>;
  makeFolder(path: string): Promise<void>;
  /** No error when nothing is there. A folder goes with all that is in it. */
  remove(path: string): Promise<void>;
  readText(path: string, maxBytes?: number): Promise<string>;
  /** The file's first bytes, fewer when it is shorter. Tells what a file is that nothing can open. */
  readHead(path: string, byteCount: number): Promise<Uint8Array>;
  writeText(path: string, text: string): Promise<void>;
  /** Moves a complete file to its final name; never onto an existing file unless `overwrite`. Durable when it returns. */
  publish(temporary: string, final: string, options: { overwrite: boolean }): Promise<void>;
  freeSpaceBytes(folder: string): Promise<number>;
  /** Of the disk that holds the folder. Free is what may still be written, without what is kept for the administrator. */
  diskSpace(folder: string): Promise<DiskSpace>;
}

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface HostFacts {
  readonly platform: 'linux' | 'darwin' | 'win32';
  readonly arch: string;
  readonly hostname: string;
  readonly cpuName: string;
  readonly cpuCores: number;
  readonly cpuThreads: number;
  readonly memoryBytes: number;
}

/** Runs commands and holds files. Nothing above this layer asks whether it is far away. */
export interface Host {
  readonly id: HostId;
  readonly name: string;
  /** Starts a process. Throws a `ProblemError` when the program is not there or may not be run. */
  exec(command: Command, options?: ExecOptions): Promise<HostProcess>;
  /** Kills what is left of a process of an earlier run, if the number still belongs to it. */
  killLeftover(identity: ProcessIdentity): Promise<void>;
  readonly files: HostFiles;
  facts(): Promise<HostFacts>;
  dispose(): Promise<void>;
}
