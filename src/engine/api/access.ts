import { createHash, timingSafeEqual } from 'node:crypto';

/** Where the server listens, as far as a `Host` header may name it. */
export interface ServerAddress {
  readonly bindHost: string;
  readonly port: number;
  /** Further names people reach it by: `name` (on the server's port or the default one) or `name:port`. */
  readonly allowedHosts: readonly string[];
}

/** The subprotocol that a browser's WebSocket asks for; the token travels beside it. */
export const WEBSOCKET_PROTOCOL = 'gantry.v1';
const TOKEN_PROTOCOL_PREFIX = 'gantry.token.';

/**
 * Whether a `Host` header names this server. A page that reaches a loopback server under a name of its own (DNS
 * rebinding) sends that name, and is refused.
 */
export function isOwnHost(hostHeader: string | undefined, address: ServerAddress): boolean {
  const named = parseHost(hostHeader ?? '');
  if (named === null) return false;
  const isOwnPort = named.port === address.port || (named.port === null && address.port === 80);
  if (isLoopbackName(named.name) || named.name === address.bindHost.toLowerCase()) return isOwnPort;
  return address.allowedHosts.some((allowed) => {
    const wanted = parseHost(allowed);
    if (wanted === null || wanted.name !== named.name) return false;
    if (wanted.port !== null) return wanted.port === named.port;
    return named.port === null || named.port === address.port;
  });
}

/** Whether an `Origin` header is that of a page served under the same `Host`. `null` is a foreign one. */
export function isSameOrigin(origin: string, hostHeader: string | undefined): boolean {
  const host = (hostHeader ?? '').toLowerCase();
  return host !== '' && (origin === `http://${host}` || origin === `https://${host}`);
}

/** Compares in constant time, whatever the lengths. */
export function isToken(given: string | null, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(expected)) && given !== null;
}

/** The token of an `Authorization: Bearer …` header; null when there is none. */
export function bearerToken(header: string | undefined): string | null {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null;
}

/** The token that a browser's WebSocket carries as `gantry.token.<base64url>`: it cannot set headers. */
export function protocolToken(header: string | undefined): string | null {
  const protocols = (header ?? '').split(',').map((name) => name.trim());
  const carrier = protocols.find((name) => name.startsWith(TOKEN_PROTOCOL_PREFIX));
  if (carrier === undefined) return null;
  return Buffer.from(carrier.slice(TOKEN_PROTOCOL_PREFIX.length), 'base64url').toString('utf8');
}

/** Name in lower case, an IPv6 address without its brackets; port null when none is given. */
function parseHost(text: string): { name: string; port: number | null } | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text.toLowerCase());
  const name = match?.[1] ?? match?.[2];
  if (name === undefined) return null;
  return { name, port: match?.[3] === undefined ? null : Number(match[3]) };
}

function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
}
