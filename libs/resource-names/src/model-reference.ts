import { DomainError } from '@resmask/errors';

/** The alias a bare model name means. */
export const DEFAULT_ALIAS = 'production';

/** What a user writes to mean a version: `name` (its `production` alias), `name@alias` or `name/version`. */
export type ModelReference =
  | { readonly model: string; readonly alias: string }
  | { readonly model: string; readonly version: number };

const REFERENCE = /^([a-z0-9][a-z0-9._-]{0,62})(?:@([a-z][a-z0-9-]{0,62})|\/([1-9][0-9]{0,8}))?$/;

/** @throws DomainError MODEL_REFERENCE_INVALID. */
export function parseModelReference(reference: string, field = 'reference'): ModelReference {
  const match = REFERENCE.exec(reference);
  if (!match) {
    const description = `got "${reference}"; allowed are "name" (its production alias), "name@alias" and "name/version"`;
    throw new DomainError('MODEL_REFERENCE_INVALID', `${field}: ${description}`, {
      violations: [{ field, description }],
    });
  }
  const [, model, alias, version] = match;
  return version === undefined ? { model, alias: alias ?? DEFAULT_ALIAS } : { model, version: Number(version) };
}
