import { createHmac } from 'node:crypto';
import { eq } from '@millrace/store/sql';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MillraceError } from '@millrace/runtime';
import { identityProviders, users } from '@millrace/store';
import { startIdentityTest, type IdentityTest } from './identity.fixture.ts';
import { setIdentityProviderDisabled } from './identity-providers.ts';
import { testAudience, type TestIssuer } from './testing.ts';
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

const nowSeconds = (): number => Math.floor(test.clock.now() / 1_000);
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const notValid = 'The token is not valid.';

/** Why a token is refused. */
async function refusalOf(token: string): Promise<string> {
  return verifier.verify(token).then(
    () => 'it was accepted',
    (error: unknown) =>
      error instanceof MillraceError && error.code === 'invalid_api_key' ? error.message : String(error),
  );
}

describe('refused is a token', () => {
  it('whose signature is forged', async () => {
    const token = await issuer.token();
    const [header, , signature] = token.split('.');
    const claims = { iss: issuer.issuer, aud: testAudience, sub: 'root', exp: nowSeconds() + 60 };
    expect(
      await refusalOf(`${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`),
    ).toBe(notValid);
    expect(await refusalOf(`${token.slice(0, -4)}AAAA`)).toBe(notValid);
    expect(await refusalOf(token.slice(0, token.lastIndexOf('.') + 1))).toBe(notValid);
    const stranger = await generateKeyPair('ES256');
    expect(
      await refusalOf(await issuer.token({}, { key: { kid: 'first', algorithm: 'ES256', ...stranger } })),
    ).toBe(notValid);
  });

  it('that has expired, or is not valid yet', async () => {
    expect(await refusalOf(await issuer.token({ exp: nowSeconds() - 61 }))).toBe('The token has expired.');
    expect(await refusalOf(await issuer.token({ nbf: nowSeconds() + 62 }))).toBe(
      'The token is not valid yet.',
    );
    const endless = await issuer.token({ exp: undefined });
    expect(await refusalOf(endless)).toBe('The token is not valid: its claim exp is missing or wrong.');
  });

  it('without a signature', async () => {
    const claims = { iss: issuer.issuer, aud: testAudience, sub: 'ada' };
    expect(await refusalOf(new UnsecuredJWT(claims).setExpirationTime(nowSeconds() + 60).encode())).toBe(
      notValid,
    );
    for (const alg of ['none', 'None', 'nOnE', ''])
      expect(
        await refusalOf(`${encode({ alg, kid: 'first' })}.${encode({ ...claims, exp: nowSeconds() + 60 })}.`),
      ).toBe(notValid);
  });

  it('that takes the public key for a secret, also where the provider lists HS256', async () => {
    const key = await issuer.addKey('rsa', 'RS256');
    const claims = { iss: issuer.issuer, aud: testAudience, sub: 'ada', exp: nowSeconds() + 60 };
    await test.database
      .update(identityProviders)
      .set({ algorithms: ['RS256', 'HS256', 'none'] })
      .where(eq(identityProviders.issuer, issuer.issuer));
    for (const secret of [await exportSPKI(key.publicKey), JSON.stringify(await exportJWK(key.publicKey))]) {
      const head = Buffer.from(JSON.stringify({ alg: 'HS256', kid: 'rsa' })).toString('base64url');
      const signed = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      expect(
        await refusalOf(`${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`),
      ).toBe(notValid);
    }
    issuer.keys = [{ kty: 'oct', kid: 'shared', k: Buffer.from('x'.repeat(32)).toString('base64url') }];
    await test.clock.advance(600_000);
    const shared = new SignJWT({ ...claims, exp: nowSeconds() + 60 }).setProtectedHeader({
      alg: 'HS256',
      kid: 'shared',
    });
    expect(await refusalOf(await shared.sign(new TextEncoder().encode('x'.repeat(32))))).toBe(notValid);
  });

  it('of another algorithm than the provider lists', async () => {
    const key = await issuer.addKey('strong', 'ES384');
    expect(await refusalOf(await issuer.token({}, { key }))).toBe(notValid);
  });

  it('for another audience, or of another issuer', async () => {
    expect(await refusalOf(await issuer.token({ aud: 'elsewhere' }))).toBe(
      'The token is meant for another audience.',
    );
    expect(await refusalOf(await issuer.token({ aud: undefined }))).toBe(
      'The token is meant for another audience.',
    );
    for (const iss of [
      'https://evil.example.com',
      `${issuer.issuer}/`,
      '',
      'javascript:alert(1)',
      "x' or 1=1 --",
    ])
      expect(await refusalOf(await issuer.token({ iss }))).toBe(notValid);
    expect(await refusalOf(await issuer.token({ iss: 'https://a\u0000b' }))).toBe(notValid);
  });

  it('that brings its own key, or says where to fetch it', async () => {
    const evil = await test.issuer();
    const key = await evil.addKey('evil');
    const jwk = await exportJWK(key.publicKey);
    for (const header of [
      { jwk },
      { jku: evil.jwksUri },
      { x5u: evil.jwksUri },
      { jwk, kid: 'first' },
      { jku: evil.jwksUri, kid: 'first' },
    ])
      expect(await refusalOf(await issuer.token({}, { key, header }))).toBe(notValid);
    expect(evil.fetches).toBe(0);
  });

  it.each(['../../../../dev/null', "first' or '1'='1", 'first\u0000', 'http://169.254.169.254/latest', ''])(
    'whose kid is %j',
    async (kid) => {
      expect(await refusalOf(await issuer.token({}, { header: { kid } }))).toBe(notValid);
    },
  );

  it('that needs what nobody knows here', async () => {
    expect(
      await refusalOf(await issuer.token({}, { header: { crit: ['urn:unknown'], 'urn:unknown': true } })),
    ).toBe(notValid);
  });

  it('that is huge, or nothing at all', async () => {
    expect(await refusalOf(await issuer.token({ padding: 'x'.repeat(10_000) }))).toBe(notValid);
    for (const token of ['a.b.c', '..', 'eyJhbGciOiJub25lIn0.e30.', ''])
      expect(await refusalOf(token)).toBe(notValid);
  });

  it('whose subject cannot be a user', async () => {
    const message = 'The token has no subject that can be a user: sub must be a text of 1 to 255 characters.';
    for (const sub of ['', 'x'.repeat(256), 'a\u0000b'])
      expect(await refusalOf(await issuer.token({ sub }))).toBe(message);
    expect(await refusalOf(await issuer.token({ sub: undefined }))).toBe(
      'The token is not valid: its claim sub is missing or wrong.',
    );
  });

  it('of a provider that is disabled', async () => {
    const token = await issuer.token();
    await verifier.verify(token);
    expect(await setIdentityProviderDisabled(test.database, issuer.issuer, new Date())).toBe(true);
    expect(await refusalOf(token)).toBe(notValid);
    await setIdentityProviderDisabled(test.database, issuer.issuer, null);
    await verifier.verify(token);
  });

  it('of a user who is disabled', async () => {
    const token = await issuer.token({ sub: 'leaver' });
    const { user_id: user } = await verifier.verify(token);
    await test.database.update(users).set({ disabledAt: new Date() }).where(eq(users.id, user!));
    await expect(verifier.verify(token)).rejects.toMatchObject({
      code: 'permission_denied',
      message: 'The user of the token is disabled.',
    });
  });
});

it('nothing of a token is logged', async () => {
  const token = await issuer.token({ sub: 'secret-subject' });
  await verifier.verify(token);
  await expect(verifier.verify(`${token.slice(0, -4)}AAAA`)).rejects.toThrow(notValid);
  issuer.answer = { status: 500, body: token };
  await test.clock.advance(3_600_000);
  await expect(verifier.verify(token)).rejects.toThrow('cannot be reached');
  const lines = test.log.join('\n');
  for (const part of [...token.split('.'), 'secret-subject']) expect(lines).not.toContain(part);
});
