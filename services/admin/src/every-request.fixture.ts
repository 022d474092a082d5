import { randomUUID } from 'node:crypto';
import type { AdminRoute } from './admin-route.ts';
import type { Target } from './admin.fixture.ts';

const rerated = { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' };

const acceptedKeys = {
  audiences: ['millrace'],
  jwks_uri: 'https://id.example.com/jwks',
  claims: { project: {}, roles: {} },
};

const bodies: Readonly<Record<string, (target: Target) => object>> = {
  createOrganisation: () => ({ id: randomUUID() }),
  updateOrganisation: () => ({ name: 'Renamed' }),
  createTenant: ({ organisation }) => ({ id: randomUUID(), organisation }),
  updateTenant: () => ({ name: 'Renamed' }),
  createUser: ({ organisation }) => ({ name: 'New', organisation }),
  updateUser: () => ({ name: 'Renamed' }),
  grantRole: ({ user, tenant }) => ({ user, tenant, role: 'end-user' }),
  createKey: ({ tenant }) => ({ tenant, roles: ['end-user'] }),
  updateKey: () => ({ name: 'Renamed' }),
  rotateKey: () => ({}),
  setDataPolicy: () => ({ jobs_seconds: 3_600 }),
  setPiiPolicy: () => ({ restore: false }),
  // Not the tenant: it is needed.
  erasePersonalData: ({ user }) => ({ user }),
  rotateDataKey: () => ({}),
  retireDataKeys: () => ({}),
  withdrawTrainingExamples: ({ user }) => ({ user }),
  adjustCharge: ({ tenant }) => ({ tenant, request_id: randomUUID(), amount: '-1', reason: 'wrong' }),
  giveCredit: ({ tenant }) => ({ tenant, amount: '1', currency: 'EUR', reason: 'goodwill' }),
  previewRerating: ({ tenant }) => ({ tenant, ...rerated }),
  applyRerating: ({ tenant }) => ({ tenant, ...rerated, reason: 'wrong price' }),
  replayDeadLetter: () => ({}),
  discardDeadLetter: () => ({ reason: 'not needed' }),
  createIdentityProvider: ({ organisation }) => ({
    ...acceptedKeys,
    issuer: `https://id.example.com/${randomUUID()}`,
    organisation,
  }),
  updateIdentityProvider: () => ({ audiences: ['other'] }),
  createPrice: () => ({ model: 'm', currency: 'EUR', input_per_million: '1', output_per_million: '1' }),
};

/** How much of a target has to be within reach. */
export function levelOf({
  path,
  operationId,
}: AdminRoute): 'nothing' | 'platform' | 'organisation' | 'tenant' {
  if (['/me', '/prices', '/data-kept'].includes(path)) return 'nothing';
  if (['createOrganisation', 'listOrganisations'].includes(operationId)) return 'nothing';
  if (path.includes('{model}')) return 'platform';
  const isOfOrganisation = [
    'createTenant',
    'listTenants',
    'listUsers',
    'createUser',
    'listIdentityProviders',
    'createIdentityProvider',
  ].includes(operationId);
  return isOfOrganisation || /\{(?:organisation|user|provider)\}/.test(path) ? 'organisation' : 'tenant';
}

/** A request of a route that is about a target and valid. @returns its path, with its query, and its body */
export function requestOf(spec: AdminRoute, target: Target) {
  const values: Readonly<Record<string, string>> = {
    ...target,
    model: 'some-model',
    role: 'end-user',
    request: randomUUID(),
  };
  const path = spec.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? '');
  const level = levelOf(spec);
  const names = spec.method === 'DELETE' ? ['user', 'role', 'tenant'] : spec.isList === true ? [level] : [];
  const query = names
    .filter((name) => spec.query?.[name] !== undefined)
    .map((name) => `${name}=${values[name]}`);
  const body =
    bodies[spec.operationId]?.(target) ?? (spec.body === undefined ? undefined : { max_in_flight: 5 });
  return { path: query.length === 0 ? path : `${path}?${query.join('&')}`, body };
}
