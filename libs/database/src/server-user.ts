import { readFileSync, statSync } from 'node:fs';
import { DomainError } from '@resmask/errors';
import { foldersAbove } from './postgres-binaries.js';

/** Who runs the PostgreSQL server; undefined is the current user. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: `postgres` where that user exists, otherwise `nobody`, which exists everywhere. */
const CANDIDATES = ['postgres', 'nobody'];
const OTHERS_MAY_ENTER = 0o001;

/** @throws DomainError TOOL_MISSING if this is root and neither user exists. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of CANDIDATES) {
    const entry = users.find(([candidate]) => candidate === name);
    if (entry) return { name, uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new DomainError(
    'TOOL_MISSING',
    `PostgreSQL cannot run as root, and this machine has neither a user ${CANDIDATES.join(' nor ')}; run as an ordinary user or set DATABASE_URL`,
  );
}

/** The first folder on the way to a path that another user cannot pass through, if there is one. */
export function firstClosedFolder(path: string): string | undefined {
  return foldersAbove(path).find((folder) => (statSync(folder).mode & OTHERS_MAY_ENTER) === 0);
}
