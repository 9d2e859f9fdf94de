import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What an API token begins with, so that people and secret scanners know one. */
export const API_TOKEN_PREFIX = 'rsk_';

const ID_BYTES = 8;
/** 256 bits: nothing is guessed, so a plain sha256 is enough to store. */
const SECRET_BYTES = 32;
const API_TOKEN = /^rsk_([0-9a-f]{16})_([0-9a-f]{64})$/;

/** The two halves of `rsk_<id>_<secret>`, both in lower-case hexadecimal. */
export interface ApiToken {
  /** Finds the token; no secret. */
  readonly id: string;
  readonly secret: string;
}

/** Makes a token of 64 random bits of id and 256 of secret. It can be shown once: only the secret's hash may be kept. */
export function generateApiToken(): ApiToken {
  return { id: randomBytes(ID_BYTES).toString('hex'), secret: randomBytes(SECRET_BYTES).toString('hex') };
}

/** The text a client sends. */
export function formatApiToken({ id, secret }: ApiToken): string {
  return `${API_TOKEN_PREFIX}${id}_${secret}`;
}

/** @returns undefined for anything that is not of a token's form. */
export function parseApiToken(text: string): ApiToken | undefined {
  const match = API_TOKEN.exec(text);
  return match ? { id: match[1], secret: match[2] } : undefined;
}

/** The sha256 of a token's secret, 32 bytes: what is stored instead of it. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Whether a secret has a hash, in a time that does not depend on where they differ. */
export function secretMatches(secret: string, secretHash: Uint8Array): boolean {
  const hash = hashSecret(secret);
  return secretHash.length === hash.length && timingSafeEqual(hash, secretHash);
}
