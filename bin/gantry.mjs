#!/usr/bin/env node
// Runs on any Node far enough to say which one is needed: an old one would crash inside the SQLite driver.
import { readFileSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 14)) {
  process.stderr.write(
    `gantry needs Node 22.14 or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Inside the project, "npx gantry" uses the Node that was installed with it. Elsewhere, install a newer Node.\n',
  );
  process.exit(1);
}

if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-v')) {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`${version}\n`);
} else {
  const { main } = await import('../out/main/cli.js');
  await main(process.argv.slice(2));
}
