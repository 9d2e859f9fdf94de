import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pythonWith } from './python-with.js';

const TOOLS = fileURLToPath(new URL('../../build/tools/', import.meta.url));

/**
 * A Python with the packages of a requirements file, in a virtual environment under build/tools that is kept for the next run; undefined,
 * with a word on standard error, where Python is not there or its packages cannot be fetched.
 */
export function pythonVenv(requirements: string): string | undefined {
  const python = pythonWith('venv, ensurepip');
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = `${TOOLS}python-${digest}`;
  const own = `${folder}/bin/python`;
  if (existsSync(own)) return own;
  if (!python) return skipped('there is no python3 that can make virtual environments');
  const made = spawnSync(python, ['-m', 'venv', folder]);
  const installed =
    made.status === 0 && spawnSync(own, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
  if (installed && installed.status === 0) return own;
  rmSync(folder, { recursive: true, force: true });
  return skipped(`the packages of ${requirements} cannot be installed here`);
}

function skipped(why: string): undefined {
  process.stderr.write(`SKIPPED: ${why}\n`);
  return undefined;
}
