import { isLoopback } from '@resmask/client';
import { DomainError } from '@resmask/errors';
import type { Logger } from '../logger.js';
import type { serviceSettings } from '../service-settings.js';
import type { Config } from '../settings.js';
import { type Authenticator, CredentialsAuthenticator, type IdentityMethods } from './authenticator.js';
import { ChainedTokenSource } from './chained-token-source.js';
import { JwtVerifier } from './jwt-verifier.js';
import { OpenAuthenticator } from './open-authenticator.js';
import { openJsonWebKeys } from './open-json-web-keys.js';
import { type Principals, parsePrincipals } from './parse-principals.js';
import { ReloadedFile } from './reloaded-file.js';
import type { TokenSource } from './token-source.js';
import { TokenVerifier } from './token-verifier.js';

type AuthConfig = Config<ReturnType<typeof serviceSettings>>;

const HOW_TO =
  'set RESMASK_PRINCIPALS (API tokens and client certificates), or RESMASK_JWT_ISSUER with RESMASK_JWT_AUDIENCE and RESMASK_JWT_JWKS';

/**
 * The authenticator that a service's settings ask for. API tokens are looked up in the principals file first, then in the sources
 * given here; those count as configured only with RESMASK_AUTH=required, because a database may well have none yet.
 * @throws DomainError CONFIG_INVALID for settings that contradict each other, files that cannot be used, and a service that would
 * be open to a network without anybody having said so.
 */
export async function createAuthenticator(
  config: AuthConfig,
  logger: Logger,
  tokenSources: readonly TokenSource[] = [],
): Promise<Authenticator> {
  checkJwtSettings(config);
  checkCertificateSettings(config);
  const configured = config.principals !== undefined || config.jwtIssuer !== undefined;
  if (config.auth === 'open' || (config.auth === 'auto' && !configured)) return openAuthenticator(config, logger);
  if (!configured && tokenSources.length === 0)
    throw new DomainError('CONFIG_INVALID', `RESMASK_AUTH is "required", but nobody could be identified; ${HOW_TO}`);
  const methods = await identityMethods(config, logger, tokenSources);
  logger.info({ methods: Object.keys(methods) }, 'callers are identified');
  if (config.tlsCert === undefined && !isLoopback(config.listen))
    logger.warn(
      { listen: config.listen },
      'tokens arrive in plain text: without RESMASK_TLS_CERT only a mesh keeps them secret',
    );
  return new CredentialsAuthenticator(methods);
}

function openAuthenticator({ auth, listen }: AuthConfig, logger: Logger): Authenticator {
  if (isLoopback(listen)) {
    logger.info(
      { listen },
      'open: everybody on this machine may do everything; RESMASK_AUTH=required asks for credentials',
    );
  } else if (auth === 'open') {
    logger.warn({ listen }, 'OPEN: RESMASK_AUTH=open lets everybody who reaches this address do everything');
  } else {
    throw new DomainError(
      'CONFIG_INVALID',
      `RESMASK_LISTEN is ${listen}, which others can reach, and nothing says who may call; ${HOW_TO}; or listen on 127.0.0.1; or, ` +
        'behind something that knows its callers, set RESMASK_AUTH=open',
    );
  }
  return new OpenAuthenticator();
}

async function identityMethods(
  config: AuthConfig,
  logger: Logger,
  tokenSources: readonly TokenSource[],
): Promise<IdentityMethods> {
  const file = config.principals && (await ReloadedFile.open(config.principals, parsePrincipals, logger));
  const sources = file ? [tokensIn(file), ...tokenSources] : tokenSources;
  return {
    ...(sources.length > 0 && { tokens: new TokenVerifier(new ChainedTokenSource(sources)) }),
    ...(config.jwtIssuer !== undefined && { jwt: await jwtVerifier(config, logger) }),
    ...(file && config.tlsClientCa !== undefined && { certificates: async () => (await file.current()).certificates }),
  };
}

function tokensIn(file: ReloadedFile<Principals>): TokenSource {
  return { find: async (id) => (await file.current()).tokens.get(id) };
}

async function jwtVerifier(config: AuthConfig, logger: Logger): Promise<JwtVerifier> {
  const { jwtIssuer = '', jwtAudience = '', jwtJwks = '', jwtAlgorithms, jwtClockToleranceS, jwtRolesClaim } = config;
  return new JwtVerifier(await openJsonWebKeys(jwtJwks, logger), {
    issuer: jwtIssuer,
    audience: jwtAudience,
    algorithms: jwtAlgorithms,
    clockToleranceS: jwtClockToleranceS,
    rolesClaim: jwtRolesClaim,
  });
}

function checkJwtSettings({ jwtIssuer, jwtAudience, jwtJwks }: AuthConfig): void {
  const given = { RESMASK_JWT_ISSUER: jwtIssuer, RESMASK_JWT_AUDIENCE: jwtAudience, RESMASK_JWT_JWKS: jwtJwks };
  const missing = Object.keys(given).filter((name) => given[name as keyof typeof given] === undefined);
  if (missing.length === 0 || missing.length === 3) return;
  throw new DomainError(
    'CONFIG_INVALID',
    `${missing.join(' and ')} must be set too: JSON Web Tokens need an issuer, an audience and keys, or none of them`,
  );
}

function checkCertificateSettings({ auth, tlsClientCa, principals }: AuthConfig): void {
  if (tlsClientCa === undefined || principals !== undefined || auth === 'open') return;
  throw new DomainError(
    'CONFIG_INVALID',
    'RESMASK_TLS_CLIENT_CA is set, but not RESMASK_PRINCIPALS, which says whom client certificates belong to',
  );
}
