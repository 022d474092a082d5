import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissions, reaches, roles, type Permission, type Reach, type Role } from '@millrace/control-plane';
import type { AdminRoute } from './admin-route.ts';
import { startAdminTest, type AdminTest, type Target } from './admin.fixture.ts';
import { allRoutes } from './all-routes.ts';
import { statusOf } from './openapi.ts';

let admin: AdminTest;
beforeAll(async () => {
  admin = await startAdminTest();
  // Whose keys are rotated has to have some.
  for (const { tenant } of Object.values(targets)) await admin.plane.sealing.forTenant(tenant);
}, 60_000);
afterAll(() => admin.stop());

/** The one who asks belongs to acme-web. */
const targets = {
  own: { organisation: 'acme', tenant: 'acme-web' },
  sister: { organisation: 'acme', tenant: 'acme-app' },
  foreign: { organisation: 'globex', tenant: 'globex-web' },
} as const;

const nobody = (which: keyof typeof targets): Target => ({
  ...targets[which],
  user: `usr_${'0'.repeat(32)}`,
  key: '0'.repeat(11),
  provider: `idp_${'0'.repeat(32)}`,
});

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
  createIdentityProvider: ({ organisation }) => ({
    ...acceptedKeys,
    issuer: `https://id.example.com/${randomUUID()}`,
    organisation,
  }),
  updateIdentityProvider: () => ({ audiences: ['other'] }),
  createPrice: () => ({ model: 'm', currency: 'EUR', input_per_million: '1', output_per_million: '1' }),
};

/** How much of a target has to be within reach. */
function levelOf({ path, operationId }: AdminRoute): 'nothing' | 'platform' | 'organisation' | 'tenant' {
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

function isInReach(spec: AdminRoute, reach: Reach, which: keyof typeof targets): boolean {
  const level = levelOf(spec);
  if (level === 'nothing' || reach === 'platform') return true;
  if (level === 'platform' || which === 'foreign') return false;
  // A list of its organisation shows a project what it can see of it.
  if (level === 'organisation') return reach === 'organisation' || spec.isList === true;
  return reach === 'organisation' || which === 'own';
}

function requestOf(spec: AdminRoute, target: Target) {
  const values: Readonly<Record<string, string>> = { ...target, model: 'some-model', role: 'end-user' };
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

/** What is wrong with the answer to a role; nothing if it is as the table says. */
async function judge(
  spec: AdminRoute,
  which: keyof typeof targets,
  role: Role,
  reach: Reach,
): Promise<readonly string[]> {
  const permission: Permission | undefined = spec.action === undefined ? undefined : permissions[spec.action];
  const needed = permission?.roles[role];
  const isPermitted =
    permission === undefined || (needed !== undefined && reaches.indexOf(reach) >= reaches.indexOf(needed));
  const within = isInReach(spec, reach, which) ? statusOf(spec) : 404;
  const { organisation, tenant } = targets[which];
  const target = isPermitted ? await admin.target(organisation, tenant) : nobody(which);
  const key = admin.keyOf({ tenant: 'acme-web', organisation: 'acme', roles: [role], reach });
  const { path, body } = requestOf(spec, target);
  // No model has been asked for, so that none has a quota, and there is no charge: within reach, it is not there.
  const isAbsent = (spec.path.includes('{model}') || spec.operationId === 'adjustCharge') && isPermitted;
  const expected = isPermitted ? (isAbsent ? 404 : within) : 403;
  const answer = await admin.ask(key, spec.method, path, {
    body,
    headers: { 'if-match': '*', ...(spec.isOnce === true ? { 'idempotency-key': randomUUID() } : {}) },
  });
  const why = JSON.stringify(answer.body['error']);
  if (answer.status === expected) return [];
  return [`${role} of ${reach}, ${which}: ${answer.status} instead of ${expected}: ${why}`];
}

describe.each(allRoutes.map((spec) => [`${spec.method} ${spec.path}`, spec] as const))(
  '%s',
  (_name, spec) => {
    it('does what the table of permissions says, for each role and reach, with what is own and foreign', async () => {
      const cases = (['own', 'sister', 'foreign'] as const).flatMap((which) =>
        roles.flatMap((role) => reaches.map((reach) => judge(spec, which, role, reach))),
      );
      const wrong = (await Promise.all(cases)).flat();
      expect(wrong).toEqual([]);
    });

    it('wants a key', async () => {
      const { path, body } = requestOf(spec, {
        ...targets.own,
        user: `usr_${'0'.repeat(32)}`,
        key: '0'.repeat(11),
        provider: `idp_${'0'.repeat(32)}`,
      });
      const answer = await admin.ask('none', spec.method, path, { body });
      expect(answer.status).toBe(401);
    });
  },
);

it('suspends nothing for good', async () => {
  const key = admin.keyOf({ tenant: 'acme-web', organisation: 'acme', roles: ['admin'], reach: 'platform' });
  expect((await admin.ask(key, 'POST', '/tenants/acme-web/suspend')).body['suspended_at']).not.toBeNull();
  expect((await admin.ask(key, 'POST', '/tenants/acme-web/resume')).body['suspended_at']).toBeNull();
});
