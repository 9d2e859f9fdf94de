import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { type Code, DomainError } from '@resmask/errors';
import type { CallErrors } from '../call-errors.js';
import type { Authenticator } from './authenticator.js';
import { authorize } from './authorize.js';
import { type Guard, GuardedCall } from './guarded-call.js';
import type { MethodPolicy, PolicyTable } from './policy-table.js';
import { ALL_NAMESPACES, type Principal, permits } from './principal.js';
import type { Rule } from './service-policy.js';

const REFUSALS: readonly Code[] = ['UNAUTHENTICATED', 'PERMISSION_DENIED'];

/**
 * Stands before every method of a server, of whatever kind: who calls is identified, and their role checked against the table,
 * before the handler begins. Below Nest, so that no controller can forget it.
 */
export function authInterceptor(
  authenticator: Authenticator,
  policies: PolicyTable,
  errors: CallErrors,
): ServerInterceptor {
  return ({ path }, call) => {
    const policy = policies.of(path);
    if (policy === 'open') return new ServerInterceptingCall(call);
    return new GuardedCall(call, guardOf(path, policy, authenticator, errors), errors);
  };
}

function guardOf(
  path: string,
  policy: Exclude<MethodPolicy, 'open'> | undefined,
  authenticator: Authenticator,
  errors: CallErrors,
): Guard {
  const rules = rulesOf(policy);
  return {
    identify: (credentials) => authenticator.identify(credentials),
    permitsAlways: (principal) => rules.every(({ role }) => permits(principal, ALL_NAMESPACES, role)),
    check: (principal, request) => {
      for (const rule of rules) check(principal, rule, request);
    },
    refused: (error, principal) => {
      if (!(error instanceof DomainError) || !REFUSALS.includes(error.code)) return;
      const { subject, method } = principal ?? {};
      errors.logger.info({ path, reason: error.reason, subject, method, ...error.metadata }, 'refused a call');
    },
  };
}

/** A method in no table may be called by those who may do everything, who are told by the server that there is none. */
function rulesOf(policy: Exclude<MethodPolicy, 'open'> | undefined): Rule<never>[] {
  if (policy === 'authenticated') return [];
  if (!policy) return [{ role: 'admin', on: () => ALL_NAMESPACES }];
  return policy.also ? [policy, policy.also] : [policy];
}

function check(principal: Principal, { role, on }: Rule<never>, request: unknown): void {
  const named = on(request as never);
  const resources = typeof named === 'object' ? named : [named];
  // A list of nothing asks for nothing, and is for those who may ask for anything.
  if (resources.length === 0) authorize(principal, undefined, role);
  for (const resource of resources) authorize(principal, resource, role);
}
