import { eq } from '@millrace/store/sql';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { memberships, quotas, tenants, users } from '@millrace/store';
import { startIdentityTest, testMapping, type IdentityTest } from './identity.fixture.ts';
import type { TestIssuer } from './testing.ts';
import type { TokenVerifier } from './token-verifier.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let test: IdentityTest;
let issuer: TestIssuer;
let verifier: TokenVerifier;

beforeAll(async () => {
  test = await startIdentityTest();
});
afterAll(() => test.stop());

beforeEach(async () => {
  issuer = await test.issuer();
  verifier = test.verifier();
});

const denied = (message: string) => ({ code: 'permission_denied', message });
const nowSeconds = (): number => Math.floor(test.clock.now() / 1_000);

describe('a token', () => {
  it('stands for the user, the project and the roles that its claims are mapped to', async () => {
    const principal = await verifier.verify(
      await issuer.token({ realm_access: { roles: ['llm-users', 'unknown'] } }),
    );
    expect(principal).toMatchObject({
      tenant: 'acme-main',
      organisation: 'acme',
      roles: ['developer'],
      reach: 'project',
      scopes: null,
      issuer: issuer.issuer,
      max_in_flight: 7,
      expires_at: test.clock.now() + 120_000,
    });
    expect(principal.user_id).toMatch(/^usr_[\da-f]{32}$/);
    expect(principal.key_id).toBe(principal.user_id?.replace('usr', 'sso'));
  });

  it('of a user who is seen for the first time makes the user, with a quota, once', async () => {
    const tokens = await Promise.all(
      [1, 2, 3, 4].map((jti) => issuer.token({ jti: String(jti), sub: 'new' })),
    );
    const seen = await Promise.all(tokens.map((token) => verifier.verify(token)));
    expect(new Set(seen.map(({ key_id }) => key_id)).size).toBe(1);
    const made = await test.database.select().from(users).where(eq(users.issuer, issuer.issuer));
    expect(made).toMatchObject([{ organisation: 'acme', kind: 'person', subject: 'new', profile: null }]);
    expect(await test.database.select().from(quotas).where(eq(quotas.subject, made[0]!.id))).toMatchObject([
      { scope: 'user' },
    ]);
  });

  it('of the same subject at another issuer stands for another user', async () => {
    const first = await verifier.verify(await issuer.token());
    const other = await test.issuer();
    const second = await verifier.verify(await other.token());
    expect(second.user_id).not.toBe(first.user_id);
  });

  it('of a user who is not known is refused where users are not made by tokens', async () => {
    await test.accept(issuer, { create_users: false });
    const token = await issuer.token({ sub: 'stranger' });
    await expect(verifier.verify(token)).rejects.toMatchObject(
      denied('The user of the token is not known here.'),
    );
    await test.database.insert(users).values({
      id: 'usr_known',
      organisation: 'acme',
      kind: 'person',
      issuer: issuer.issuer,
      subject: 'stranger',
    });
    expect(await verifier.verify(token)).toMatchObject({ user_id: 'usr_known' });
  });

  it('may name one of its audiences among others, and is good for a minute longer than it says', async () => {
    const token = await issuer.token({ aud: ['elsewhere', 'millrace-web'], exp: nowSeconds() - 59 });
    expect(await verifier.verify(token)).toMatchObject({ expires_at: (nowSeconds() + 1) * 1_000 });
  });

  it('has the restrictions of its provider', async () => {
    await test.accept(issuer, {
      allowed_models: ['small'],
      allowed_addresses: ['10.0.0.0/8'],
      scopes: ['inference'],
    });
    expect(await verifier.verify(await issuer.token())).toMatchObject({
      allowed_models: ['small'],
      allowed_addresses: ['10.0.0.0/8'],
      scopes: ['inference'],
    });
  });
});

describe('roles', () => {
  it('come from memberships as well, yet never beyond what the provider allows', async () => {
    const token = await issuer.token({ sub: 'member' });
    const { user_id: user } = await verifier.verify(token);
    await test.database.insert(memberships).values([
      { user: user!, tenant: 'acme-main', role: 'admin' },
      { user: user!, tenant: 'acme-main', role: 'analyst' },
      { user: user!, tenant: 'acme-second', role: 'developer' },
    ]);
    expect(await verifier.verify(token)).toMatchObject({ roles: ['end-user', 'analyst'], reach: 'project' });
    await test.accept(issuer, { roles: { ...testMapping.roles, most: ['admin', 'analyst'] } });
    expect(await verifier.verify(token)).toMatchObject({ roles: ['admin', 'analyst'], reach: 'project' });
  });

  it('reach the organisation only where all of them do', async () => {
    await test.accept(issuer, { roles: { default: [], most: ['admin', 'analyst'] }, create_users: false });
    await test.database.insert(users).values({
      id: 'usr_wide',
      organisation: 'acme',
      kind: 'person',
      issuer: issuer.issuer,
      subject: 'wide',
    });
    const token = await issuer.token({ sub: 'wide' });
    await expect(verifier.verify(token)).rejects.toMatchObject(denied('The token stands for no role here.'));
    await test.database.insert(memberships).values({ user: 'usr_wide', tenant: '*', role: 'analyst' });
    expect(await verifier.verify(token)).toMatchObject({ roles: ['analyst'], reach: 'organisation' });
    await test.database.insert(memberships).values({ user: 'usr_wide', tenant: 'acme-main', role: 'admin' });
    expect(await verifier.verify(token)).toMatchObject({ reach: 'project' });
  });

  it.each([
    { realm_access: { roles: ['admin'] } },
    { realm_access: { roles: 'admin' }, roles: ['admin'], role: 'admin' },
    { realm_access: { roles: ['__proto__', 'constructor', 'toString'] } },
    { realm_access: { roles: [{ admin: true }, ['admin'], null] } },
    { realm_access: '{"roles":["llm-users"]}' },
    { reach: 'platform', scopes: ['everything'], tenant: 'other-main', organisation: 'other' },
  ])('do not come from what nobody has mapped: %j', async (claims) => {
    expect(await verifier.verify(await issuer.token(claims))).toMatchObject({
      tenant: 'acme-main',
      organisation: 'acme',
      roles: ['end-user'],
      reach: 'project',
      scopes: null,
    });
  });
});

describe('a project', () => {
  it.each(['other-main', 'none', "' or '1'='1", '\u0000', 'x'.repeat(500), '*', '>'])(
    '%j that is not of the organisation is as if it were not there',
    async (project) => {
      await expect(verifier.verify(await issuer.token({ project }))).rejects.toMatchObject(
        denied('The project that the token names does not exist.'),
      );
    },
  );

  it('can stand behind values of a claim', async () => {
    await test.accept(issuer, { project: { claim: 'team', values: { blue: 'acme-second' } } });
    expect(await verifier.verify(await issuer.token({ team: ['red', 'blue'] }))).toMatchObject({
      tenant: 'acme-second',
    });
    await expect(verifier.verify(await issuer.token({ team: 'acme-main' }))).rejects.toMatchObject(
      denied('The token names no project.'),
    );
  });

  it('that is suspended lets nobody in', async () => {
    await test.database.update(tenants).set({ suspendedAt: new Date() }).where(eq(tenants.id, 'acme-second'));
    await expect(verifier.verify(await issuer.token({ project: 'acme-second' }))).rejects.toMatchObject(
      denied('The project that the token names is suspended.'),
    );
  });
});
