import { fileURLToPath } from 'node:url';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Cluster } from '@millrace/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { postJson } from '../support/post-json.ts';
import { startTestCluster } from '../support/test-cluster.ts';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startTestCluster({});
});
afterAll(() => cluster.stop());

/** A command of the command line, as another program runs it. */
async function millrace(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, '--json'], {
    env: { ...process.env, MILLRACE_ADMIN_URL: cluster.adminUrl, MILLRACE_API_KEY: cluster.apiKey },
  });
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
}

/** A command is a process that has to start. */
const patiently = { timeout: 60_000, interval: 200 };

const ask = (apiKey: string) =>
  postJson({ ingressUrl: cluster.ingressUrl, apiKey }, '/v1/generate', { prompt: 'Hello', max_tokens: 2 });

it('a key that the command line creates is served, held to what it is for, counted, charged and revoked', async () => {
  await millrace('organisations', 'create', 'acme');
  await millrace('tenants', 'create', 'acme-web', '--organisation', 'acme');
  const created = await millrace('keys', 'create', '--tenant', 'acme-web', '--name', 'first');
  const id = String(created['id']);
  const secret = String(created['secret']);
  const answer = await ask(secret);
  expect(answer.status).toBe(200);
  await answer.json();

  await expect
    .poll(
      async () => (await millrace('usage', 'list', '--tenant', 'acme-web', '--group-by', 'key'))['data'],
      patiently,
    )
    .toEqual([expect.objectContaining({ group: id, requests: 1 })]);
  expect(await millrace('ledger', 'list', '--key', id)).toMatchObject({ data: [{ tenant: 'acme-web' }] });
  await expect
    .poll(() => millrace('quota', 'show-key', id), patiently)
    .toMatchObject({ used: { requests_this_minute: expect.any(Number) }, reserved: { in_flight: 0 } });
  await expect
    .poll(async () => (await millrace('keys', 'show', id))['last_used_at'], patiently)
    .not.toBeNull();

  await millrace('keys', 'update', id, '--allowed-models', 'another');
  await expect.poll(async () => (await ask(secret)).status, patiently).toBe(403);
  await millrace('keys', 'update', id, '--allowed-models', 'none');
  await expect.poll(async () => (await ask(secret)).status, patiently).toBe(200);

  await millrace('quota', 'set-tenant', 'acme-web', '--requests-per-minute', '0');
  expect((await ask(secret)).status).toBe(429);

  await millrace('keys', 'revoke', id);
  await expect.poll(async () => (await ask(secret)).status, patiently).toBe(401);
});
