import { hostname, networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { isOwnHost } from '../../src/engine/api/access.ts';
import { ownNames } from '../../src/engine/api/own-names.ts';

it('a server on one address has no further names', () => {
  expect(ownNames('127.0.0.1')).toEqual([]);
  expect(ownNames('192.0.2.7')).toEqual([]);
});

it('a server on every address answers to the machine, and to nobody else', () => {
  const address = { bindHost: '0.0.0.0', port: 4000, allowedHosts: ownNames('0.0.0.0') };
  expect(isOwnHost(`${hostname()}:4000`, address)).toBe(true);
  for (const list of Object.values(networkInterfaces())) {
    for (const { address: ip, family } of list ?? []) {
      const literal = family === 'IPv6' ? `[${ip.split('%')[0]}]` : ip;
      expect(isOwnHost(`${literal}:4000`, address)).toBe(true);
    }
  }
  expect(isOwnHost('attacker.example:4000', address)).toBe(false);
  expect(isOwnHost('203.0.113.9:4000', address)).toBe(false);
});
