import { choiceSetting, integerSetting, listSetting, optionalSetting, textSetting } from '../setting-kinds.js';
import { JWT_ALGORITHMS } from './jwt-verifier.js';

/** How callers of a service are identified; docs/adr/0008-authentication.md and SECURITY.md explain it. */
export function authSettings() {
  return {
    auth: choiceSetting(
      'RESMASK_AUTH',
      'who may call: those with credentials, or everybody; auto: everybody on loopback while nothing below is set',
      ['auto', 'required', 'open'],
      'auto',
    ),
    principals: optionalSetting(
      'RESMASK_PRINCIPALS',
      'API tokens and client certificates with their roles; read again when it changes',
      'a JSON file; SECURITY.md shows one',
    ),
    jwtIssuer: optionalSetting('RESMASK_JWT_ISSUER', 'whose JSON Web Tokens are accepted', 'the issuer, as in `iss`'),
    jwtAudience: optionalSetting('RESMASK_JWT_AUDIENCE', 'whom they must be meant for', 'an audience, as in `aud`'),
    jwtJwks: optionalSetting(
      'RESMASK_JWT_JWKS',
      'the keys they are signed with; a file is read again when it changes',
      'an https URL or a file with a JSON Web Key Set',
    ),
    jwtAlgorithms: listSetting('RESMASK_JWT_ALGORITHMS', 'signatures accepted', JWT_ALGORITHMS, [
      'RS256',
      'PS256',
      'ES256',
      'EdDSA',
    ]),
    jwtRolesClaim: textSetting(
      'RESMASK_JWT_ROLES_CLAIM',
      'claim with the roles: an object of a namespace, or *, to a role',
      'the name of a claim',
      'resmask_roles',
    ),
    jwtClockToleranceS: integerSetting(
      'RESMASK_JWT_CLOCK_TOLERANCE',
      'seconds by which the issuer’s clock may differ',
      { min: 0, max: 300, default: 30 },
    ),
  };
}
