import { InvalidArgumentError } from 'commander';

/** The share of a canary on the command line. */
export function parsePercent(text: string): number {
  const percent = Number(text);
  if (!Number.isInteger(percent) || percent < 1 || percent > 99)
    throw new InvalidArgumentError('a whole number from 1 to 99 is needed.');
  return percent;
}
