import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startIdentityTest, type IdentityTest } from './identity.fixture.ts';
import type { TestIssuer } from './issuer.fixture.ts';
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

const invalid = (message: string) => ({ code: 'invalid_api_key', message });
const nowSeconds = (): number => Math.floor(test.clock.now() / 1_000);

describe('keys', () => {
  it('are fetched once, and again for a new one, at most every 30 s', async () => {
    await verifier.verify(await issuer.token());
    await verifier.verify(await issuer.token({ sub: 'bob' }));
    expect(issuer.fetches).toBe(1);
    const key = await issuer.addKey('second');
    const rotated = await issuer.token({ exp: nowSeconds() + 600 }, { key });
    await expect(verifier.verify(rotated)).rejects.toMatchObject(invalid('The token is not valid.'));
    await test.clock.advance(30_000);
    await Promise.all([rotated, rotated, rotated].map((token) => verifier.verify(token)));
    expect(issuer.fetches).toBe(2);
    for (const kid of ['a', 'b', 'c'])
      await expect(verifier.verify(await issuer.token({}, { header: { kid } }))).rejects.toThrow(
        'The token is not valid.',
      );
    expect(issuer.fetches).toBe(2);
  });

  it('that are no longer shown are forgotten', async () => {
    const token = await issuer.token({ exp: nowSeconds() + 3_600 });
    await verifier.verify(token);
    issuer.keys = [];
    await issuer.addKey('second');
    await test.clock.advance(10 * 60_000);
    await vi.waitUntil(async () => {
      try {
        await verifier.verify(token);
        return false;
      } catch {
        return true;
      }
    });
    expect(issuer.fetches).toBe(2);
  });

  it.each([
    { status: 500, body: 'broken' },
    { status: 302, body: '' },
    { status: 200, body: 'no JSON' },
    { status: 200, body: '{"keys":{}}' },
    { status: 200, body: `{"keys":[],"padding":"${'x'.repeat(300_000)}"}` },
  ])('that cannot be had refuse nobody: the answer is unavailable', async (answer) => {
    issuer.answer = answer;
    const token = await issuer.token();
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'unavailable' });
    expect(issuer.fetches).toBe(1);
    issuer.answer = undefined;
    await test.clock.advance(2_000);
    await verifier.verify(token);
  });

  it('stay good for an hour while the issuer is away', async () => {
    await verifier.verify(await issuer.token());
    issuer.answer = { status: 503, body: '' };
    await test.clock.advance(59 * 60_000);
    await verifier.verify(await issuer.token());
    await test.clock.advance(2 * 60_000);
    await expect(verifier.verify(await issuer.token())).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('are not fetched from private addresses, unless that is allowed', async () => {
    const careful = test.verifier(false);
    await expect(careful.verify(await issuer.token())).rejects.toMatchObject({ code: 'unavailable' });
    expect(issuer.fetches).toBe(0);
  });
});
