import type { Alias, Alias_Canary, UpdateAliasRequest } from '@resmask/contracts/registry.v1';
import { invalidField } from '@resmask/errors';
import type { AliasName } from '@resmask/resource-names';
import { readUpdateMask } from '../change/update-mask.js';
import type { AliasTraffic, Canary } from './alias-traffic.js';
import { parseOwnVersion } from './parse-own-version.js';

const FIELDS = ['canary', 'shadow_version'] as const;
type Field = (typeof FIELDS)[number];

const [MIN_PERCENT, MAX_PERCENT] = [1, 99];

/** What a request changes of an alias's canary and shadow. @throws DomainError FIELD_INVALID or RESOURCE_NAME_INVALID. */
export function readTraffic(
  alias: Alias,
  { updateMask }: Pick<UpdateAliasRequest, 'updateMask'>,
  name: AliasName,
): Partial<AliasTraffic> {
  const fields = updateMask?.length ? readUpdateMask(updateMask, FIELDS, MOVES) : fieldsSet(alias);
  const { canary, shadowVersion } = alias;
  return {
    ...(fields.has('canary') && { canary: canary && readCanary(canary, name) }),
    ...(fields.has('shadow_version') && {
      shadowVersion: shadowVersion === '' ? undefined : parseOwnVersion(shadowVersion, 'alias.shadow_version', name),
    }),
  };
}

const MOVES = 'an alias is pointed at another version by SetAlias or RollbackAlias';

/** Without a mask (AIP-134). */
function fieldsSet({ canary, shadowVersion }: Alias): ReadonlySet<Field> {
  const set: Field[] = [...(canary ? [FIELDS[0]] : []), ...(shadowVersion === '' ? [] : [FIELDS[1]])];
  if (set.length > 0) return new Set(set);
  throw invalidField(
    'update_mask',
    `it is empty, and alias has neither; name ${FIELDS.join(' or ')} to take that away, or set one`,
  );
}

function readCanary({ version, percent }: Alias_Canary, name: AliasName): Canary {
  if (percent < MIN_PERCENT || percent > MAX_PERCENT) {
    const ends = 'to serve all streams promote the version, to serve none take the canary away';
    throw invalidField('alias.canary.percent', `got ${percent}; allowed are ${MIN_PERCENT} to ${MAX_PERCENT}: ${ends}`);
  }
  return { version: parseOwnVersion(version, 'alias.canary.version', name), percent };
}
