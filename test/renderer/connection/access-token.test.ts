import { describe, expect, it } from 'vitest';
import { takeToken, tokenFromPaste, tokenProtocol } from '../../../src/renderer/connection/access-token.ts';

function place(href: string, stored: Record<string, string> = {}) {
  const kept = new Map(Object.entries(stored));
  const state = { href, kept };
  return {
    state,
    href,
    replaceAddress: (next: string) => {
      state.href = next;
    },
    storage: {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    },
  };
}

describe('the token of the first visit', () => {
  it('is kept for the tab and leaves the address, which keeps all else', () => {
    const first = place('http://127.0.0.1:4300/?a=1&token=abc%2Bdef#/devices');
    expect(takeToken(first)).toBe('abc+def');
    expect(first.state.href).toBe('http://127.0.0.1:4300/?a=1#/devices');
    expect([...first.state.kept.values()]).toEqual(['abc+def']);
  });

  it('is found again after a reload, when the address no longer has it', () => {
    const first = place('http://127.0.0.1:4300/?token=abc');
    takeToken(first);
    expect(takeToken(place('http://127.0.0.1:4300/', Object.fromEntries(first.state.kept)))).toBe('abc');
  });

  it('replaces an older one', () => {
    const first = place('http://127.0.0.1:4300/?token=old');
    takeToken(first);
    expect(takeToken(place('http://127.0.0.1:4300/?token=new', Object.fromEntries(first.state.kept)))).toBe(
      'new',
    );
  });

  it('is null where neither the address nor the tab has one', () => {
    expect(takeToken(place('http://127.0.0.1:4300/#/queue'))).toBeNull();
    expect(takeToken(place('http://127.0.0.1:4300/?token='))).toBeNull();
  });
});

describe('what a person pastes', () => {
  it.each([
    ['http://127.0.0.1:4300/?token=abc', 'abc'],
    ['  http://localhost:1/?x=2&token=a%2Fb#/queue \n', 'a/b'],
    ['abc-DEF_123', 'abc-DEF_123'],
    ['http://127.0.0.1:4300/', null],
    ['npx gantry serve', null],
    ['', null],
    ['https:', null],
  ])('%j holds the token %j', (pasted, token) => {
    expect(tokenFromPaste(pasted)).toBe(token);
  });
});

describe('the sub-protocol that carries the token', () => {
  it.each(['abc', 'a?b/c+d~~', 'ÿþý', '🎬'])(
    'holds %j in characters that a protocol name may have',
    (token) => {
      const protocol = tokenProtocol(token);
      expect(protocol).toMatch(/^gantry\.token\.[A-Za-z0-9_-]+$/);
      const base64 = protocol.slice('gantry.token.'.length).replaceAll('-', '+').replaceAll('_', '/');
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      expect(new TextDecoder().decode(bytes)).toBe(token);
    },
  );
});
