import { DomainError, invalidField } from '@resmask/errors';
import { parseNamespace } from '@resmask/resource-names';
import { ALL_NAMESPACES, type Principal, permits } from './principal.js';
import type { Role } from './role.js';

const HOW = { token: 'API token', jwt: 'token', certificate: 'certificate', open: 'nobody' };

/**
 * Checks that a principal has a role in the namespace of a resource, `namespaces/{namespace}` or anything below; `*` asks for all
 * namespaces. Looks at nothing else, so that a refusal never tells what exists (AIP-211).
 * @throws DomainError ROLE_MISSING, or RESOURCE_NAME_INVALID for a name without a namespace, which only somebody with the role
 * everywhere gets past.
 */
export function authorize(principal: Principal, resource: string | undefined, role: Role): void {
  if (permits(principal, ALL_NAMESPACES, role)) return;
  if (resource === ALL_NAMESPACES) throw roleMissing(principal, ALL_NAMESPACES, role);
  const namespace = namespaceOf(resource);
  if (!permits(principal, namespace, role)) throw roleMissing(principal, namespace, role);
}

function namespaceOf(resource: string | undefined): string {
  if (resource === undefined) throw invalidField('namespace', 'the request names no resource, so no namespace');
  return parseNamespace(resource.split('/', 2).join('/'), 'name');
}

function roleMissing({ subject, method }: Principal, namespace: string, role: Role): DomainError {
  const where = namespace === ALL_NAMESPACES ? 'every namespace' : `namespaces/${namespace}`;
  const message = `the role ${role} in ${where} is needed, and "${subject}" (${HOW[method]}) does not have it; ask an administrator`;
  return new DomainError('ROLE_MISSING', message, { metadata: { role, namespace } });
}
