import { invalidField } from '@resmask/errors';
import { type AliasName, formatModelName, parseVersionName } from '@resmask/resource-names';

/** The number of a version of the alias's own model. @throws DomainError RESOURCE_NAME_INVALID or FIELD_INVALID. */
export function parseOwnVersion(text: string, field: string, alias: AliasName): number {
  const parsed = parseVersionName(text, field);
  if (formatModelName(parsed) === formatModelName(alias)) return parsed.version;
  throw invalidField(field, `got ${text}; a version of ${formatModelName(alias)} is needed`);
}
