import { spawn } from 'node:child_process';

/** The program that opens an address in the default browser, and its arguments. No shell is involved. */
export function browserCommand(platform: string, url: string): { file: string; args: string[] } {
  switch (platform) {
    case 'darwin':
      return { file: 'open', args: [url] };
    case 'win32':
      // `start` is a word of the shell; this is what it comes to.
      return { file: 'rundll32', args: ['url.dll,FileProtocolHandler', url] };
    default:
      return { file: 'xdg-open', args: [url] };
  }
}

/** Opens the address in the default browser. False when there is nothing to open it with. */
export async function openBrowser(url: string): Promise<boolean> {
  const { file, args } = browserCommand(process.platform, url);
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'ignore', detached: true });
    // xdg-open may stay as long as the browser does; one that lives on has found something.
    const settled = setTimeout(() => done(true), 3000);
    const done = (opened: boolean) => {
      clearTimeout(settled);
      child.unref();
      resolve(opened);
    };
    child.once('error', () => done(false));
    child.once('exit', (code) => done(code === 0));
  });
}
