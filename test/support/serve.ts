import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { startGantry } from './processes.ts';

export interface Served {
  readonly process: ChildProcess;
  readonly url: string;
  readonly token: string;
  /** Calls the REST API; throws on an error status. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/** Starts `gantry serve` on a free port and waits for its one line. */
export async function startServe(home: string, env: Record<string, string> = {}): Promise<Served> {
  const child = startGantry(['serve', '--port', '0', '--json'], { GANTRY_HOME: home, ...env });
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk);
  });
  const line = await new Promise<string>((resolve, reject) => {
    if (child.stdout === null) throw new Error('no stdout');
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code, signal) => reject(new Error(`serve ended (${code ?? signal}): ${errors}`)));
  });
  const { url, token } = JSON.parse(line) as { url: string; token: string };
  const { origin } = new URL(url);
  return {
    process: child,
    url,
    token,
    call: async <T>(method: string, path: string, body?: unknown): Promise<T> => {
      const response = await fetch(`${origin}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return JSON.parse(text) as T;
    },
  };
}
