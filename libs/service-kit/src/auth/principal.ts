import { includesRole, type Role } from './role.js';

/** In place of a namespace: all of them. */
export const ALL_NAMESPACES = '*';

/** A role for each namespace, by its id; `*` is every namespace, and adds to what a namespace's own entry gives. */
export type RoleTable = Readonly<Record<string, Role>>;

/** Whoever makes a call. */
export interface Principal {
  /** Who it is, for the audit log; unique together with `method`. */
  readonly subject: string;
  /** How it was identified. */
  readonly method: 'token' | 'jwt' | 'certificate' | 'open';
  readonly roles: RoleTable;
}

/** Everybody, where a service is open. */
export const ANONYMOUS: Principal = { subject: 'anonymous', method: 'open', roles: { [ALL_NAMESPACES]: 'admin' } };

/** Whether a principal may do in a namespace, or in all of them with `*`, what a role is needed for. */
export function permits({ roles }: Principal, namespace: string, required: Role): boolean {
  return [ALL_NAMESPACES, namespace].some((key) => Object.hasOwn(roles, key) && includesRole(roles[key], required));
}
