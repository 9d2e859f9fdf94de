import { invalidField } from '@resmask/errors';

const MAX_DESCRIPTION = 4096;

/** @throws DomainError FIELD_INVALID if it is too long. */
export function checkText(text: string, field: string, max = MAX_DESCRIPTION): string {
  if (text.length > max) throw invalidField(field, `it has ${text.length} characters; at most ${max} are allowed`);
  return text;
}
