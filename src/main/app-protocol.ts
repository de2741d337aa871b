import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/** The window's own scheme: it has an origin, unlike `file:`, and serves the user interface and nothing else. */
export const APP_SCHEME = 'app';
export const APP_ORIGIN = `${APP_SCHEME}://gantry`;

/**
 * What the page may do. It has no network: the engine is reached by a port. Style elements are allowed because component
 * libraries write their own.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** The file that an address stands for; null for one outside the folder, of another origin or of an unknown kind. */
export function assetPath(folder: string, address: string): string | null {
  const url = URL.parse(address);
  if (url === null || `${url.protocol}//${url.host}` !== APP_ORIGIN) return null;
  let name: string;
  try {
    name = decodeURIComponent(url.pathname);
  } catch {
    return null;
  }
  if (name.includes('\0') || name.includes('\\')) return null;
  const path = join(folder, name === '/' ? 'index.html' : name);
  if (!path.startsWith(`${folder}${sep}`) || TYPES[extname(path)] === undefined) return null;
  return path;
}

/** Answers requests of the app's own scheme with the built user interface. */
export function serveAssets(folder: string): (request: { url: string; method: string }) => Promise<Response> {
  return async ({ url, method }) => {
    const path = method === 'GET' ? assetPath(folder, url) : null;
    if (path === null) return new Response(null, { status: 404 });
    try {
      return new Response(await readFile(path), {
        headers: {
          'Content-Type': TYPES[extname(path)] ?? '',
          'Content-Security-Policy': CONTENT_SECURITY_POLICY,
          'X-Content-Type-Options': 'nosniff',
        },
      });
    } catch {
      return new Response(null, { status: 404 });
    }
  };
}
