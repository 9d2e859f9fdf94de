import { DomainError } from '@resmask/errors';

const SHA256 = /^[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isSha256(text: string): boolean {
  return SHA256.test(text);
}

/** @throws DomainError FIELD_INVALID if it is no sha256: names become paths and keys. */
export function checkSha256(text: string): string {
  if (isSha256(text)) return text;
  throw new DomainError('FIELD_INVALID', `"${text}" is no sha256: 64 lower-case hexadecimal digits are needed`);
}

export function isUploadId(text: string): boolean {
  return UUID.test(text);
}

/** @throws DomainError FIELD_INVALID if it is no UUID. */
export function checkUploadId(text: string): string {
  if (isUploadId(text)) return text;
  throw new DomainError('FIELD_INVALID', `"${text}" is no upload id: a UUID in lower case is needed`);
}
