import { InvalidArgumentError } from 'commander';

/** The number of a version on the command line. */
export function parseVersion(text: string): number {
  const version = Number(text);
  if (!Number.isInteger(version) || version < 1) throw new InvalidArgumentError('a version number from 1 is needed.');
  return version;
}
