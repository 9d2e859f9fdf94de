import { DomainError } from '@resmask/errors';
import { formatVersionName, type VersionName } from '@resmask/resource-names';
import { VERSION_TYPE } from '../version/version.repository.js';

/** Of a version that an alias shall have. */
export function notReady(version: VersionName): DomainError {
  const name = formatVersionName(version);
  const message = `${name} is archived or deleted; what an alias points at, its canary and its shadow are ready`;
  return new DomainError('VERSION_NOT_READY', `${message}; take it back into use first`, {
    resource: { type: VERSION_TYPE, name },
  });
}
