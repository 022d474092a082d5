import { findRecord, recordAct } from '@millrace/audit-log';
import {
  createApiKey,
  createTenant,
  revokeApiKey,
  setPiiPolicy,
  updateKey,
  type Actor,
} from '@millrace/control-plane';
import {
  bucketDefinitions,
  catalogue,
  kafkaTopic,
  schemaOfSubject,
  streamDefinitions,
  subjects,
  type SchemaName,
} from '@millrace/contracts';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { adjustCharge } from '@millrace/ledger';
import { orderReplay } from '@millrace/dead-letters';
import { setDataPolicy } from '@millrace/personal-data';
import { createBudgetAlerts } from '@millrace/quota';
import { createIdGenerator, systemRandom, type Stoppable } from '@millrace/runtime';
import { giveUp } from '@millrace/stage';
import { deliverAll } from '@millrace/stage/testing';
import { inTransaction, ledger, quotas, tenants } from '@millrace/store';
import { openStream } from '@millrace/testkit';
import { and, eq } from '@millrace/store/sql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptedId, textOf, untilChunk } from '../support/answer.ts';
import { untilDeadLetters } from '../support/dead-letters.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { emptyRequest, untilAnswered } from '../support/queues.ts';
import { startTestCluster } from '../support/test-cluster.ts';

/** Subjects of the broker's own protocol: its API, acks, and what consumers are handed. */
const ofTheBroker = /^(?:\$JS\.|_INBOX\.)/u;

let cluster: Cluster;
let listening: Stoppable;
/** What was published while this test listened, in order. */
const messages: { readonly subject: string; readonly payload: Uint8Array }[] = [];
/** Published by this test, so as to be refused. */
const garbage = Buffer.from('not an Avro message');

beforeAll(async () => {
  cluster = await startTestCluster({
    processes: ['audit', 'auth-quota', 'billing', 'edge', 'edge-2', 'inference', 'ingress', 'jobs', 'pii'],
  });
  listening = await cluster.platform.bus.subscribe('>', (message) => messages.push(message));
});

afterAll(async () => {
  await listening.stop();
  await cluster.stop();
});

it('carries on every subject what the catalogue says, and every event of the catalogue', async ({
  signal,
}) => {
  await answerOne(signal);
  await answerTwiceOverHttp();
  await askWorkers();
  await askByQueue(signal);
  await cancelOne();
  await resumeOnAnotherGateway();
  await changeOne();
  await revokeOne();
  await actOnce();
  await barOne();
  await setOnePolicy();
  await poisonOne(signal);
  await returnOne(signal);
  await adjustOne();
  await cluster.process('inference').restart();

  const seen = new Set<SchemaName>();
  for await (const { subject, payload } of allMessages()) {
    const name = nameOf(payload);
    if (ofTheBroker.test(subject)) {
      if (name === 'credential.verified' || name === 'receipt.given') seen.add(name);
      continue;
    }
    if (Buffer.from(payload).equals(garbage)) continue;
    if (name === undefined) throw new Error(`${subject} carries what is no event.`);
    expect({ subject, name }).toEqual({ subject, name: schemaOfSubject(subject) });
    seen.add(name);
  }
  const onNats = Object.entries(catalogue).filter(([, { storedIn }]) => storedIn !== kafkaTopic);
  expect([...seen].toSorted()).toEqual(onNats.map(([name]) => name).toSorted());
});

/** The schema that a message names and fits. */
function nameOf(payload: Uint8Array): SchemaName | undefined {
  if (payload[0] !== 0xc3 || payload[1] !== 0x01) return undefined;
  return cluster.platform.codec.decodeAny(payload).name;
}

/** What was published while the test listened, and all that is stored: that of the start too. */
async function* allMessages(): AsyncGenerator<{ readonly subject: string; readonly payload: Uint8Array }> {
  yield* messages;
  const { bus } = cluster.platform;
  for (const { name } of streamDefinitions()) yield* bus.read(name, '>');
  for (const { name } of bucketDefinitions) {
    for await (const stored of bus.read(`KV_${name}`, '>')) {
      // What is deleted in a bucket leaves an empty message.
      if (stored.payload.length > 0) yield stored;
    }
  }
}

async function answerOne(signal: AbortSignal): Promise<void> {
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  client.send({
    type: 'generate',
    id: 'one',
    prompt: 'Say hello to ada@example.com.',
    max_tokens: 8,
    idempotency_key: 'one',
  });
  await client.ended('one');
  const requestId = await acceptedId(client, 'one');
  await expectAnsweredOnce(cluster, { requestId, text: textOf(client, 'one') }, signal);
  await client.close();
}

async function askByQueue(signal: AbortSignal): Promise<void> {
  const { bus, codec } = cluster.platform;
  const payload = codec.encode('intake.requested', {
    ...emptyRequest,
    input: 'Say hello.',
    answer: 'chunks',
  });
  for (const lane of [undefined, 0])
    await bus.publish({ subject: subjects.intake(defaultTenant, 'orders', lane), payload });
  await untilAnswered(cluster, defaultTenant, 2, signal);
}

async function askWorkers(): Promise<void> {
  const headers = { authorization: `Bearer ${cluster.apiKey}` };
  const response = await fetch(`${cluster.ingressUrl}/v1/engine`, { headers });
  expect(response.status).toBe(200);
}

async function answerTwiceOverHttp(): Promise<void> {
  for (const response of [await askOverHttp(), await askOverHttp()]) expect(response.status).toBe(200);
}

function askOverHttp(): Promise<Response> {
  return fetch(`${cluster.ingressUrl}/v1/generate`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${cluster.apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': 'two',
      'x-millrace-receipt': 'true',
    },
    body: JSON.stringify({ prompt: 'Say hello.', max_tokens: 4 }),
  });
}

async function setOnePolicy(): Promise<void> {
  const { platform, database } = cluster;
  await inTransaction(database, (transaction) =>
    setPiiPolicy(platform, transaction, defaultTenant, { actions: { URL: 'mask' } }, undefined),
  );
  await setDataPolicy({ ...platform, database }, defaultTenant, {
    zeroRetention: false,
    jobsMs: null,
    filesMs: null,
    answersMs: null,
    trainingAllowed: true,
    trainingMs: null,
  });
}

async function cancelOne(): Promise<void> {
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  client.send({ type: 'generate', id: 'cancelled', prompt: 'Tell a very long story.', max_tokens: 1_500 });
  await untilChunk(client, 'cancelled', 3);
  client.send({ type: 'cancel', id: 'cancelled' });
  expect(await client.ended('cancelled')).toMatchObject({ finish_reason: 'cancelled' });
  await client.close();
}

async function resumeOnAnotherGateway(): Promise<void> {
  const { apiKey } = cluster;
  const before = await openStream(cluster.edgeUrl, { apiKey });
  before.send({ type: 'generate', id: 'moved', prompt: 'Tell a story.', max_tokens: 60 });
  await untilChunk(before, 'moved', 3);
  before.terminate();
  const requestId = await acceptedId(before, 'moved');
  const back = await openStream(cluster.process('edge-2').url, { apiKey });
  back.send({ type: 'resume', request_id: requestId, after: 3 });
  await back.ended(requestId);
  await back.close();
}

/** The change is told by auth-quota, as where the one who has made it is gone. */
async function changeOne(): Promise<void> {
  const { database, platform } = cluster;
  const { key, keyId } = await createApiKey(database, { tenant: defaultTenant });
  const client = await openStream(cluster.edgeUrl, { apiKey: key });
  await client.find(({ type }) => type === 'ready');
  const actor: Actor = {
    tenant: defaultTenant,
    organisation: 'default',
    key_id: keyId,
    user_id: null,
    roles: ['admin'],
    reach: 'platform',
    scopes: null,
    allowed_models: null,
    allowed_addresses: null,
    expires_at: null,
    issuer: null,
  };
  await inTransaction(database, (transaction) =>
    updateKey({ clock: platform.clock, actor }, transaction, keyId, { scopes: ['inference'] }, undefined),
  );
  expect(await client.closed).toMatchObject({ code: 1013 });
}

async function revokeOne(): Promise<void> {
  const { database, platform } = cluster;
  const { key, keyId } = await createApiKey(database, { tenant: defaultTenant });
  const client = await openStream(cluster.edgeUrl, { apiKey: key });
  await revokeApiKey({ ...platform, database }, keyId);
  expect(await client.closed).toMatchObject({ code: 4401 });
}

async function actOnce(): Promise<void> {
  const actor = { keyId: null, userId: null, roles: ['admin'] };
  const act = { tenant: defaultTenant, actor, action: 'key.revoke', objectType: 'key', objectId: 'key' };
  const actId = await recordAct(cluster.platform, act);
  await expect.poll(() => findRecord(cluster.platform, actId), { timeout: 30_000 }).toBeDefined();
}

/** Corrects a charge upwards, so that it reaches shares of a budget. */
async function adjustOne(): Promise<void> {
  const { database, platform } = cluster;
  const ofTenant = and(eq(quotas.scope, 'project'), eq(quotas.subject, defaultTenant));
  await database.update(quotas).set({ budgetPerMonth: '10' }).where(ofTenant);
  const charges = await database.select().from(ledger).where(eq(ledger.tenant, defaultTenant)).limit(1);
  await inTransaction(database, (transaction) =>
    adjustCharge(
      {
        ...platform,
        nextId: createIdGenerator(platform.clock, systemRandom),
        budgetAlerts: createBudgetAlerts(platform),
      },
      transaction,
      {
        tenant: defaultTenant,
        requestId: charges[0]?.requestId ?? '',
        amount: '9',
        reason: 'a test',
        actor: 'test',
        idempotencyKey: 'one',
      },
    ),
  );
  const published = [subjects.adjusted(defaultTenant), subjects.budgetReached('project', defaultTenant)];
  for (const subject of published)
    await expect.poll(() => platform.bus.lastMessage('BILLING', subject), { timeout: 30_000 }).toBeDefined();
}

async function barOne(): Promise<void> {
  const { database, platform } = cluster;
  const tenant = 'suspended';
  await createTenant(database, { id: tenant });
  const { key } = await createApiKey(database, { tenant });
  const client = await openStream(cluster.edgeUrl, { apiKey: key });
  await client.find(({ type }) => type === 'ready');
  const suspendedAt = new Date(platform.clock.now());
  await database.update(tenants).set({ suspendedAt }).where(eq(tenants.id, tenant));
  expect(await client.closed).toMatchObject({ code: 4403 });
}

/** A closing that billing has given up, and is handed back to it. */
async function returnOne(signal: AbortSignal): Promise<void> {
  const { platform, database } = cluster;
  const [delivery] = await deliverAll(platform.bus, 'CLOSED', subjects.closed(defaultTenant, '*'));
  if (delivery === undefined) throw new Error('There is no closing.');
  const options = { stage: 'billing', eventName: 'request.received' } as const;
  await giveUp(platform, options, delivery, { kind: 'deliveries' });
  const letters = await untilDeadLetters(platform, 2, signal);
  expect(letters.at(-1)).toMatchObject({ stage: 'billing' });
  const { lastSequence } = await platform.bus.streamState('DEADLETTER');
  const order = { letter: String(lastSequence), actor: 'test', again: false };
  const decide = { ...platform, nextId: createIdGenerator(platform.clock, systemRandom) };
  await expect
    .poll(
      () =>
        inTransaction(database, (transaction) => orderReplay(decide, transaction, order)).then(
          () => 'ordered',
          () => 'not yet there',
        ),
      { timeout: 30_000 },
    )
    .toBe('ordered');
  await expect
    .poll(() => messages.some(({ subject }) => subject === subjects.letterReturned('billing')), {
      timeout: 30_000,
    })
    .toBe(true);
}

async function poisonOne(signal: AbortSignal): Promise<void> {
  await cluster.platform.bus.publish({ subject: subjects.received(defaultTenant), payload: garbage });
  await untilDeadLetters(cluster.platform, 1, signal);
}
