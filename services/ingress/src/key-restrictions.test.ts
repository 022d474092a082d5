import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VerifiedPrincipal } from '@millrace/contracts';
import { startTestNats } from '@millrace/testkit';
import { startIngressTest, type IngressTest } from './ingress.fixture.ts';

let ingress: IngressTest;
beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
}, 60_000);
afterAll(() => ingress.stop());

test.each<[string, Partial<VerifiedPrincipal>, number, RegExp]>([
  ['addresses', { allowed_addresses: ['10.0.0.0/8'] }, 403, /may not be used from 127\.0\.0\.1/],
  ['models', { allowed_models: ['another'] }, 403, /may not ask for the model .*: it may ask for another/],
  ['scopes', { scopes: ['keys:read'] }, 403, /request\.submit needs inference/],
  ['roles', { roles: ['analyst'] }, 403, /role analyst, which may not do request\.submit/],
  ['an end', { expires_at: 1_000 }, 401, /has expired/],
])('a key that is held to %s is refused beyond them', async (_what, restrictions, status, message) => {
  const answer = await ingress.client(restrictions).post({ prompt: 'Hello' });
  expect(answer.status).toBe(status);
  const { error } = (await answer.json()) as { readonly error: { readonly message: string } };
  expect(error.message).toMatch(message);
});
