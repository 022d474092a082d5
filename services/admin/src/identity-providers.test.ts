import { afterAll, beforeAll, expect, it } from 'vitest';
import { startAdminTest, type AdminTest } from './admin.fixture.ts';

const path = '/identity-providers';
const provider = {
  issuer: 'https://id.example.com/realms/acme',
  audiences: ['millrace'],
  jwks_uri: 'https://id.example.com/realms/acme/certs',
  claims: { project: { default: 'acme-web' }, roles: { default: ['end-user'] } },
};

let admin: AdminTest;
let acme: string;
let globex: string;
let platform: string;
beforeAll(async () => {
  admin = await startAdminTest();
  const principal = { roles: ['admin'], reach: 'organisation' };
  acme = admin.keyOf({ ...principal, tenant: 'acme-web', organisation: 'acme' });
  globex = admin.keyOf({ ...principal, tenant: 'globex-web', organisation: 'globex' });
  platform = admin.keyOf({ ...principal, tenant: 'acme-web', organisation: 'acme', reach: 'platform' });
}, 60_000);
afterAll(() => admin.stop());

it('is given by the operator, then changed by its version, disabled and enabled', async () => {
  const created = await admin.ask(platform, 'POST', path, { body: provider });
  expect(created).toMatchObject({
    status: 201,
    body: {
      ...provider,
      organisation: 'acme',
      algorithms: ['RS256', 'ES256'],
      disabled_at: null,
      version: 1,
    },
  });
  const one = `${path}/${String(created.body['id'])}`;
  const shown = await admin.ask(acme, 'GET', one);
  expect(shown.body).toEqual(created.body);
  const update = (body: object) =>
    admin.ask(acme, 'PATCH', one, { body, headers: { 'if-match': String(shown.headers.get('etag')) } });
  expect((await update({ audiences: ['other'] })).body).toMatchObject({
    audiences: ['other'],
    jwks_uri: provider.jwks_uri,
    version: 2,
  });
  expect((await update({ audiences: ['late'] })).body['error']).toMatchObject({ code: 'version_conflict' });
  expect((await admin.ask(acme, 'POST', `${one}/disable`)).body).toMatchObject({
    disabled_at: expect.any(String) as string,
  });
  expect((await admin.ask(acme, 'POST', `${one}/enable`)).body).toMatchObject({ disabled_at: null });
  expect((await admin.ask(acme, 'GET', path)).body['data']).toHaveLength(1);
  expect((await admin.ask(globex, 'GET', path)).body['data']).toEqual([]);
  expect((await admin.ask(globex, 'GET', one)).body['error']).toMatchObject({ code: 'resource_not_found' });
});

it('belongs to one organisation, and has its keys on the Internet', async () => {
  const issuer = 'https://id.example.com/shared';
  const give = (organisation: string) =>
    admin.ask(platform, 'POST', path, { body: { ...provider, issuer, organisation } });
  expect((await admin.ask(acme, 'POST', path, { body: { ...provider, issuer } })).status).toBe(403);
  expect((await give('acme')).status).toBe(201);
  const taken = await give('globex');
  expect(taken.body['error']).toMatchObject({ code: 'already_exists', param: 'issuer' });
  const near = { ...provider, issuer: `${issuer}/near`, jwks_uri: 'https://10.0.0.7/certs' };
  expect((await admin.ask(platform, 'POST', path, { body: near })).body['error']).toMatchObject({
    code: 'invalid_value',
    param: 'jwks_uri',
  });
});

it('has its keys in a private network where the operator allows it, also when it is changed', async () => {
  const within = await startAdminTest({ oidcPrivate: true });
  try {
    const operator = within.keyOf({
      tenant: 'acme-web',
      organisation: 'acme',
      roles: ['admin'],
      reach: 'platform',
    });
    const near = { ...provider, jwks_uri: 'http://10.0.0.7/certs' };
    const created = await within.ask(operator, 'POST', path, { body: near });
    expect(created).toMatchObject({ status: 201, body: { jwks_uri: near.jwks_uri } });
    const moved = await within.ask(operator, 'PATCH', `${path}/${String(created.body['id'])}`, {
      body: { jwks_uri: 'http://localhost/certs' },
      headers: { 'if-match': '*' },
    });
    expect(moved).toMatchObject({ status: 200, body: { jwks_uri: 'http://localhost/certs' } });
  } finally {
    await within.stop();
  }
});
