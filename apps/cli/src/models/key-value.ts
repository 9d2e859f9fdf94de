import { InvalidArgumentError } from 'commander';

/** Reads an option of the form KEY=VALUE that may be given again. */
export function addKeyValue(text: string, values: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('KEY=VALUE is needed.');
  return { ...values, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Values as KEY=VALUE, by key. */
export function keyValueList(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}
