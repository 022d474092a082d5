import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createApiKey, createTenant } from '@millrace/control-plane';
import { persistentPrompt, type Cluster } from '@millrace/embedded';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { publishDuplicates } from '../support/duplicates.ts';
import { createDice, type Dice } from '../support/fuzz/dice.ts';
import { leaveSse, leaveWebSocket, type Leave } from '../support/leaving-client.ts';
import { proveLedger, publishedPositions } from '../support/ledger-proof.ts';
import { proveQuotas } from '../support/quota-proof.ts';
import { briefAckWait, startTestCluster } from '../support/test-cluster.ts';
import { persistentSse } from './persistent-sse.ts';

/** How long services are killed, in seconds. */
const seconds = Number(process.env['MILLRACE_LEDGER_TEST_SECONDS'] ?? 30);
const seed = Number(process.env['MILLRACE_LEDGER_TEST_SEED'] ?? 1);
const services = [
  'auth-quota',
  'pii',
  'inference',
  'billing',
  'audit',
  'edge',
  'ingress',
  'jobs',
  'providers',
];
const replicas = services.flatMap((name) => [name, `${name}-2`]);
const parallel = 64;
const tenantCount = 4;
/** All that the engine says, in as many tokens. */
const allTokens = 64;
const allCharacters = 360;

let cluster: Cluster;
let tenants: readonly { readonly tenant: string; readonly apiKey: string }[];

beforeEach(async () => {
  const models = fileURLToPath(new URL('fixtures/instant-models.json', import.meta.url));
  cluster = await startTestCluster({
    processes: replicas,
    env: { ...briefAckWait, MILLRACE_ENGINE: 'instant', MILLRACE_MODEL_MANIFEST: models },
  });
  tenants = await Promise.all(
    Array.from({ length: tenantCount }, async (_, index) => {
      const tenant = `tenant-${index}`;
      await createTenant(cluster.database, { id: tenant, requestsPerMinute: 1e6, maxInFlight: 1e3 });
      const { key } = await createApiKey(cluster.database, { tenant });
      return { tenant, apiKey: key };
    }),
  );
});

afterEach(() => cluster.stop());

/** Asks one question after the other until it is told to stop: half of them to the end, half are left. */
async function keepAsking(
  index: number,
  dice: Dice,
  enough: AbortSignal,
  signal: AbortSignal,
): Promise<void> {
  const { apiKey } = tenants[index % tenantCount]!;
  for (let question = 1; !enough.aborted; question += 1) {
    const isOverHttp = dice.chance(0.5);
    const gateway = isOverHttp ? 'ingress' : 'edge';
    const { url } = cluster.process(dice.pick([gateway, `${gateway}-2`]));
    const prompt = {
      prompt: `Question ${question} of client ${index}.`,
      max_tokens: dice.pick([1, 7, allTokens]),
      temperature: 0,
    };
    const target = { url, apiKey, clock: cluster.platform.clock, signal };
    if (dice.chance(0.5)) {
      await (isOverHttp ? persistentSse(prompt, target) : persistentPrompt(prompt, target));
      continue;
    }
    const leave: Leave = dice.pick([
      { characters: 0 },
      { characters: 1 },
      { characters: 100 },
      // The last chunk, before the end is told.
      { characters: allCharacters },
      'at the end',
    ]);
    await (isOverHttp ? leaveSse : leaveWebSocket)(prompt, leave, target);
  }
}

/** Kills a process that is ready every two to three seconds, and starts it again. @returns the names of the killed */
async function killOnAndOn(dice: Dice, signal: AbortSignal): Promise<readonly string[]> {
  const { clock } = cluster.platform;
  const endMs = clock.monotonicMs() + seconds * 1_000;
  const starting = new Map<string, Promise<void>>();
  const killed: string[] = [];
  while (clock.monotonicMs() < endMs) {
    await setTimeout(2_000 + dice.below(1_000), undefined, { signal });
    const name = dice.pick(replicas.filter((each) => !starting.has(each)));
    const victim = cluster.process(name);
    await victim.kill();
    killed.push(name);
    starting.set(
      name,
      victim.start().then(() => void starting.delete(name)),
    );
  }
  await Promise.all(starting.values());
  return killed;
}

it('charges exactly what was published, for each tenant, whatever is killed, left or published again', async ({
  signal,
}) => {
  const { platform, database } = cluster;
  const enough = new AbortController();
  const duplicates = await publishDuplicates(platform.bus, createDice(seed), 0.2);
  const clients = Array.from({ length: parallel }, (_, index) =>
    keepAsking(index, createDice(seed * 1_000 + index), enough.signal, signal),
  );
  const killing = killOnAndOn(createDice(seed), signal).finally(() => enough.abort());
  const [killed] = await Promise.all([killing, ...clients]);
  await duplicates.stop();

  // Nothing is in reserve any more, and what was used is what is charged.
  await expect.poll(() => proveQuotas(database), { timeout: 120_000 }).toEqual({ open: 0, wrong: [] });
  const positions = await publishedPositions(cluster);
  let total = { requests: 0, tokens: 0 };
  for (const { tenant } of tenants) {
    const published = positions.get(tenant) ?? new Map<string, number>();
    const prove = () => proveLedger(cluster, tenant, published);
    // The chain and the outbox come behind the ledger.
    const { closings } = await prove();
    await expect
      .poll(prove, { timeout: 60_000 })
      .toMatchObject({ closings, ledgerRows: closings, charges: closings, auditRecords: closings });
    const proof = await prove();
    expect(proof).toMatchObject({
      isChainVerified: true,
      publishedTokens: proof.closedTokens,
      chargedTokens: proof.closedTokens,
      wrong: [],
    });
    total = { requests: total.requests + closings, tokens: total.tokens + proof.chargedTokens };
  }
  expect((await platform.bus.streamState('DEADLETTER')).messages).toBe(0);
  expect(killed.length).toBeGreaterThan(seconds / 5);
  expect(duplicates.count).toBeGreaterThan(0);
  process.stdout.write(
    `${JSON.stringify({ seconds, seed, kills: killed.length, duplicates: duplicates.count, ...total })}\n`,
  );
});
