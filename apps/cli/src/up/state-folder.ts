import { accessSync, constants, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const OTHERS_MAY_ENTER = 0o001;

/** Where `resmask up` keeps everything unless it is told otherwise. PostgreSQL cannot live in root's home, so root uses /var/lib. */
export function defaultStateFolder(environment: NodeJS.ProcessEnv): string {
  if (environment['RESMASK_HOME']) return environment['RESMASK_HOME'];
  if (process.getuid?.() === 0) return '/var/lib/resmask';
  return join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'resmask');
}

/** A folder for temporary state that the database server's user can reach too. */
export function temporaryFolder(): string {
  return [tmpdir(), '/tmp', '/var/tmp'].find(isReachable) ?? tmpdir();
}

function isReachable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    for (let above = folder; ; above = dirname(above)) {
      if ((statSync(above).mode & OTHERS_MAY_ENTER) === 0) return false;
      if (dirname(above) === above) return true;
    }
  } catch {
    return false;
  }
}
