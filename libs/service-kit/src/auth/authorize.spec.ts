import { describe, expect, it } from 'vitest';
import { authorize } from './authorize.js';
import { ANONYMOUS, type Principal } from './principal.js';

const ci: Principal = { subject: 'ci', method: 'token', roles: { default: 'publisher' } };

describe('authorize', () => {
  it.each(['namespaces/default', 'namespaces/default/models/x', 'namespaces/default/models/x/versions/3'])(
    'finds the namespace of %s',
    (resource) => {
      expect(() => authorize(ci, resource, 'publisher')).not.toThrow();
      expect(() => authorize(ci, resource, 'promoter')).toThrow(
        expect.objectContaining({
          reason: 'ROLE_MISSING',
          code: 'PERMISSION_DENIED',
          message:
            'the role promoter in namespaces/default is needed, and "ci" (API token) does not have it; ask an administrator',
          metadata: { role: 'promoter', namespace: 'default' },
        }),
      );
    },
  );

  it('says which role is needed where, whatever exists there', () => {
    expect(() => authorize(ci, 'namespaces/other/models/x', 'viewer')).toThrow('the role viewer in namespaces/other');
    expect(() => authorize(ci, '*', 'viewer')).toThrow('the role viewer in every namespace');
  });

  it.each([
    undefined,
    '',
    'default',
    'models/x',
    'namespaces/',
    'namespaces/*',
    'namespaces/../default',
    '/namespaces/default',
  ])('refuses a name without a namespace before anything else: %j', (resource) => {
    expect(() => authorize(ci, resource, 'viewer')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    // Whoever may do it everywhere gets the handler's own words.
    expect(() => authorize(ANONYMOUS, resource, 'viewer')).not.toThrow();
  });
});
