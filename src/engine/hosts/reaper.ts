import { type ChildProcess, spawn } from 'node:child_process';

/**
 * The program of the reaper process. It knows the children of its parent by number and waits on its standard input: when
 * that ends, the parent is gone, however it died, and every child still known is killed with all that it started.
 */
const PROGRAM = `
const known = new Set();
let rest = '';
for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(s, () => {});
process.stdin.setEncoding('utf8').on('data', (text) => {
  const lines = (rest + text).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    if (line[0] === '+') known.add(Number(line.slice(1)));
    else known.delete(Number(line.slice(1)));
  }
}).on('end', () => {
  for (const pid of known) {
    if (process.platform === 'win32') require('node:child_process').spawnSync('taskkill', ['/PID', String(pid), '/T', '/F']);
    else try { process.kill(-pid, 'SIGKILL'); } catch {}
  }
});
`;

const IDLE_END_MS = 10_000;

/**
 * Sees to it that no child outlives this process, not even after `kill -9`. One small helper process serves all children;
 * it starts with the first and ends when there have been none for a while.
 */
export class Reaper {
  #process: ChildProcess | null = null;
  #children = new Set<number>();
  #idleTimer: NodeJS.Timeout | null = null;

  add(pid: number): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    this.#children.add(pid);
    if (this.#process === null) this.#start();
    else this.#tell(`+${pid}`);
  }

  remove(pid: number): void {
    this.#children.delete(pid);
    this.#tell(`-${pid}`);
    if (this.#children.size === 0) {
      this.#idleTimer = setTimeout(() => this.dispose(), IDLE_END_MS);
      this.#idleTimer.unref();
    }
  }

  /** Ends the helper process, which kills the children that are left. */
  dispose(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    this.#process?.stdin?.end();
    this.#process = null;
  }

  #start(): void {
    const child = spawn(process.execPath, ['-e', PROGRAM], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // Its own session: a Ctrl-C in the terminal is for the parent, which then needs the reaper most.
      detached: true,
      windowsHide: true,
      // In a packaged app the executable is Electron; this makes it behave as Node.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' },
    });
    this.#process = child;
    child.unref();
    // A pipe that is waited on would keep this process alive.
    const input = child.stdin;
    if (input !== null && 'unref' in input && typeof input.unref === 'function') input.unref();
    input?.on('error', () => {});
    child.on('error', () => {});
    child.on('exit', () => {
      if (this.#process !== child) return;
      this.#process = null;
      if (this.#children.size > 0) this.#start();
    });
    for (const pid of this.#children) this.#tell(`+${pid}`);
  }

  #tell(line: string): void {
    this.#process?.stdin?.write(`${line}\n`);
  }
}
