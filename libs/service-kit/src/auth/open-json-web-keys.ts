import { isLoopback } from '@resmask/client';
import { DomainError } from '@resmask/errors';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Logger } from '../logger.js';
import { ReloadedFile } from './reloaded-file.js';

const FETCH_TIMEOUT_MS = 5000;
/** A key this old is fetched again before it is used. */
const MAX_AGE_MS = 600_000;
/** A key set is fetched again for an unknown key id, but not more often than this. */
const COOLDOWN_MS = 30_000;

/**
 * The keys of an issuer, from a file or by https (by http only on loopback), as jose asks for them.
 * @throws DomainError CONFIG_INVALID for a location that is neither. The returned function throws KEYS_UNAVAILABLE when the keys
 * cannot be had: that says nothing of the token.
 */
export async function openJsonWebKeys(location: string, logger: Logger): Promise<JWTVerifyGetKey> {
  const url = /^https?:\/\//.test(location) ? new URL(location) : undefined;
  if (url) return remoteKeys(url);
  const file = await ReloadedFile.open(location, parseKeySet, logger);
  return async (header, token) => (await file.current())(header, token);
}

function remoteKeys(url: URL): JWTVerifyGetKey {
  if (url.protocol !== 'https:' && !isLoopback(url.host)) {
    throw new DomainError('CONFIG_INVALID', `RESMASK_JWT_JWKS: got ${url.href}; keys come by https, or from a file`);
  }
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cacheMaxAge: MAX_AGE_MS,
    cooldownDuration: COOLDOWN_MS,
  });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (aboutTheToken(error)) throw error;
      throw new DomainError('KEYS_UNAVAILABLE', 'the keys that tokens are verified with cannot be fetched; try again', {
        retryAfterMs: 1000,
        cause: error,
      });
    }
  };
}

/** Whether the key set was there and only has no single key for this token. */
function aboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function parseKeySet(text: string): ReturnType<typeof createLocalJWKSet> {
  try {
    return createLocalJWKSet(JSON.parse(text));
  } catch (error) {
    throw new DomainError('CONFIG_INVALID', 'RESMASK_JWT_JWKS: the file is no JSON Web Key Set: {"keys": […]}', {
      cause: error,
    });
  }
}
