import { AsyncLocalStorage } from 'node:async_hooks';
import type { Metadata } from '@grpc/grpc-js';
import type { Principal } from './principal.js';

const running = new AsyncLocalStorage<Principal>();
const byMetadata = new WeakMap<Metadata, Principal>();

/** Runs something as part of a principal's call. */
export function runAs<T>(principal: Principal, run: () => T): T {
  return running.run(principal, run);
}

/** Lets a call's handler be told whose call it is. */
export function rememberPrincipal(metadata: Metadata, principal: Principal): void {
  byMetadata.set(metadata, principal);
}

/**
 * Whose call the running code is part of, through every await of the handler; not in listeners of the call's own events, where
 * `principalOf` tells.
 * @throws TypeError outside of any call.
 */
export function currentPrincipal(): Principal {
  const principal = running.getStore();
  if (!principal) throw new TypeError('there is no call, so no principal');
  return principal;
}

/** Whose call it is. @throws TypeError for a call that no one identified, such as one of health. */
export function principalOf(call: { readonly metadata: Metadata }): Principal {
  const principal = byMetadata.get(call.metadata);
  if (!principal) throw new TypeError('nobody was identified for this call');
  return principal;
}
