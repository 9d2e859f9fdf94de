/** What a caller may do in a namespace; docs/adr/0008-authentication.md says why there are these. */
export const ROLES = ['caller', 'viewer', 'evaluator', 'publisher', 'promoter', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/**
 * The roles each role stands for. An evaluator is no step on the ladder: who publishes or promotes must not also write the
 * measurements that gates believe.
 */
const INCLUDED: Readonly<Record<Role, readonly Role[]>> = {
  caller: ['caller'],
  viewer: ['caller', 'viewer'],
  evaluator: ['caller', 'viewer', 'evaluator'],
  publisher: ['caller', 'viewer', 'publisher'],
  promoter: ['caller', 'viewer', 'publisher', 'promoter'],
  admin: ROLES,
};

/** Whether whoever has a role may do what another one is needed for. */
export function includesRole(role: Role, required: Role): boolean {
  return INCLUDED[role].includes(required);
}
