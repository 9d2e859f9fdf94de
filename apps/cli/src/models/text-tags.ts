import type { TagValue } from '@resmask/client';

/** Tags of a version as a command line gives them: texts. */
export function textTags(texts: Readonly<Record<string, string>>): Record<string, TagValue> {
  return Object.fromEntries(
    Object.entries(texts).map(([key, value]): [string, TagValue] => [key, { value: { $case: 'text', value } }]),
  );
}
