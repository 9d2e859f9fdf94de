import { DomainError } from '@resmask/errors';
import { z } from 'zod';
import type { Principal } from './principal.js';
import { ROLE_TABLE_FORM, roleTableSchema } from './role-table-schema.js';
import type { StoredToken } from './token-source.js';

const subject = z.string().min(1).max(200);
const fileSchema = z.strictObject({
  tokens: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[0-9a-f]{16}$/),
        /** In hexadecimal. */
        secretSha256: z.string().regex(/^[0-9a-f]{64}$/),
        subject,
        roles: roleTableSchema,
        expires: z.iso.datetime({ offset: true }).optional(),
        revoked: z.boolean().default(false),
      }),
    )
    .default([]),
  certificates: z
    .array(
      z.strictObject({
        certificate: z.string().regex(/^(spiffe:\/\/[^\s/]+\/\S+|CN=.+)$/),
        subject: subject.optional(),
        roles: roleTableSchema,
      }),
    )
    .default([]),
});

const FORM =
  'allowed is {"tokens": [{"id", "secretSha256", "subject", "roles", "expires"?, "revoked"?}], ' +
  `"certificates": [{"certificate": "spiffe://…" or "CN=…", "subject"?, "roles"}]}, roles being ${ROLE_TABLE_FORM}`;

/** The principals an operator wrote down: API tokens by their id, and client certificates by their SPIFFE id or `CN=…`. */
export interface Principals {
  readonly tokens: ReadonlyMap<string, StoredToken>;
  readonly certificates: ReadonlyMap<string, Principal>;
}

/** @throws DomainError CONFIG_INVALID that names the wrong fields and none of the values. */
export function parsePrincipals(text: string): Principals {
  const { success, data, error } = fileSchema.safeParse(parseJson(text));
  if (!success) {
    const fields = error.issues.map(({ path }) => path.join('.') || 'the whole').join(', ');
    throw new DomainError('CONFIG_INVALID', `RESMASK_PRINCIPALS: wrong in ${fields}; ${FORM}`);
  }
  return {
    tokens: new Map(
      data.tokens.map(({ id, secretSha256, subject, roles, expires, revoked }) => [
        id,
        {
          secretHash: Buffer.from(secretSha256, 'hex'),
          principal: { subject, method: 'token', roles },
          expires: expires === undefined ? undefined : new Date(expires),
          revoked,
        },
      ]),
    ),
    certificates: new Map(
      data.certificates.map(({ certificate, subject = certificate, roles }) => [
        certificate,
        { subject, method: 'certificate', roles },
      ]),
    ),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Node's message repeats a piece of the text.
    throw new DomainError('CONFIG_INVALID', `RESMASK_PRINCIPALS: the file is no JSON; ${FORM}`);
  }
}
