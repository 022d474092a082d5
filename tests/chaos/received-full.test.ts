import { randomUUID } from 'node:crypto';
import { defaultTenant, proveAnswers, type Cluster } from '@millrace/embedded';
import { ledger } from '@millrace/store';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptedId, range, textOf } from '../support/answer.ts';
import { untilDrained } from '../support/work-queues.ts';
import { startTestCluster } from '../support/test-cluster.ts';

const room = 5;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster({
    // Who a credential belongs to is known while admission is away.
    env: { MILLRACE_RECEIVED_MAX_MESSAGES: String(room), MILLRACE_CREDENTIAL_CACHE: '10m' },
  });
});

afterAll(() => cluster.stop());

const question = { prompt: 'Say hello.', max_tokens: 4 };

function post(body: object, signal: AbortSignal, idempotencyKey?: string): Promise<Response> {
  return fetch(`${cluster.ingressUrl}/v1/generate`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${cluster.apiKey}`,
      'content-type': 'application/json',
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    body: JSON.stringify(body),
    signal,
  });
}

it('refuses what there is no room for, on both gateways, and answers all that it took', async ({
  signal,
}) => {
  const { platform, database } = cluster;
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  client.send({ type: 'generate', id: 'first', ...question });
  expect(await client.ended('first')).toMatchObject({ type: 'completed' });
  const first = await post(question, signal);
  expect(first.status).toBe(200);
  await first.arrayBuffer();

  await untilDrained(platform, ['RECEIVED'], signal);
  await cluster.process('auth-quota').kill();
  const ids = range(1, room + 3).map((number) => `request-${number}`);
  for (const id of ids) client.send({ type: 'generate', id, ...question });
  const answers = await Promise.all(
    ids.map((id) =>
      client.find(
        (message) => message.id === id && (message.type === 'accepted' || message.type === 'error'),
      ),
    ),
  );
  const accepted = answers.filter(({ type }) => type === 'accepted');
  const refused = answers.filter(({ type }) => type === 'error');
  expect(accepted).toHaveLength(room);
  for (const error of refused) {
    expect(error).toMatchObject({ code: 'overloaded', retryable: true, retry_after_ms: expect.any(Number) });
  }

  const idempotencyKey = randomUUID();
  const overHttp = await post(question, signal, idempotencyKey);
  expect(overHttp.status).toBe(503);
  expect(Number(overHttp.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await overHttp.json()).toMatchObject({ error: { code: 'overloaded' } });

  await cluster.process('auth-quota').start();
  for (const { id = '' } of accepted) expect(await client.ended(id)).toMatchObject({ type: 'completed' });
  // The same, asked again once there is room, is answered.
  const again = await post(question, signal, idempotencyKey);
  expect(again.status).toBe(200);
  const againBody = (await again.json()) as { readonly request_id: string; readonly text: string };

  const given = [{ requestId: againBody.request_id, text: againBody.text }];
  for (const { id = '' } of accepted) {
    given.push({ requestId: await acceptedId(client, id), text: textOf(client, id) });
  }
  const proofs = await proveAnswers(platform, database, defaultTenant, given, signal);
  for (const proof of proofs.answers) {
    expect(proof).toMatchObject({ outcome: 'COMPLETED', closings: 1, ledgerRows: 1, isTextClosed: true });
  }
  // The two at the beginning, those that were accepted, and the one that was asked again.
  expect(await database.select().from(ledger)).toHaveLength(2 + room + 1);
  expect(proofs.isChainVerified).toBe(true);
  await untilDrained(platform, ['RECEIVED', 'ADMITTED', 'SCRUBBED'], signal);
  await client.close();
});
