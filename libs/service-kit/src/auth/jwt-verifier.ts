import { DomainError } from '@resmask/errors';
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { invalidCredentials } from './invalid-credentials.js';
import type { Principal, RoleTable } from './principal.js';
import { ROLE_TABLE_FORM, roleTableSchema } from './role-table-schema.js';

/** Public-key signatures only: with HMAC everybody who can verify can also sign, and `none` is no signature. */
export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

export interface JwtRules {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly JwtAlgorithm[];
  /** How far clocks may differ, in seconds. */
  readonly clockToleranceS: number;
  /** The claim that holds the role table. */
  readonly rolesClaim: string;
}

/** Tells whom a JSON Web Token of one issuer belongs to (RFC 7519, RFC 8725). */
export class JwtVerifier {
  constructor(
    readonly keys: JWTVerifyGetKey,
    readonly rules: JwtRules,
  ) {}

  /** @throws DomainError CREDENTIALS_INVALID, or KEYS_UNAVAILABLE. */
  async verify(token: string): Promise<Principal> {
    const { sub = '', [this.rules.rolesClaim]: roles } = await this.#payload(token);
    if (sub === '') throw invalidCredentials('the token has an empty "sub"; it must name its subject');
    return { subject: sub, method: 'jwt', roles: this.#roles(roles) };
  }

  async #payload(token: string): Promise<JWTPayload> {
    const { issuer, audience, algorithms, clockToleranceS } = this.rules;
    try {
      const { payload } = await jwtVerify(token, this.keys, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: clockToleranceS,
        requiredClaims: ['exp', 'sub'],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw this.#refused(error);
      if (error instanceof DomainError) throw error;
      // A header whose key is of another kind than its algorithm: jose leaves that to Web Crypto.
      throw invalidCredentials('the token cannot be verified with the key it names', error);
    }
  }

  #refused(error: errors.JOSEError): DomainError {
    const { issuer, audience, algorithms } = this.rules;
    const wanted = `issuer "${issuer}", audience "${audience}", signed with ${algorithms.join(', ')}`;
    return invalidCredentials(`the token is not accepted (${error.code}): ${explain(error)}; wanted: ${wanted}`, error);
  }

  /** A token without the claim is somebody without a role: known, and refused where one is needed. */
  #roles(claim: unknown): RoleTable {
    if (claim === undefined) return {};
    const { success, data } = roleTableSchema.safeParse(claim);
    if (!success)
      throw invalidCredentials(`the token's claim "${this.rules.rolesClaim}" is wrong; allowed is ${ROLE_TABLE_FORM}`);
    return data;
  }
}

function explain(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `its claim "${error.claim}" is missing or wrong`;
  if (error instanceof errors.JWKSNoMatchingKey) return 'it is signed with a key that the issuer does not publish';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'it is signed with another algorithm';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  return 'it is no signed token of the wanted form';
}
