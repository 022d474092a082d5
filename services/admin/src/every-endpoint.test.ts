import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissions, reaches, roles, type Permission, type Reach, type Role } from '@millrace/control-plane';
import type { AdminRoute } from './admin-route.ts';
import { startAdminTest, type AdminTest, type Target } from './admin.fixture.ts';
import { levelOf, requestOf } from './every-request.fixture.ts';
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
  letter: '999999999',
});

function isInReach(spec: AdminRoute, reach: Reach, which: keyof typeof targets): boolean {
  const level = levelOf(spec);
  if (level === 'nothing' || reach === 'platform') return true;
  if (level === 'platform' || which === 'foreign') return false;
  // A list of its organisation shows a project what it can see of it.
  if (level === 'organisation') return reach === 'organisation' || spec.isList === true;
  return reach === 'organisation' || which === 'own';
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
  const isAbsent =
    (spec.path.includes('{model}') || ['adjustCharge', 'getConsentedRequest'].includes(spec.operationId)) &&
    isPermitted;
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
        letter: '999999999',
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
