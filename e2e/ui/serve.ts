import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const GANTRY = resolve('bin/gantry.mjs');

/** A real `gantry serve` over a data folder of its own. Comes back on the same port with the same token. */
export class GantryServer {
  readonly home: string;
  readonly token = randomBytes(16).toString('hex');
  #process: ChildProcess | null = null;
  #port = 0;
  #errors = '';

  readonly #environment: Readonly<Record<string, string>>;

  private constructor(home: string, environment: Readonly<Record<string, string>>) {
    this.home = home;
    this.#environment = environment;
  }

  /** @param environment what its machine is, beside what is inherited: that of a virtual one */
  static async start(
    folder: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<GantryServer> {
    const server = new GantryServer(join(folder, 'home'), environment);
    await server.start();
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The link that `gantry serve` prints. */
  get link(): string {
    return `${this.origin}/?token=${this.token}`;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [GANTRY, 'serve', '--json', '--port', String(this.#port)], {
      env: {
        ...process.env,
        ...this.#environment,
        GANTRY_HOME: this.home,
        GANTRY_TOKEN: this.token,
        GANTRY_NO_OPEN: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stderr.on('data', (chunk) => {
      this.#errors += String(chunk);
    });
    const line = await new Promise<string>((found, failed) => {
      createInterface({ input: child.stdout }).once('line', found);
      child.once('exit', (code, signal) =>
        failed(new Error(`serve ended (${code ?? signal}): ${this.#errors}`)),
      );
    });
    this.#port = Number(new URL((JSON.parse(line) as { url: string }).url).port);
  }

  /** Ends the server as Ctrl-C does, or as a crash does. */
  async stop(how: 'ask' | 'kill' = 'ask'): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(how === 'ask' ? 'SIGTERM' : 'SIGKILL');
    await ended;
  }

  /** Calls the REST API, to set a scene that the page is not the subject of. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
    return JSON.parse(answer) as T;
  }
}
