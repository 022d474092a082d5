import { eq } from '@millrace/store/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey } from '@millrace/control-plane';
import { apiKeys, controlChanges, keptAnswers, users } from '@millrace/store';
import { startAdminTest, type AdminTest } from './admin.fixture.ts';

let admin: AdminTest;
/** Admins of a project and of the platform. */
let own: string;
let platform: string;
beforeAll(async () => {
  admin = await startAdminTest();
  const roles = ['admin'];
  own = admin.keyOf({ tenant: 'acme-web', organisation: 'acme', roles });
  platform = admin.keyOf({ tenant: 'acme-web', organisation: 'acme', roles, reach: 'platform' });
}, 60_000);
afterAll(() => admin.stop());

const injections = [
  "' or '1'='1",
  "'; drop table api_keys; --",
  '1; select pg_sleep(10)',
  '${1}',
  '%',
  '_',
  '\\',
  '>',
  '*',
  'acme.*',
  '..',
  '%00',
  '\u0000',
  '\ud800',
  'x'.repeat(90),
  '__proto__',
];

describe('ids', () => {
  it.each(['organisations', 'tenants', 'users', 'keys', 'quotas/keys', 'quotas/models'])(
    'that are none are refused in /%s, whatever they hold',
    async (list) => {
      for (const injection of injections) {
        const answer = await admin.ask(
          platform,
          'GET',
          `/${list}/${encodeURIComponent(wellFormed(injection))}`,
        );
        expect({ injection, isRefused: [400, 404].includes(answer.status) }).toEqual({
          injection,
          isRefused: true,
        });
      }
    },
  );

  it('that are none are refused in queries and bodies', async () => {
    for (const injection of injections.filter((text) => text !== '__proto__')) {
      const value = encodeURIComponent(wellFormed(injection));
      for (const query of ['tenant', 'organisation', 'user', 'key', 'model', 'from', 'request', 'cursor']) {
        const answer = await admin.ask(platform, 'GET', `/ledger?${query}=${value}`);
        // A long name can be that of a model, or of a tenant that is not there.
        const isName = injection === 'x'.repeat(90) && query === 'model';
        expect({ query, injection, status: answer.status }).toEqual({
          query,
          injection,
          status: isName ? 200 : 400,
        });
      }
      const created = await admin.ask(platform, 'POST', '/tenants', { body: { id: injection } });
      expect({ injection, status: created.status }).toEqual({ injection, status: 400 });
    }
  });

  it('of others are as if they were not there, wherever they stand', async () => {
    const other = await admin.target('globex', 'globex-web');
    const absent = { user: `usr_${'0'.repeat(32)}`, key: '0'.repeat(11), tenant: 'absent' };
    const same = async (
      path: (id: typeof absent) => string,
      method = 'GET',
      body?: (id: typeof absent) => object,
    ) => {
      const [found, missing] = await Promise.all(
        [other, absent].map((id) =>
          admin.ask(own, method, path(id), { body: body?.(id), headers: { 'if-match': '*' } }),
        ),
      );
      expect(found?.status).toBe(404);
      expect(found?.body).toEqual(missing?.body);
    };
    await same(({ key }) => `/keys/${key}`);
    await same(({ key }) => `/keys/${key}/revoke`, 'POST');
    await same(({ key }) => `/keys/${key}/rotate`, 'POST');
    await same(
      ({ key }) => `/keys/${key}`,
      'PATCH',
      () => ({ name: 'mine' }),
    );
    await same(({ key }) => `/quotas/keys/${key}`);
    await same(({ tenant }) => `/keys?tenant=${tenant}`);
    await same(({ tenant }) => `/usage?tenant=${tenant}`);
    await same(({ tenant }) => `/ledger?tenant=${tenant}`);
    await same(
      () => '/keys',
      'POST',
      ({ tenant }) => ({ tenant }),
    );
    const filtered = await admin.ask(own, 'GET', `/keys?user=${other.user}`);
    expect(filtered.body['data']).toEqual([]);
  });
});

/** A lone surrogate has no place in a URL. */
function wellFormed(text: string): string {
  return text.isWellFormed() ? text : '\ufffd';
}

describe('numbers', () => {
  it.each(['-1', '0', '101', '1e9', '99999999999999999999', 'NaN', '1.5', ' 1', "1'"])(
    'beyond what a page has are refused: limit %s',
    async (limit) => {
      const answer = await admin.ask(own, 'GET', `/keys?limit=${encodeURIComponent(limit)}`);
      expect(answer.status).toBe(400);
      expect(answer.body['error'].param).toBe('limit');
    },
  );

  it.each([-1, 2 ** 31, 1.5, '5', true, []])('beyond what a quota has are refused: %j', async (value) => {
    const { key } = await admin.target('acme', 'acme-web');
    const answer = await admin.ask(own, 'PATCH', `/quotas/keys/${key}`, {
      body: { requests_per_minute: value },
      headers: { 'if-match': '*' },
    });
    expect(answer.status).toBe(400);
  });

  it.each(['-1', '1e5', 1, '1,5', '12345678901', '0.12345678901', 'NaN', ''])(
    'that are no money are refused: %j',
    async (value) => {
      const { key } = await admin.target('acme', 'acme-web');
      const answer = await admin.ask(own, 'PATCH', `/quotas/keys/${key}`, {
        body: { budget_per_month: value },
        headers: { 'if-match': '*' },
      });
      expect(answer.status).toBe(400);
    },
  );
});

const give = (apiKey: string, body: object) => admin.ask(apiKey, 'POST', '/keys', { body });

describe('a role that grants itself more', () => {
  it('is refused roles, reach, scopes, models, addresses and time that it does not have', async () => {
    const bounds = {
      scopes: ['keys:read', 'keys:write'],
      allowed_models: ['small'],
      allowed_addresses: ['127.0.0.0/8'],
      expires_at: Date.now() + 60_000,
    };
    const bound = admin.keyOf({ tenant: 'acme-web', organisation: 'acme', roles: ['admin'], ...bounds });
    const within = {
      scopes: ['keys:read'],
      allowed_models: ['small'],
      allowed_addresses: ['127.0.0.1'],
      expires_at: new Date(bounds.expires_at - 1_000).toISOString(),
    };
    expect((await give(bound, within)).status).toBe(201);
    for (const beyond of [
      { reach: 'organisation' },
      { reach: 'platform' },
      { scopes: null },
      { scopes: ['prices:write'] },
      { allowed_models: null },
      { allowed_models: ['small', 'large'] },
      { allowed_addresses: null },
      { allowed_addresses: ['0.0.0.0/0'] },
      { expires_at: null },
      { expires_at: new Date(bounds.expires_at + 60_000).toISOString() },
    ]) {
      const answer = await give(bound, { ...within, ...beyond });
      expect({ beyond, status: answer.status }).toEqual({ beyond, status: 403 });
      expect(answer.body['error'].param).toBe(Object.keys(beyond)[0]);
    }
  });

  it('does not take its own bounds away, or the place of a stronger key', async () => {
    const { keyId } = await createApiKey(admin.database, {
      tenant: 'acme-web',
      roles: ['admin'],
      scopes: ['keys:write'],
    });
    const bound = admin.keyOf({
      tenant: 'acme-web',
      organisation: 'acme',
      key_id: keyId,
      roles: ['admin'],
      scopes: ['keys:write'],
    });
    const headers = { 'if-match': '*' };
    const loosened = await admin.ask(bound, 'PATCH', `/keys/${keyId}`, { body: { scopes: null }, headers });
    expect(loosened.status).toBe(403);
    const { keyId: stronger } = await createApiKey(admin.database, {
      tenant: 'acme-web',
      roles: ['admin'],
      reach: 'platform',
    });
    for (const act of ['rotate', 'revoke'])
      expect((await admin.ask(own, 'POST', `/keys/${stronger}/${act}`)).status).toBe(403);
    expect(
      (await admin.ask(own, 'PATCH', `/keys/${stronger}`, { body: { name: 'x' }, headers })).status,
    ).toBe(403);
  });

  it('gives no user a role that it does not have, and no key a role that its user does not have', async () => {
    const { user } = await admin.target('acme', 'acme-web');
    const wide = await admin.ask(own, 'POST', '/roles', { body: { user, role: 'admin' } });
    expect(wide.status).toBe(404);
    const keyed = await give(own, { user, roles: ['admin'] });
    expect(keyed.body['error'].message).toBe('The user does not have the role admin there.');
    expect((await give(own, { user, roles: ['end-user'] })).status).toBe(201);
  });

  it('raises no limit that was set for itself', async () => {
    const headers = { 'if-match': '*' };
    const body = { requests_per_minute: null };
    expect((await admin.ask(own, 'PATCH', '/quotas/tenants/acme-web', { body, headers })).status).toBe(403);
  });
});

describe('what is created', () => {
  it('is created once under one Idempotency-Key, and its secret is shown once', async () => {
    const headers = { 'idempotency-key': 'once' };
    const ask = (body: object, apiKey = own) => admin.ask(apiKey, 'POST', '/keys', { body, headers });
    const [one, two] = await Promise.all([ask({ name: 'one' }), ask({ name: 'one' })]);
    expect([one.status, two.status]).toEqual([201, 201]);
    expect(one.body['id']).toBe(two.body['id']);
    const secrets = [one, two].map(({ body }) => body['secret']);
    expect(secrets.filter((secret) => secret !== null)).toHaveLength(1);
    const rows = await admin.database.select().from(apiKeys).where(eq(apiKeys.name, 'one'));
    expect(rows).toHaveLength(1);
    const kept = JSON.stringify(await admin.database.select().from(keptAnswers));
    expect(kept).not.toContain(secrets.find((secret) => secret !== null));
    expect((await ask({ name: 'another' })).status).toBe(422);
    // Of another key of the tenant it is another one.
    expect((await ask({ name: 'one' }, platform)).body['id']).not.toBe(one.body['id']);
  });

  it('is refused where it is there', async () => {
    const again = await admin.ask(platform, 'POST', '/tenants', { body: { id: 'acme-app' } });
    expect(again.status).toBe(409);
    expect(again.body['error']).toMatchObject({ code: 'already_exists', param: 'id' });
  });

  it('holds no name in the clear', async () => {
    const { body } = await admin.ask(platform, 'POST', '/users', {
      body: { name: 'Ada Lovelace', email: 'ada@example.com', organisation: 'acme' },
    });
    expect(body).toMatchObject({ name: 'Ada Lovelace', email: 'ada@example.com' });
    const [row] = await admin.database.select().from(users).where(eq(users.id, body['id']));
    expect(Buffer.from(row!.profile!).includes('Ada')).toBe(false);
    const wrong = await admin.ask(platform, 'POST', '/users', { body: { name: 'A', email: 'ada lovelace' } });
    expect(wrong.body['error'].message).not.toContain('ada lovelace');
  });
});

describe('a change', () => {
  it('is made on the version that was read, and on no other', async () => {
    const { key } = await admin.target('acme', 'acme-web');
    const read = await admin.ask(own, 'GET', `/keys/${key}`);
    const change = (match: string | undefined) =>
      admin.ask(own, 'PATCH', `/keys/${key}`, {
        body: { name: 'changed' },
        headers: match === undefined ? {} : { 'if-match': match },
      });
    expect((await change(undefined)).status).toBe(428);
    const etag = read.headers.get('etag') ?? '';
    const both = await Promise.all([change(etag), change(etag)]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 412]));
    expect((await change('W/"2"')).status).toBe(400);
  });

  it('is told before it is answered', async () => {
    const { key } = await admin.target('acme', 'acme-web');
    expect((await admin.ask(own, 'POST', `/keys/${key}/revoke`)).body['revoked_at']).not.toBeNull();
    expect(await admin.database.select().from(controlChanges)).toEqual([]);
    expect((await admin.ask(own, 'POST', `/keys/${key}/rotate`)).status).toBe(400);
  });
});

describe('a list', () => {
  it('is read page by page, each item once', async () => {
    for (let index = 0; index < 5; index += 1) await admin.target('acme', 'acme-app');
    const key = admin.keyOf({ tenant: 'acme-app', organisation: 'acme', roles: ['admin'] });
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await admin.ask(key, 'GET', `/keys?limit=2${cursor}`);
      seen.push(...body['data'].map(({ id }: { readonly id: string }) => id));
      cursor = body['has_more'] === true ? `&cursor=${body['next_cursor']}` : '';
    } while (cursor !== '');
    expect(seen.length).toBeGreaterThanOrEqual(5);
    expect(new Set(seen).size).toBe(seen.length);
  });
});
