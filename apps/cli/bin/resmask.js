#!/usr/bin/env node
// The `resmask` command. Committed as it is, so that npm can link it before anything is built.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const NEEDED_NODE = 24;
const main = new URL('../dist/main.js', import.meta.url);

if (!existsSync(main)) {
  process.stderr.write('resmask is not built yet; run "npm run build" first\n');
  process.exit(1);
}
if (Number(process.versions.node.split('.')[0]) >= NEEDED_NODE) {
  await import(main.href);
} else {
  // An older node found first on the PATH: go on with the one this package brings.
  const node = createRequire(import.meta.url).resolve('node/bin/node');
  const { status, signal } = spawnSync(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  if (signal) process.kill(process.pid, signal);
  process.exit(status ?? 1);
}
