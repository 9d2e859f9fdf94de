import { invalidField } from '@resmask/errors';
import { checkText } from '../change/check-text.js';
import type { MapKeys } from '../list/list-table.js';

/** Words by key, to find and group models by. */
export type Labels = Readonly<Record<string, string>>;

export const LABEL_KEYS: MapKeys = {
  pattern: /^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/,
  allowed: '1 to 63 lower-case letters, digits, "-", "_", "." and "/", the first and the last a letter or digit',
};

const MAX_LABELS = 64;
const MAX_VALUE = 255;

/** @throws DomainError FIELD_INVALID. */
export function readLabels(labels: Labels, field: string): Labels {
  const entries = Object.entries(labels);
  if (entries.length > MAX_LABELS)
    throw invalidField(field, `there are ${entries.length}; at most ${MAX_LABELS} are allowed`);
  for (const [key, value] of entries) {
    if (!LABEL_KEYS.pattern.test(key))
      throw invalidField(field, `got the key "${key.slice(0, 64)}"; a key has ${LABEL_KEYS.allowed}`);
    checkText(value, `${field}["${key}"]`, MAX_VALUE);
  }
  return labels;
}
