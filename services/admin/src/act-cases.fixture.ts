import { expect } from 'vitest';
import { randomUUID } from 'node:crypto';
import type { ActPerformed } from '@millrace/contracts';
import type { AdminTest, Answer, Target } from './admin.fixture.ts';

/** Asks as an admin of the platform, for whichever version is there. */
export type Ask = (method: string, path: string, body?: object, headers?: object) => Promise<Answer>;

export interface ActCase {
  readonly ask: () => Promise<Answer>;
  /** What the act says; where it is not of acme-web, with its tenant. */
  readonly act: (answer: Answer['body']) => Partial<ActPerformed>;
}

export interface Asking {
  readonly admin: AdminTest;
  readonly ask: Ask;
  readonly target: Target;
  /** Forgets the acts so far: what a case needs first is none of its own. */
  readonly forget: () => Promise<void>;
}

const system = '_system';
const anything = expect.any(String) as string;
const price = { model: 'm', currency: 'EUR', input_per_million: '1.5', output_per_million: '2' };
const quota = { max_in_flight: 7 };
const issuer = 'https://id.example.com/realms/acts';
const provider = {
  issuer,
  audiences: ['millrace'],
  jwks_uri: `${issuer}/certs`,
  claims: { project: { default: 'acme-web' }, roles: { default: ['end-user'] } },
};
export const range = {
  from: '2026-03-01T00:00:00Z',
  to: '2026-04-01T00:00:00Z',
  tenant: 'acme-web',
  model: 'm',
};
export const once = (): object => ({ 'idempotency-key': randomUUID() });

const limited = { before: { version: anything }, after: { version: anything, max_in_flight: '7' } };

/** For each operation that changes something. */
export function actCases({ admin, ask, target, forget }: Asking): Readonly<Record<string, ActCase>> {
  /** The id of the provider, which is made where it is not there yet. */
  async function providerId(): Promise<string> {
    await ask('POST', '/identity-providers', provider);
    await forget();
    const { body } = await ask('GET', '/identity-providers');
    return String((body['data'] as readonly { readonly id: string }[])[0]?.id);
  }

  return {
    createOrganisation: {
      ask: () => ask('POST', '/organisations', { id: 'initech' }),
      act: () => ({ tenant: system, action: 'organisation.create', object_id: 'initech', before: {} }),
    },
    updateOrganisation: {
      ask: () => ask('PATCH', '/organisations/acme', { name: 'Acme Ltd' }),
      act: () => ({
        tenant: system,
        action: 'organisation.update',
        object_id: 'acme',
        before: { name: 'acme', version: '1' },
        after: { name: 'Acme Ltd', version: '2' },
      }),
    },
    suspendOrganisation: {
      ask: () => ask('POST', '/organisations/globex/suspend'),
      act: () => ({
        tenant: system,
        action: 'organisation.suspend',
        object_id: 'globex',
        after: { suspended_at: anything, version: anything },
      }),
    },
    resumeOrganisation: {
      ask: () => ask('POST', '/organisations/globex/resume'),
      act: () => ({
        tenant: system,
        action: 'organisation.suspend',
        object_id: 'globex',
        before: { suspended_at: anything, version: anything },
        after: { version: anything },
      }),
    },
    createTenant: {
      ask: () => ask('POST', '/tenants', { id: 'acme-new', organisation: 'acme' }),
      act: () => ({
        tenant: 'acme-new',
        action: 'tenant.create',
        object_id: 'acme-new',
        after: expect.objectContaining({ organisation: 'acme' }) as Record<string, string>,
      }),
    },
    updateTenant: {
      ask: () => ask('PATCH', '/tenants/acme-web', { name: 'The web' }),
      act: () => ({
        action: 'tenant.update',
        object_id: 'acme-web',
        before: { name: 'acme-web', version: '1' },
        after: { name: 'The web', version: '2' },
      }),
    },
    suspendTenant: {
      ask: () => ask('POST', '/tenants/acme-app/suspend'),
      act: () => ({ tenant: 'acme-app', action: 'tenant.suspend', object_id: 'acme-app' }),
    },
    resumeTenant: {
      ask: () => ask('POST', '/tenants/acme-app/resume'),
      act: () => ({ tenant: 'acme-app', action: 'tenant.suspend', object_id: 'acme-app' }),
    },
    createUser: {
      ask: () => ask('POST', '/users', { name: 'Ada Lovelace', email: 'ada@example.org' }),
      act: ({ id }) => ({
        tenant: system,
        action: 'user.create',
        object_id: String(id),
        after: expect.objectContaining({ name: 'sealed', email: 'sealed' }) as Record<string, string>,
      }),
    },
    updateUser: {
      ask: () => ask('PATCH', `/users/${target.user}`, { name: 'Grace Hopper', disabled: true }),
      act: () => ({
        tenant: system,
        action: 'user.update',
        object_id: target.user,
        before: { name: 'sealed', version: '1' },
        after: { name: 'sealed', version: '2', disabled_at: anything },
      }),
    },
    grantRole: {
      ask: () => ask('POST', '/roles', { user: target.user, tenant: 'acme-web', role: 'analyst' }),
      act: () => ({ action: 'role.grant', object_id: `${target.user}/acme-web/analyst`, before: {} }),
    },
    withdrawRole: {
      ask: () => ask('DELETE', `/roles?user=${target.user}&tenant=acme-web&role=end-user`),
      act: () => ({
        action: 'role.withdraw',
        object_id: `${target.user}/acme-web/end-user`,
        before: { user: target.user, tenant: 'acme-web', role: 'end-user', created_at: anything },
        after: {},
      }),
    },
    createKey: {
      ask: () => ask('POST', '/keys', { tenant: 'acme-web', roles: ['end-user'] }),
      act: ({ id }) => ({
        action: 'key.create',
        object_id: String(id),
        after: expect.objectContaining({ roles: '["end-user"]' }) as Record<string, string>,
      }),
    },
    updateKey: {
      ask: () => ask('PATCH', `/keys/${target.key}`, { allowed_models: ['small'] }),
      act: () => ({
        action: 'key.update',
        object_id: target.key,
        before: { version: '1' },
        after: { allowed_models: '["small"]', version: '2' },
      }),
    },
    rotateKey: {
      ask: () => ask('POST', `/keys/${target.key}/rotate`, { overlap_seconds: 60 }),
      act: ({ id }) => ({
        action: 'key.rotate',
        object_id: target.key,
        after: { replaced_by: String(id), overlap_seconds: '60' },
      }),
    },
    revokeKey: {
      ask: () => ask('POST', `/keys/${target.key}/revoke`),
      act: () => ({
        action: 'key.revoke',
        object_id: target.key,
        before: { version: '1' },
        after: { revoked_at: anything, version: '2' },
      }),
    },
    setOrganisationQuota: {
      ask: () => ask('PATCH', '/quotas/organisations/acme', quota),
      act: () => ({
        tenant: system,
        action: 'quota.set.organisation',
        object_id: 'organisation/acme',
        ...limited,
      }),
    },
    setTenantQuota: {
      ask: () => ask('PATCH', '/quotas/tenants/acme-web', quota),
      act: () => ({
        action: 'quota.set.project',
        object_id: 'project/acme-web',
        before: { version: anything, max_in_flight: '64' },
        after: limited.after,
      }),
    },
    setUserQuota: {
      ask: () => ask('PATCH', `/quotas/users/${target.user}`, quota),
      act: () => ({
        tenant: system,
        action: 'quota.set.user',
        object_id: `user/${target.user}`,
        ...limited,
      }),
    },
    setKeyQuota: {
      ask: () => ask('PATCH', `/quotas/keys/${target.key}`, quota),
      act: () => ({ action: 'quota.set.key', object_id: `key/${target.key}`, ...limited }),
    },
    setModelQuota: {
      ask: () => ask('PATCH', '/quotas/models/some-model', quota),
      act: () => ({ tenant: system, action: 'quota.set.model', object_id: 'model/some-model', ...limited }),
    },
    createPrice: {
      ask: () => ask('POST', '/prices', price),
      act: () => ({
        tenant: system,
        action: 'price.create',
        object_id: 'default/m/1',
        after: expect.objectContaining({ currency: 'EUR', input_per_million: '1.5' }) as Record<
          string,
          string
        >,
      }),
    },
    setDataPolicy: {
      ask: () => ask('PATCH', '/tenants/acme-web/data-policy', { jobs_seconds: 3_600 }),
      act: () => ({ action: 'data-policy.set' }),
    },
    setPiiPolicy: {
      ask: () => ask('PATCH', '/tenants/acme-web/pii-policy', { allow: ['ann@corp.example'] }),
      act: () => ({ action: 'pii-policy.set', after: { allow: '1', version: '1' } }),
    },
    rotateDataKey: {
      ask: async () => {
        await admin.plane.sealing.forTenant('acme-web');
        return ask('POST', '/tenants/acme-web/data-keys/rotate');
      },
      act: () => ({ action: 'data-key.rotate', object_id: 'acme-web' }),
    },
    retireDataKeys: {
      ask: () => ask('POST', '/tenants/acme-web/data-keys/retire'),
      act: () => ({ action: 'data-key.retire', object_id: 'acme-web', after: {} }),
    },
    withdrawTrainingExamples: {
      ask: () => ask('POST', '/tenants/acme-web/training-examples/withdraw', {}),
      act: () => ({ action: 'training-example.withdraw', object_id: 'acme-web', after: { withdrawn: '0' } }),
    },
    erasePersonalData: {
      ask: () => ask('POST', '/tenants/acme-web/erasures', { user: target.user }),
      act: ({ id }) => ({ action: 'personal-data.erase', object_id: String(id) }),
    },
    adjustCharge: {
      ask: async () => {
        const body = {
          tenant: 'acme-web',
          request_id: await admin.charge(),
          amount: '-0.5',
          reason: 'too slow',
        };
        return ask('POST', '/ledger/adjustments', body, once());
      },
      act: () => ({
        action: 'ledger.adjust',
        after: expect.objectContaining({ reason: 'too slow' }) as never,
      }),
    },
    giveCredit: {
      ask: () =>
        ask(
          'POST',
          '/ledger/credits',
          { tenant: 'acme-web', amount: '25', currency: 'EUR', reason: 'goodwill' },
          once(),
        ),
      act: () => ({
        action: 'ledger.credit',
        after: expect.objectContaining({ reason: 'goodwill' }) as never,
      }),
    },
    applyRerating: {
      ask: () => ask('POST', '/ledger/reratings', { ...range, reason: 'wrong price' }, once()),
      act: ({ run }) => ({
        action: 'ledger.rerate',
        object_id: String(run),
        after: expect.objectContaining({ reason: 'wrong price', from: range.from }) as never,
      }),
    },
    replayDeadLetter: {
      ask: () => ask('POST', `/dead-letters/${target.letter}/replay`, {}),
      act: ({ replayed_as }) => ({
        action: 'dead-letter.replay',
        object_id: target.letter,
        before: { status: 'open', replays: '0' },
        after: expect.objectContaining({ status: 'replaying', replayed_as, decided_by: 'usr_1' }) as never,
      }),
    },
    discardDeadLetter: {
      ask: () => ask('POST', `/dead-letters/${target.letter}/discard`, { reason: 'a mistake' }),
      act: () => ({
        action: 'dead-letter.discard',
        before: { status: 'open' },
        after: expect.objectContaining({ status: 'discarded', discard_reason: 'a mistake' }) as never,
      }),
    },
    createIdentityProvider: {
      ask: () => ask('POST', '/identity-providers', { ...provider, issuer: `${issuer}/new` }),
      act: () => ({ tenant: system, action: 'identity-provider.create' }),
    },
    updateIdentityProvider: {
      ask: async () => ask('PATCH', `/identity-providers/${await providerId()}`, { audiences: ['other'] }),
      act: () => ({ tenant: system, action: 'identity-provider.update' }),
    },
    disableIdentityProvider: {
      ask: async () => ask('POST', `/identity-providers/${await providerId()}/disable`),
      act: () => ({ tenant: system, action: 'identity-provider.disable' }),
    },
    enableIdentityProvider: {
      ask: async () => ask('POST', `/identity-providers/${await providerId()}/enable`),
      act: () => ({ tenant: system, action: 'identity-provider.disable' }),
    },
  };
}
