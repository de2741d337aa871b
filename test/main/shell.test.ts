import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assetPath, serveAssets } from '../../src/main/app-protocol.ts';
import { confinePage, denyPermissions, pagePreferences } from '../../src/main/harden.ts';
import { registerIpcHandlers } from '../../src/main/ipc-handlers.ts';
import { filesOf } from '../../src/main/opened-files.ts';
import { isTrustedSender } from '../../src/main/trusted-sender.ts';

describe('the app’s own scheme', () => {
  it.each([
    ['app://gantry/', '/ui/index.html'],
    ['app://gantry/assets/index-abc.js', '/ui/assets/index-abc.js'],
    ['app://gantry/assets/a%20b.css?v=1', '/ui/assets/a b.css'],
    ['app://gantry/../inside.json', '/ui/inside.json'],
    ['app://gantry/%2e%2e/inside.json', '/ui/inside.json'],
  ])('%s is %s', (address, path) => {
    expect(assetPath('/ui', address)).toBe(path);
  });

  it.each([
    'app://gantry/..%2fsecret.json',
    'app://gantry/..%5csecret.json',
    'app://gantry/%00.js',
    'app://gantry/%',
    'app://gantry/etc/passwd',
    'app://other/index.html',
    'file:///ui/index.html',
    'nonsense',
  ])('%s is nothing', (address) => {
    expect(assetPath('/ui', address)).toBeNull();
  });
});

describe('what the scheme answers', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-shell-'));
    writeFileSync(join(folder, 'index.html'), '<p>hello</p>');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is the page, which may run its own scripts and reach no network', async () => {
    const response = await serveAssets(folder)({ url: 'app://gantry/', method: 'GET' });
    expect(await response.text()).toBe('<p>hello</p>');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'none'");
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  it.each([
    ['app://gantry/missing.js', 'GET'],
    ['app://gantry/', 'POST'],
  ])('is 404 for %s by %s', async (url, method) => {
    expect((await serveAssets(folder)({ url, method })).status).toBe(404);
  });
});

describe('a sender', () => {
  const trusted = (url: string, parent: unknown = null, devServer: string | null = null) =>
    isTrustedSender({ url, parent }, devServer);

  it('is trusted when it is the app’s page in the top frame', () => {
    expect(trusted('app://gantry/')).toBe(true);
    expect(trusted('app://gantry/index.html#/devices')).toBe(true);
  });

  it.each(['https://example.org/', 'file:///ui/index.html', 'app://gantry.example.org/', 'about:blank', ''])(
    'is not trusted at %s',
    (url) => {
      expect(trusted(url)).toBe(false);
    },
  );

  it('is not trusted inside a page, or when its frame is gone', () => {
    expect(trusted('app://gantry/', {})).toBe(false);
    expect(isTrustedSender(null, null)).toBe(false);
  });

  it('may be the development server only while there is one', () => {
    expect(trusted('http://localhost:5173/x', null, 'http://localhost:5173')).toBe(true);
    expect(trusted('http://localhost:5174/', null, 'http://localhost:5173')).toBe(false);
    expect(trusted('http://localhost:5173/')).toBe(false);
  });
});

describe('the window’s channels', () => {
  type Listener = (event: { isOwn: boolean; sender: string }, ...args: unknown[]) => unknown;

  function setUp() {
    const listeners = new Map<string, Listener>();
    const shown: string[] = [];
    const connected: unknown[] = [];
    const ipc = {
      handle: (channel: string, listener: Listener) => listeners.set(channel, listener),
      on: (channel: string, listener: Listener) => listeners.set(channel, listener),
    };
    registerIpcHandlers(ipc as never, (event) => (event as never as { isOwn: boolean }).isOwn, {
      pickFiles: async () => ['/a.mov'],
      pickFolder: async () => '/folder',
      showInFolder: (path) => shown.push(path),
      connectEngine: (sender) => connected.push(sender),
    });
    const send = (channel: string, isOwn: boolean, ...args: unknown[]) =>
      listeners.get(channel)?.({ isOwn, sender: 'page' }, ...args);
    return { send, shown, connected, channels: [...listeners.keys()] };
  }

  it('answer the app’s own page', async () => {
    const { send, shown, connected } = setUp();
    expect(await send('gantry:pick-files', true)).toEqual(['/a.mov']);
    expect(await send('gantry:pick-folder', true)).toBe('/folder');
    send('gantry:request-engine-port', true);
    send('gantry:show-in-folder', true, '/out/a.mp4');
    expect(connected).toEqual(['page']);
    expect(shown).toEqual(['/out/a.mp4']);
  });

  it('do nothing for anyone else', () => {
    const { send, shown, connected, channels } = setUp();
    for (const channel of channels) {
      try {
        expect(send(channel, false, '/out/a.mp4')).toBeUndefined();
      } catch (error) {
        expect(String(error)).toContain('not the app');
      }
    }
    expect([shown, connected]).toEqual([[], []]);
    expect(channels).toHaveLength(4);
  });

  it.each([[undefined], [42], ['relative.mp4'], [['/a']]])(
    'show nothing for %j, which is no path',
    (path) => {
      const { send, shown } = setUp();
      send('gantry:show-in-folder', true, path);
      expect(shown).toEqual([]);
    },
  );
});

describe('a page', () => {
  it('is kept from Node, from other pages and from leaving', () => {
    expect(pagePreferences('/preload.cjs')).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    });
    const prevented: string[] = [];
    let openWindow: () => { action: string } = () => ({ action: 'allow' });
    confinePage({
      setWindowOpenHandler: (handler: () => { action: string }) => {
        openWindow = handler;
      },
      on: (event: string, listener: (event: { preventDefault(): void }) => void) => {
        listener({ preventDefault: () => prevented.push(event) });
      },
    } as never);
    expect(openWindow()).toEqual({ action: 'deny' });
    expect(prevented).toEqual(['will-navigate', 'will-redirect', 'will-attach-webview']);
  });

  it('gets no permission', () => {
    const answers: unknown[] = [];
    denyPermissions({
      setPermissionRequestHandler: (
        handler: (c: unknown, p: string, decide: (ok: boolean) => void) => void,
      ) => handler(null, 'media', (ok) => answers.push(ok)),
      setPermissionCheckHandler: (handler: () => boolean) => answers.push(handler()),
      setDevicePermissionHandler: (handler: () => boolean) => answers.push(handler()),
    } as never);
    expect(answers).toEqual([false, false, false]);
  });
});

describe('the files that the app was started with', () => {
  it('are what is neither program nor switch', () => {
    const argv = ['/opt/gantry', '--flag', 'a.mov', '/b/c.mov', '', '-x'];
    expect(filesOf(argv, { cwd: '/clips', isPackaged: true })).toEqual(['/clips/a.mov', '/b/c.mov']);
  });

  it('do not count the app itself while developing, wherever the switches stand', () => {
    const argv = ['electron', '--inspect=0', '.', 'a.mov'];
    expect(filesOf(argv, { cwd: '/clips', isPackaged: false })).toEqual(['/clips/a.mov']);
  });
});
