import { adminGroup } from './admin-command.ts';
import { integer, list, ofOrganisation, ofTenant, orNone, text } from './options.ts';

const bounds = {
  scopes: orNone(list('what of its roles it may use')),
  'allowed-models': orNone(list('models that it may ask for')),
  'allowed-addresses': orNone(list('addresses and networks that it may be used from')),
  'expires-at': orNone(text('when it ends, such as 2026-12-31T00:00:00Z')),
};

export const keysGroup = adminGroup({
  name: 'keys',
  verbs: {
    list: {
      summary: 'all within reach',
      method: 'GET',
      path: '/keys',
      options: { ...ofTenant, ...ofOrganisation, user: text('of this user alone') },
      columns: ['id', 'tenant', 'user', 'name', 'roles', 'reach', 'last_used_at', 'expires_at', 'revoked_at'],
    },
    show: { summary: 'one', method: 'GET', path: '/keys/{key}' },
    create: {
      summary: 'creates one; its secret is shown this once',
      method: 'POST',
      path: '/keys',
      options: {
        tenant: text('whose it is; by default that of the API key that asks'),
        name: text('for people'),
        user: text('whose it is within the tenant'),
        roles: list('by default developer'),
        reach: text('project, organisation or platform; by default project'),
        ...bounds,
      },
    },
    update: {
      summary: 'changes what one is held to',
      method: 'PATCH',
      path: '/keys/{key}',
      options: { name: text('for people'), ...bounds },
      isVersioned: true,
    },
    rotate: {
      summary: 'makes one that takes its place',
      method: 'POST',
      path: '/keys/{key}/rotate',
      options: { 'overlap-seconds': integer('how long the old one is good beside it; a day by default') },
    },
    revoke: {
      summary: 'ends one for good, and the connections that use it',
      method: 'POST',
      path: '/keys/{key}/revoke',
    },
  },
  examples: [
    'keys create --tenant acme-web --name ci --roles developer --allowed-models smollm2-135m-instruct',
    'keys update 4fT0bQ9xZ1a --allowed-addresses 10.0.0.0/8,192.0.2.7',
    'keys rotate 4fT0bQ9xZ1a --overlap-seconds 3600',
    'keys list --json',
  ],
});
