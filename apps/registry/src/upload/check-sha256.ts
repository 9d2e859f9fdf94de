import { invalidField } from '@resmask/errors';

const SHA256 = /^[0-9a-f]{64}$/;

/** @throws DomainError FIELD_INVALID. */
export function checkSha256(sha256: string, field: string): string {
  if (SHA256.test(sha256)) return sha256;
  throw invalidField(field, `got "${sha256.slice(0, 80)}"; 64 lower-case hexadecimal digits are needed`);
}
