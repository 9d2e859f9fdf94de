import type { ServiceDefinition } from '@grpc/grpc-js';
import type { AnyServicePolicy, PolicyRow } from './service-policy.js';

/** What a method asks of its callers: a row's roles, nothing at all, or only to be somebody known. */
export type MethodPolicy = PolicyRow<never> | 'open' | 'authenticated';

/** Probes carry no credentials, and health tells nothing but that a service is well. */
const HEALTH = '/grpc.health.v1.Health/';
/** The contracts are no secret, but strangers need not be told what can be called. */
const REFLECTION = ['/grpc.reflection.v1.ServerReflection/', '/grpc.reflection.v1alpha.ServerReflection/'];

/** The policies of a server's methods, by their path. */
export class PolicyTable {
  readonly #rows = new Map<string, PolicyRow<never> | 'authenticated'>();

  /** @throws TypeError if a method has no row: a service that nobody thought about must not start. */
  constructor(
    services: Readonly<Record<string, ServiceDefinition>>,
    policies: Readonly<Record<string, AnyServicePolicy>>,
  ) {
    for (const [service, methods] of Object.entries(services)) {
      for (const [rpc, { path }] of Object.entries(methods)) {
        const row = policies[service]?.[rpc];
        if (!row) throw new TypeError(`${service}/${rpc} has no policy: nobody said who may call it`);
        this.#rows.set(path, row);
      }
    }
  }

  /** @returns undefined for a method that is in no table, which nobody may call. */
  of(path: string): MethodPolicy | undefined {
    if (path.startsWith(HEALTH)) return 'open';
    if (REFLECTION.some((service) => path.startsWith(service))) return 'authenticated';
    return this.#rows.get(path);
  }
}
