import { invalidField } from '@resmask/errors';

/**
 * The fields an update names (AIP-134, 161); none means all that may change. @throws DomainError FIELD_INVALID for any other.
 * @param otherwise what is to be said of other fields
 */
export function readUpdateMask<Field extends string>(
  mask: readonly string[] | undefined,
  allowed: readonly Field[],
  otherwise = 'nothing else ever changes',
): ReadonlySet<Field> {
  if (!mask || mask.length === 0) return new Set(allowed);
  return new Set(
    mask.map((path) => {
      const known = allowed.find((field) => field === path);
      if (known) return known;
      throw invalidField('update_mask', `got "${path}"; allowed are ${allowed.join(', ')}: ${otherwise}`);
    }),
  );
}
