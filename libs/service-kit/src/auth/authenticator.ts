import type { PeerCertificate } from 'node:tls';
import { DomainError } from '@resmask/errors';
import { API_TOKEN_PREFIX, parseApiToken } from './api-token.js';
import { invalidCredentials } from './invalid-credentials.js';
import type { JwtVerifier } from './jwt-verifier.js';
import { nameOfCertificate } from './name-of-certificate.js';
import type { Principal } from './principal.js';
import type { TokenVerifier } from './token-verifier.js';

/** What a call brings to show who it is from. */
export interface Credentials {
  /** The values of its `authorization` metadata. */
  readonly authorization: readonly string[];
  /** The client's certificate, if the connection has one that a trusted authority signed. */
  readonly certificate: PeerCertificate | undefined;
}

/** Tells whom a call is from. */
export interface Authenticator {
  /** @throws DomainError CREDENTIALS_MISSING or CREDENTIALS_INVALID; KEYS_UNAVAILABLE or another one if that cannot be told now. */
  identify(credentials: Credentials): Promise<Principal>;
}

/** The principals of client certificates, by the certificate's name. */
export type CertificatePrincipals = () => Promise<ReadonlyMap<string, Principal>>;

/** The ways to be identified that a service accepts; those left out are refused. */
export interface IdentityMethods {
  readonly tokens?: TokenVerifier;
  readonly jwt?: JwtVerifier;
  readonly certificates?: CertificatePrincipals;
}

const BEARER = /^bearer +(\S+)$/i;

/** Identifies by an API token or a JSON Web Token in the metadata, or else by the connection's certificate. */
export class CredentialsAuthenticator implements Authenticator {
  constructor(readonly methods: IdentityMethods) {}

  async identify({ authorization, certificate }: Credentials): Promise<Principal> {
    if (authorization.length > 0) return this.#bearer(authorization);
    if (certificate && this.methods.certificates) return this.#certificate(certificate, this.methods.certificates);
    throw new DomainError('CREDENTIALS_MISSING', `this call does not say who it is from; send ${this.#wanted()}`);
  }

  async #bearer(authorization: readonly string[]): Promise<Principal> {
    const [, token] = (authorization.length === 1 && BEARER.exec(authorization[0])) || [];
    if (token === undefined)
      throw invalidCredentials('the metadata "authorization" must be there once, as "Bearer <token>"');
    const { tokens, jwt } = this.methods;
    const apiToken = parseApiToken(token);
    if (apiToken && tokens) return tokens.verify(apiToken);
    if (!token.startsWith(API_TOKEN_PREFIX) && jwt) return jwt.verify(token);
    throw invalidCredentials(`the bearer token is of no kind that is accepted here; send ${this.#wanted()}`);
  }

  async #certificate(certificate: PeerCertificate, known: CertificatePrincipals): Promise<Principal> {
    const name = nameOfCertificate(certificate);
    const principal = name === undefined ? undefined : (await known()).get(name);
    if (principal) return principal;
    const whose = name ?? 'without one SPIFFE id or common name';
    throw invalidCredentials(`the client certificate (${whose}) belongs to nobody known here; send ${this.#wanted()}`);
  }

  #wanted(): string {
    const { tokens, jwt, certificates } = this.methods;
    return [
      tokens ? 'the metadata "authorization: Bearer rsk_…" with an API token' : [],
      jwt ? `the metadata "authorization: Bearer …" with a token of ${jwt.rules.issuer}` : [],
      certificates ? 'a client certificate' : [],
    ]
      .flat()
      .join(', or ');
  }
}
