import type { Role } from './role.js';

/** What a caller needs for a call, and where. */
export interface Rule<Request> {
  readonly role: Role;
  /**
   * From the request, or the first message of a stream: names of the resources, `namespaces/{namespace}` or anything below, in
   * whose namespaces the role is needed. A name that is missing or malformed is refused before anything is looked at.
   */
  readonly on: (request: Request) => string | readonly string[] | undefined;
}

/** A rule, and a second one for requests that also touch what belongs elsewhere. */
export interface PolicyRow<Request> extends Rule<Request> {
  readonly also?: Rule<Request>;
}

// Only to be told the request's type.
type RequestOf<Method> = Method extends { requestDeserialize: (bytes: Buffer) => infer Request } ? Request : never;

/**
 * A row for every RPC of a service: one without a row does not compile, and is refused at the start. `authenticated` is for what
 * touches nobody's resources.
 */
export type ServicePolicy<Service> = {
  readonly [Rpc in keyof Service]: PolicyRow<RequestOf<Service[Rpc]>> | 'authenticated';
};

/** A policy whose request types are no longer known; what rows are kept as. */
export type AnyServicePolicy = Readonly<Record<string, PolicyRow<never> | 'authenticated'>>;
