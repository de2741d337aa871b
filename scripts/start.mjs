// `npm start`: the desktop window where Electron can run, else the same user interface in the default browser.
// Plain JavaScript, so that an old Node gets as far as the sentence that says which one is needed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = join(dirname(fileURLToPath(import.meta.url)), '..');
const electronFolder = join(project, 'node_modules', 'electron');
const RELEASES = 'https://github.com/electron/electron/releases/';
const REACH_WITHIN_MS = 5_000;
const FETCH_WITHIN_MS = 5 * 60_000;
/** A window that ends sooner than this with a failure never opened. */
const OPENED_AFTER_MS = 10_000;

const say = (text) => process.stderr.write(`${text}\n`);

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 14)) return;
  say(`Gantry needs Node 22.14 or newer; this is Node ${process.versions.node} (${process.execPath}).`);
  say('Start it with `npm start`, which uses the Node that was installed with it.');
  process.exit(1);
}

function buildWhenMissing() {
  const parts = ['out/main/index.js', 'out/main/cli.js', 'out/preload/index.cjs', 'out/renderer/index.html'];
  if (parts.every((part) => existsSync(join(project, part)))) return;
  say('Building, once.');
  const tool = join(project, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const { status } = spawnSync(process.execPath, [tool, 'build'], { cwd: project, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    say('The build failed. Install anew with `npm ci`, then start again.');
    process.exit(1);
  }
}

/** Why no window can be opened here, whether or not Electron is there; null when one can. */
function whyNoWindow() {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    return 'There is no display here for a window.';
  }
  if (process.getuid?.() === 0)
    return 'A window is not opened as root, because it would run without its sandbox.';
  if (!existsSync(join(electronFolder, 'package.json'))) return 'Electron is not installed.';
  return null;
}

/** Path of Electron's program; null when it was not fetched yet. Goes by what its own installer leaves behind. */
function electronProgram() {
  try {
    const { version } = JSON.parse(readFileSync(join(electronFolder, 'package.json'), 'utf8'));
    const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(electronFolder, 'dist');
    if (readFileSync(join(dist, 'version'), 'utf8').trim().replace(/^v/, '') !== version) return null;
    const program = join(dist, readFileSync(join(electronFolder, 'path.txt'), 'utf8'));
    return existsSync(program) ? program : null;
  } catch {
    return null;
  }
}

async function canReachReleases() {
  // A proxy that the installer knows how to use says nothing to this check.
  if (process.env.ELECTRON_GET_USE_PROXY) return true;
  const releases = process.env.ELECTRON_MIRROR ?? process.env.npm_config_electron_mirror ?? RELEASES;
  try {
    await fetch(releases, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(REACH_WITHIN_MS),
    });
    return true;
  } catch {
    return false;
  }
}

/** Fetches Electron's program with its own installer. */
async function fetchElectron() {
  if (!(await canReachReleases())) return null;
  say('Fetching Electron, which opens the window. It is about 120 MB, and needed once.');
  spawnSync(process.execPath, [join(electronFolder, 'install.js')], {
    stdio: 'ignore',
    timeout: FETCH_WITHIN_MS,
  });
  return electronProgram();
}

/** Runs a program to its end, passing on what asks this one to end. */
function run(file, args) {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env;
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: process.cwd(), env, stdio: 'inherit' });
    // Ctrl-C reaches the child by itself: the terminal sends it to both.
    const onInterrupt = () => {};
    const onTerminate = () => child.kill('SIGTERM');
    process.on('SIGINT', onInterrupt);
    process.on('SIGTERM', onTerminate);
    const settle = (exitCode) => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      resolve(exitCode);
    };
    child.once('error', () => settle(127));
    child.once('exit', (code) => settle(code ?? 1));
  });
}

checkNode();
buildWhenMissing();
let reason = whyNoWindow();
if (reason === null) {
  const program = electronProgram() ?? (await fetchElectron());
  if (program === null) {
    reason = 'Electron could not be fetched, so there is no window of its own.';
  } else {
    const startedAt = performance.now();
    const exitCode = await run(program, [project, ...process.argv.slice(2)]);
    if (exitCode === 0 || performance.now() - startedAt > OPENED_AFTER_MS) process.exit(exitCode);
    reason = 'The window could not be opened.';
  }
}
say(`${reason} Gantry opens in the browser instead.`);
process.exit(await run(process.execPath, [join(project, 'bin', 'gantry.mjs'), 'serve', '--open']));
