import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANONYMOUS, type Principal, permits } from './principal.js';
import { ROLES, type Role } from './role.js';

const LADDER: readonly Role[] = ['viewer', 'publisher', 'promoter', 'admin'];
const somebody = (roles: Principal['roles']): Principal => ({ subject: 'somebody', method: 'token', roles });
const namespace = fc.constantFrom('default', 'team', 'constructor', 'toString');
const role = fc.constantFrom(...ROLES);

describe('permits', () => {
  it('lets a higher role do whatever a lower one may', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.nat(3), namespace, role, (a, b, where, required) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((i) => somebody({ [where]: LADDER[i] }));
        return !permits(low, where, required) || permits(high, where, required);
      }),
    );
  });

  it('gives a role nothing in another namespace, and everything of it in each with *', () => {
    fc.assert(
      fc.property(namespace, namespace, role, role, (mine, other, given, required) => {
        const here = permits(somebody({ [mine]: given }), mine, required);
        expect(permits(somebody({ [mine]: given }), other, required)).toBe(here && mine === other);
        expect(permits(somebody({ '*': given }), other, required)).toBe(here);
      }),
    );
  });

  it('keeps measuring apart from publishing and promoting', () => {
    const may = (given: Role) => ROLES.filter((required) => permits(somebody({ a: given }), 'a', required));
    expect(Object.fromEntries(ROLES.map((given) => [given, may(given)]))).toEqual({
      caller: ['caller'],
      viewer: ['caller', 'viewer'],
      evaluator: ['caller', 'viewer', 'evaluator'],
      publisher: ['caller', 'viewer', 'publisher'],
      promoter: ['caller', 'viewer', 'publisher', 'promoter'],
      admin: [...ROLES],
    });
  });

  it('takes only what is written for a role: a namespace may be called like what every object has', () => {
    expect(permits(somebody({}), 'constructor', 'viewer')).toBe(false);
    expect(permits(somebody({ a: 'viewer' }), '*', 'viewer')).toBe(false);
    expect(permits(ANONYMOUS, '*', 'admin')).toBe(true);
  });
});
