import { hostname, networkInterfaces } from 'node:os';

const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * Names under which people reach a server that listens on every address of this machine: its host name and its addresses.
 * Empty for a server on one address, which is its own name. Any other name in a `Host` header stays refused.
 */
export function ownNames(bindHost: string): string[] {
  if (!EVERY_ADDRESS.has(bindHost)) return [];
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  // A link-local IPv6 address carries a zone, which a Host header does not.
  const literals = addresses.map(({ address, family }) =>
    family === 'IPv6' ? `[${address.split('%')[0]}]` : address,
  );
  return [...new Set([hostname(), ...literals])];
}
