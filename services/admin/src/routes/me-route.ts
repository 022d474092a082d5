import { reachOf, scopesOf } from '@millrace/control-plane';
import { route } from '../admin-route.ts';

const textOrNull = { type: ['string', 'null'] } as const;
const texts = { type: 'array', items: { type: 'string' } } as const;

export const meRoute = route({
  method: 'GET',
  path: '/me',
  action: undefined,
  operationId: 'getMe',
  summary: 'Whose the API key is, and what it can do.',
  tag: 'keys',
  answer: {
    title: 'Me',
    type: 'object',
    required: ['key', 'tenant', 'organisation', 'user', 'roles', 'reach', 'scopes'],
    additionalProperties: false,
    properties: {
      key: { type: 'string' },
      tenant: { type: 'string' },
      organisation: { type: 'string' },
      user: textOrNull,
      roles: texts,
      reach: { type: 'string' },
      scopes: { ...texts, description: 'What it can do, by its roles, its reach and what it is held to.' },
    },
  },
  place: async () => undefined,
  run: async ({ actor }) => ({
    key: actor.key_id,
    tenant: actor.tenant,
    organisation: actor.organisation,
    user: actor.user_id,
    roles: actor.roles,
    reach: reachOf(actor),
    scopes: scopesOf(actor),
  }),
});
