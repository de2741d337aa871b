// Takes a home's lock in a process of its own: `node hold-home.ts HOME [url]`. Prints what it got as one line of JSON, then
// stays until a line comes on its standard input, and releases.
import { once } from 'node:events';
import { acquireEngineLock } from '../../src/engine/queue/engine-lock.ts';

const [home = '', url] = process.argv.slice(2);
const got = acquireEngineLock(home);
if ('lock' in got) {
  if (url !== undefined) {
    got.lock.publish({
      pid: process.pid,
      startedAt: '2026-01-01T00:00:00.000Z',
      command: 'gantry serve',
      url,
      token: 'secret',
      version: '0.1.0',
    });
  }
  console.log(JSON.stringify({ locked: true, pid: process.pid }));
  await once(process.stdin, 'data');
  got.lock.release();
  process.exit(0);
}
console.log(JSON.stringify({ locked: false, heldBy: got.heldBy }));
