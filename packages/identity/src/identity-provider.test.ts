import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { organisations, type Database } from '@millrace/store';
import { startTestDatabase, type TestDatabase } from '@millrace/testkit';
import { readIdentityProvider, type IdentityProvider } from './identity-provider.ts';
import { putIdentityProvider, setIdentityProviderDisabled } from './identity-providers.ts';

vi.setConfig({ hookTimeout: 60_000 });

let postgres: TestDatabase;
let database: Database;

beforeAll(async () => {
  postgres = await startTestDatabase();
  ({ database } = postgres);
  await database.insert(organisations).values([
    { id: 'acme', name: 'Acme' },
    { id: 'other', name: 'Other' },
  ]);
});
afterAll(() => postgres.stop());

const provider: IdentityProvider = {
  issuer: 'https://id.example.com/realms/acme',
  organisation: 'acme',
  audiences: ['millrace'],
  jwks_uri: 'https://id.example.com/realms/acme/certs',
  claims: { project: { default: 'main' }, roles: { default: ['end-user'] } },
};

it('takes what is whole, and private addresses only where that is allowed', () => {
  expect(readIdentityProvider(provider, false)).toEqual(provider);
  const near = { ...provider, jwks_uri: 'http://10.0.0.7/certs' };
  expect(readIdentityProvider(near, true)).toEqual(near);
});

it.each([
  [{ issuer: 'id.example.com' }, 'issuer'],
  [{ audiences: 'millrace' }, 'audiences'],
  [{ algorithms: ['HS256'] }, 'algorithms[0]'],
  [{ algorithms: ['none'] }, 'algorithms[0]'],
  [{ jwks_uri: 'nowhere' }, 'jwks_uri'],
  [{ jwks_uri: 'file:///etc/passwd' }, 'jwks_uri'],
  [{ jwks_uri: 'http://id.example.com/certs' }, 'jwks_uri'],
  [{ jwks_uri: 'https://user:pass@id.example.com/certs' }, 'jwks_uri'],
  [{ jwks_uri: 'https://169.254.169.254/latest' }, 'jwks_uri'],
  [{ jwks_uri: 'https://[::1]/certs' }, 'jwks_uri'],
  [{ jwks_uri: 'https://localhost/certs' }, 'jwks_uri'],
  [{ claims: { project: {}, roles: { default: ['root'] } } }, 'claims.roles.default[0]'],
  [{ claims: { project: {}, roles: { values: { admins: ['root'] } } } }, 'claims.roles.values.admins[0]'],
  [{ claims: { project: {}, roles: {}, reach: 'platform' } }, 'claims.reach'],
])('does not take %j', (changes, param) => {
  expect(() => readIdentityProvider({ ...provider, ...changes }, false)).toThrow(
    expect.objectContaining({ code: 'invalid_value', param }) as Error,
  );
});

it('is changed by its own organisation alone', async () => {
  await putIdentityProvider(database, provider);
  await putIdentityProvider(database, { ...provider, audiences: ['another'] });
  await expect(putIdentityProvider(database, { ...provider, organisation: 'other' })).rejects.toMatchObject({
    code: 'conflicting_values',
    param: 'issuer',
  });
  await expect(putIdentityProvider(database, { ...provider, organisation: 'none' })).rejects.toMatchObject({
    code: 'invalid_value',
    param: 'organisation',
  });
  expect(await setIdentityProviderDisabled(database, provider.issuer, new Date())).toBe(true);
  expect(await setIdentityProviderDisabled(database, 'https://elsewhere.example.com', null)).toBe(false);
});
