import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { problem } from '../../common/problem.ts';
import type { Command, ExecOptions, Exit, HostProcess } from './host.ts';
import { LineSplitter } from './line-splitter.ts';
import { identityOf } from './process-identity.ts';
import type { Reaper } from './reaper.ts';

const FORCE_AFTER_MS = 5_000;
/** How long output may stay open after the program ended before whatever holds it open is killed. */
const OUTPUT_GRACE_MS = 1_000;

const isWindows = process.platform === 'win32';

/** Signals the whole group that the child leads. The group may be gone already, which is what was wanted. */
function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

export function killTree(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (isWindows) {
    // Windows has no groups to signal; taskkill walks the tree. A console program cannot be asked politely.
    spawn('taskkill', ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true }).on(
      'error',
      () => {},
    );
    return;
  }
  signalGroup(pid, signal);
  // A suspended process acts on SIGTERM only once it goes on.
  if (signal === 'SIGTERM') signalGroup(pid, 'SIGCONT');
}

function startProblem(error: unknown, file: string) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT')
    return problem(
      'ffmpeg-missing',
      `The program ${file} was not found.`,
      'Install it, or choose another one in the settings.',
      String(error),
    );
  if (code === 'EACCES' || code === 'ENOEXEC')
    return problem(
      'ffmpeg-broken',
      `The program ${file} cannot be run.`,
      'Check that it is a program for this system and may be executed.',
      String(error),
    );
  return problem(
    'internal',
    `Starting ${file} failed.`,
    'Check memory and process limits of this machine, then retry.',
    String(error),
  );
}

function readLines(stream: NodeJS.ReadableStream | null, onLine: ((line: string) => void) | undefined): void {
  if (stream === null) return;
  const splitter = new LineSplitter(onLine ?? (() => {}));
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => splitter.push(text));
  stream.on('end', () => splitter.end());
  stream.on('error', () => {});
}

function started(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
}

/** Starts a program as the leader of its own process group, without a shell and without standard input. */
export async function startLocalProcess(
  command: Command,
  options: ExecOptions,
  reaper: Reaper,
): Promise<HostProcess> {
  options.signal?.throwIfAborted();
  const { ELECTRON_RUN_AS_NODE: _, ...inherited } = process.env;
  let child: ChildProcess;
  try {
    child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: { ...inherited, ...command.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: !isWindows,
      windowsHide: true,
    });
  } catch (error) {
    throw startProblem(error, command.file);
  }
  if (child.pid !== undefined) reaper.add(child.pid);
  readLines(child.stdout, options.onStdoutLine);
  readLines(child.stderr, options.onStderrLine);

  let hasEnded = false;
  const done = new Promise<Exit>((resolve) => {
    child.once('exit', () => {
      setTimeout(() => {
        if (!hasEnded && child.pid !== undefined) killTree(child.pid, 'SIGKILL');
      }, OUTPUT_GRACE_MS).unref();
    });
    child.once('close', (exitCode, signal) => {
      hasEnded = true;
      if (child.pid !== undefined) reaper.remove(child.pid);
      resolve({ exitCode, signal });
    });
  });

  const pid = await started(child).catch((error: unknown) => {
    throw startProblem(error, command.file);
  });
  if (options.priority === 'low') {
    try {
      setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It ended already.
    }
  }

  const kill = (how: 'ask' | 'force' = 'ask'): void => {
    if (hasEnded) return;
    killTree(pid, how === 'force' ? 'SIGKILL' : 'SIGTERM');
    if (how === 'ask') setTimeout(() => !hasEnded && killTree(pid, 'SIGKILL'), FORCE_AFTER_MS).unref();
  };
  const onAbort = () => kill('force');
  if (options.signal?.aborted) onAbort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  void done.then(() => options.signal?.removeEventListener('abort', onAbort));

  return {
    identity: identityOf(pid),
    done,
    kill,
    suspend: () => !isWindows && !hasEnded && signalGroup(pid, 'SIGSTOP'),
    resume: () => !isWindows && !hasEnded && signalGroup(pid, 'SIGCONT'),
  };
}
