import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { and, eq } from '@millrace/store/sql';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { putIdentityProvider, setIdentityProviderDisabled } from '@millrace/identity';
import { startTestIssuer, testAudience, type TestIssuer } from '@millrace/identity/testing';
import { announceModel } from '@millrace/stage';
import { quotas, users } from '@millrace/store';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestCluster } from '../support/test-cluster.ts';

let cluster: Cluster;
let issuer: TestIssuer;
/** Every token of these tests. */
const tokens: string[] = [];

beforeAll(async () => {
  cluster = await startTestCluster({
    processes: ['auth-quota', 'edge', 'ingress'],
    env: { MILLRACE_OIDC_PRIVATE: 'true', MILLRACE_LOG_LEVEL: 'debug' },
  });
  const { platform, database } = cluster;
  issuer = await startTestIssuer(platform.clock);
  await putIdentityProvider(database, {
    issuer: issuer.issuer,
    organisation: 'default',
    audiences: [testAudience],
    jwks_uri: issuer.jwksUri,
    claims: {
      project: { default: defaultTenant },
      roles: { claim: 'groups', values: { builders: ['developer'] } },
      create_users: true,
    },
  });
  await announceModel(platform, {
    name: 'silent-model',
    version: '1',
    context_length: 2_048,
    is_default: true,
    at: platform.clock.now(),
    operations: ['generate'],
    aliases: [],
    provider: null,
  });
});

afterAll(async () => {
  await cluster.stop();
  await issuer.stop();
});

async function tokenOf(sub: string, claims: object = { groups: ['builders'] }): Promise<string> {
  const token = await issuer.token({ sub, ...claims });
  tokens.push(token);
  return token;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function statusOf(token: string): Promise<number> {
  return (await fetch(`${cluster.ingressUrl}/v1/models`, { headers: bearer(token) })).status;
}

/** Their row in the table of users. */
async function userOf(subject: string) {
  const [user] = await cluster.database
    .select()
    .from(users)
    .where(and(eq(users.issuer, issuer.issuer), eq(users.subject, subject)));
  if (user === undefined) throw new Error(`there is no user ${subject}`);
  return user;
}

it('lets users in over HTTP and WebSocket, in browsers too, and keeps out who has no role', async () => {
  const token = await tokenOf('ada');
  expect(await statusOf(token)).toBe(200);
  for (const options of [{ apiKey: token }, { protocols: ['millrace.v1', `millrace.bearer.${token}`] }]) {
    const client = await openStream(cluster.edgeUrl, options);
    await client.find(({ type }) => type === 'ready');
    await client.close();
  }
  const stranger = await tokenOf('stranger', { groups: ['guests', 'admin'] });
  expect(await statusOf(stranger)).toBe(403);
  const client = await openStream(cluster.edgeUrl, { apiKey: stranger });
  expect((await client.closed).code).toBe(4403);
  expect(await statusOf(`${token.slice(0, -4)}AAAA`)).toBe(401);
});

it('holds users to their quota, whichever token they come with', async () => {
  expect(await statusOf(await tokenOf('limited'))).toBe(200);
  const { id } = await userOf('limited');
  await cluster.database
    .update(quotas)
    .set({ requestsPerMinute: 0 })
    .where(and(eq(quotas.scope, 'user'), eq(quotas.subject, id)));
  const response = await fetch(`${cluster.ingressUrl}/v1/generate`, {
    method: 'POST',
    headers: {
      ...bearer(await tokenOf('limited', { groups: 'builders', jti: 'another' })),
      'content-type': 'application/json',
    },
    body: JSON.stringify({ prompt: 'Hello', max_tokens: 4 }),
  });
  expect(response.status).toBe(429);
  expect(await response.json()).toMatchObject({ error: { param: 'limits.user.requests_per_minute' } });
});

it.each([
  [
    'who is disabled',
    (at: Date) => cluster.database.update(users).set({ disabledAt: at }).where(eq(users.subject, 'leaver')),
  ],
  [
    'of an issuer that is disabled',
    (at: Date) => setIdentityProviderDisabled(cluster.database, issuer.issuer, at),
  ],
])('shows a user %s the door within a second', async (subject, bar) => {
  const token = await tokenOf(subject === 'who is disabled' ? 'leaver' : 'ada');
  const client = await openStream(cluster.edgeUrl, { apiKey: token });
  await client.find(({ type }) => type === 'ready');
  expect(await statusOf(token)).toBe(200);
  const barredAt = performance.now();
  await bar(new Date(cluster.platform.clock.now()));
  expect((await client.closed).code).toBe(4403);
  // On a machine that is busy.
  expect(performance.now() - barredAt).toBeLessThan(5_000);
  expect(await statusOf(token)).toBeOneOf([401, 403]);
});

it('writes no token into any log', async () => {
  const { logs } = cluster.folder;
  const files = await readdir(logs);
  const text = (await Promise.all(files.map((file) => readFile(join(logs, file), 'utf8')))).join('\n');
  expect(text.length).toBeGreaterThan(0);
  for (const token of [...tokens, cluster.apiKey]) {
    for (const part of token.split('.')) expect(text.includes(part)).toBe(false);
  }
});
