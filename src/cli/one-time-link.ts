import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OneTimeLink {
  readonly url: string;
  close(): void;
}

/**
 * An address on this machine that leads to `target` once and is then gone. A browser is started with its address on the
 * command line, where every user of the machine can read it; the target holds the token and must not stand there.
 */
export async function oneTimeLink(target: string): Promise<OneTimeLink> {
  const path = `/${randomBytes(24).toString('base64url')}`;
  let isUsed = false;
  const server = createServer((request, response) => {
    response.setHeader('Connection', 'close');
    if (request.method !== 'GET' || request.url !== path || isUsed) {
      response.writeHead(404).end();
      return;
    }
    isUsed = true;
    response.writeHead(302, {
      Location: target,
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
    });
    response.end(() => server.close());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}${path}`, close: () => server.close() };
}
