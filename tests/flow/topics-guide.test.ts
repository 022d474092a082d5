import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createNatsUserKey } from '@millrace/bus';
import { natsTenantAccount, natsUsersConfig, subjects } from '@millrace/contracts';
import { createTenant } from '@millrace/control-plane';
import type { Cluster } from '@millrace/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startInstantCluster } from '../support/instant-engine.ts';
import { pythonPackages, runPython } from '../support/python-packages.ts';
import { publishIntake, untilAnswered } from '../support/queues.ts';

const page = new URL('../../docs/reference/topics.md', import.meta.url);
const tenant = 'acme-web';
const key = createNatsUserKey();

let cluster: Cluster;
let packages: string;
let blocks: readonly string[];

beforeAll(async () => {
  packages = await pythonPackages('nats-py==2.16.0', 'nkeys==0.2.1');
  blocks = Array.from(
    (await readFile(page, 'utf8')).matchAll(/```python\n(.*?)```/gsu),
    ([, code]) => code ?? '',
  );
  // Whoever has no key is taken for a service.
  const users = natsUsersConfig(
    () => '"of a service"',
    ['{ user: observer, password: "of the observer" }'],
    natsTenantAccount(tenant, [key.publicKey]),
  );
  cluster = await startInstantCluster({
    natsConfiguration: `no_auth_user: observer\n${users}`,
    processes: ['audit', 'auth-quota', 'billing', 'inference', 'ingress', 'pii'],
  });
  await createTenant(cluster.database, { id: tenant });
});

afterAll(() => cluster.stop());

async function run(code: string): Promise<string> {
  const { path: root } = cluster.folder;
  const script = path.join(root, 'guide.py');
  await writeFile(path.join(root, 'acme-web.seed'), `${key.seed}\n`, { mode: 0o600 });
  await writeFile(
    script,
    code
      .replace('nats://127.0.0.1:4222', cluster.natsUrl)
      .replace('nats://nats.example:4222', cluster.natsUrl)
      .replace('"acme-web.seed"', JSON.stringify(path.join(root, 'acme-web.seed'))),
  );
  return await runPython(packages, script, [], {});
}

it('publishes a request and reads its answer, as the page says', async () => {
  expect(await run(blocks[0] ?? '')).toMatch(/^ANSWER order-17 .+ \{.*'output_tokens': 16/u);
});

it('does so with a user of a tenant too', async ({ signal }) => {
  await publishIntake(cluster, subjects.intake(tenant, 'orders'), { input: 'Hello' });
  await untilAnswered(cluster, tenant, 1, signal);
  const code = [
    'import asyncio, json, nats',
    'async def main():',
    '    request = {"input": "Hello"}',
    blocks[1] ?? '',
    'asyncio.run(main())',
  ].join('\n');
  expect(await run(code)).toMatch(/^ANSWER\n/u);
});
